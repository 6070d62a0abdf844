"""Importing a plugin's code: what goes wrong is said with file, line and remedy, and nothing half-imported stays."""

from __future__ import annotations

import importlib
import re
import sys
import traceback
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from rapidfuzz import process

from butler.errors import PluginError
from butler.plugin import Plugin

if TYPE_CHECKING:
    from butler.engine.loader import Found

_VALUE: Final = re.compile(r"(?P<module>[\w.]+)\s*:\s*(?P<attribute>[\w.]+)")


def purge(package: str) -> None:
    """Forget a package's modules, so that the next import reads the new version."""
    for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
        del sys.modules[name]


def imported(found: Found) -> Any:
    """What an entry point names. Raises ``PluginError``."""
    named = _VALUE.fullmatch(found.value.strip())
    if named is None:
        raise PluginError(
            f"{found.label}: its entry point {found.value!r} names no class", remedy="write package.module:Class"
        )
    owner: Any = _module(found, named["module"])
    for part in named["attribute"].split("."):
        try:
            owner = getattr(owner, part)
        except AttributeError as error:
            text = f"{found.label}: {named['module']} ({_file(owner)}) has no {part}"
            raise PluginError(text, remedy=_instead(owner, part)) from error
    return owner


def _module(found: Found, name: str) -> ModuleType:
    before = set(sys.modules)
    try:
        return importlib.import_module(name)
    except BaseException as error:
        package = name.partition(".")[0]
        for half in [each for each in sys.modules if each.partition(".")[0] == package and each not in before]:
            del sys.modules[half]
        text = f"{found.label}: {found.value} cannot be imported: {told_at(error, package)}"
        raise PluginError(text, remedy=_remedy(error, found, name)) from error


def told_at(error: BaseException, package: str) -> str:
    """An error with the line of the package's own code that it came through last (else where it came from)."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{type(error).__name__}: {error.msg}, at {error.filename}:{error.lineno}"
    frames = list(traceback.walk_tb(error.__traceback__))
    top = package.partition(".")[0]
    own = [each for each in frames if str(each[0].f_globals.get("__name__", "")).partition(".")[0] == top]
    where = [f"{frame.f_code.co_filename}:{line}" for frame, line in own or frames[-1:]]
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return f"{text}, at {where[-1]}" if where else text


def _remedy(error: BaseException, found: Found, module: str) -> str:
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return f"upgrade or uninstall {found.distribution}"
    if module == error.name or module.startswith(f"{error.name}."):
        return f"its package names a module that it does not bring: reinstall or upgrade {found.distribution}"
    return f"install what it needs: pip install {error.name.partition('.')[0]}"


def _instead(owner: Any, missing: str) -> str:
    classes = [
        name
        for name, value in vars(owner).items()
        if isinstance(value, type) and issubclass(value, Plugin) and value is not Plugin
    ]
    best = process.extractOne(missing, classes, score_cutoff=60)
    if best:
        return f"did you mean {best[0]!r}?"
    return f"its plugin classes are {', '.join(classes)}" if classes else "it has no subclass of butler.Plugin"


def _file(owner: Any) -> str:
    return str(getattr(owner, "__file__", None) or getattr(owner, "__qualname__", "?"))
