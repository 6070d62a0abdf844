"""``butler init``: from answers to butler.toml and .env, without overwriting anything unasked (HOST-26)."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs
from attrs import define, field

from butler.config import Answers, Classes, render_default
from butler.config.describing import descriptions
from butler.config.structure import settings_fields
from butler.config.text import described
from butler.errors import BadArgument
from butler.faces.configuration import FILE
from butler.faces.dotenv import write_private

ENV: Final = ".env"
SECTIONS: Final = ("host", "platforms", "providers", "plugins", "personas")


@attrs.frozen
class Question:
    """One thing that has to be known before a section can work."""

    section: str
    """``platforms`` or ``providers``."""
    name: str
    key: str
    text: str
    secret: bool = False


def questions(classes: Classes, section: str, name: str) -> list[Question]:
    """What has no default, and every secret that is one word."""
    kind = getattr(classes, section)[name]
    texts = descriptions(kind)
    return [
        Question(section, name, key, texts.get(each.name) or described(each.type), bool(each.metadata.get("secret")))
        for key, each in settings_fields(kind).items()
        if each.default is attrs.NOTHING or (each.metadata.get("secret") and isinstance(each.default, str))
    ]


@define
class Given:
    """The answers so far."""

    values: dict[str, dict[str, Any]] = field(factory=lambda: {section: {} for section in SECTIONS})

    def put(self, assignment: str) -> None:
        """Take ``platforms.matrix.user=@butler:example.org``. Raises ``BadArgument``."""
        path, sign, value = assignment.partition("=")
        section, _, rest = path.strip().partition(".")
        name, _, key = rest.rpartition(".") if section != "host" else ("", "", rest)
        if not sign or section not in SECTIONS or not key or (section != "host" and not name):
            raise BadArgument(
                f"{assignment.partition('=')[0]!r} is no key with a value",
                remedy="write SECTION.NAME.KEY=VALUE, for example platforms.matrix.user=@butler:example.org",
            )
        self.answer(section, name, key, _listed(assignment, value))

    def answer(self, section: str, name: str, key: str, value: Any) -> None:
        """Take one answer."""
        table = self.values[section]
        (table if section == "host" else table.setdefault(name, {}))[key] = value

    def has(self, section: str, name: str, key: str) -> bool:
        """Whether that was answered."""
        return key in self.values[section].get(name, {})

    def rendered(self, classes: Classes) -> tuple[str, str]:
        """The texts of both files."""
        return render_default(Answers(**self.values), classes)


def write(folder: Path, toml: str, env: str, *, overwrite: bool) -> list[str]:
    """Write both files; returns what to tell. What stands in an old .env already is kept.

    Raises ``BadArgument`` where butler.toml is there and may not be overwritten; nothing is written then.
    """
    path, secrets = folder / FILE, folder / ENV
    if path.exists() and not overwrite:
        raise BadArgument(f"{path} is there already", remedy="move it away, or say --force")
    folder.mkdir(parents=True, exist_ok=True)
    told = _secrets(secrets, env)
    write_private(path, toml)
    return [f"{path} is written", *told]


def _secrets(path: Path, env: str) -> list[str]:
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    known = {name: line for line in old.splitlines() if (name := _name(line))}
    fresh = [line for line in env.splitlines() if _name(line) and known.get(_name(line)) != line]
    kept = [_name(line) for line in fresh if _name(line) in known]
    added = [line for line in fresh if _name(line) not in known]
    if not old and added:
        write_private(path, env)
    elif added:
        write_private(path, old.rstrip("\n") + "\n" + "\n".join(added) + "\n")
    told = [f"{path} holds the secrets, for your eyes only"] if added else []
    return told + [f"{name} was in {path} already and was kept; change it there if that is wrong" for name in kept]


def _name(line: str) -> str:
    name, sign, _ = line.partition("=")
    return name.strip() if sign and not line.lstrip().startswith("#") else ""


def time_zone(environ: Mapping[str, str]) -> str:
    """This machine's time zone by name, as far as it can be told; else UTC."""
    if named := environ.get("TZ", "").lstrip(":"):
        return named
    target = os.path.realpath("/etc/localtime")
    return target.partition("zoneinfo/")[2].removeprefix("posix/") or "UTC"


def _listed(assignment: str, value: str) -> Any:
    """``["a", "b"]`` is a list, as it would be in the file; anything else is taken as it was written."""
    if not value.startswith("["):
        return value
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError as error:
        raise BadArgument(f"{assignment!r}: the list cannot be read: {error}", remedy='write ["a", "b"]') from error
