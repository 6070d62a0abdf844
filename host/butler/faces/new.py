"""``butler new``: a plugin from the template, ready to be installed and tested (AUTH-1)."""

from __future__ import annotations

import importlib.resources
import keyword
import re
from pathlib import Path
from typing import Any

from butler.engine.loader import discover
from butler.errors import BadArgument, ButlerError

TAKEN = frozenset({"host", "butler", "console"})
_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")


def template_path() -> Path:
    """Where the template lies: inside the installed package, or beside it in a checkout. Raises ``ButlerError``."""
    package = Path(str(importlib.resources.files("butler")))
    for place in (package / "plugin_template", package.parent.parent / "plugin_template"):
        if (place / "copier.yml").is_file():
            return place
    raise ButlerError("the template is missing from this installation", remedy="reinstall butler-host")


def new(name: str, target: Path) -> Path:
    """Render the template for a plugin of that name into ``target``; returns it.

    Raises ``BadArgument`` where the name cannot be one, or something is there already.
    """
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        near = re.sub(r"\W+", "_", name.strip().lower()).strip("_0123456789")
        hint = (
            f"{near!r} could be one"
            if _NAME.fullmatch(near) and not keyword.iskeyword(near)
            else "dice_game could be one"
        )
        raise BadArgument(
            f"{name!r} cannot be a plugin's name", remedy=f"it has small letters, digits and underscores: {hint}"
        )
    if name in TAKEN:
        raise BadArgument(f"{name!r} is the host's own name", remedy="give another")
    if (there := discover().get(name)) is not None:
        raise BadArgument(f"{there.distribution} is a plugin named {name!r} already", remedy="give another name")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BadArgument(f"{target} is there already", remedy="give another place by --dir")
    _render(template_path(), target, {"name": name})
    return target


def _render(template: Path, target: Path, answers: dict[str, Any]) -> None:
    from copier import run_copy  # noqa: PLC0415 - it takes half a second, and only this command needs it

    run_copy(str(template), target, answers, defaults=True, quiet=True, overwrite=True)
