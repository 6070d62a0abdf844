"""The first butler.toml and .env, as `butler init` writes them: every key with what it is for (HOST-26)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs
import tomlkit
from attrs import field, frozen

from butler.config.describing import descriptions
from butler.config.host import HostSettings
from butler.config.plain import default_of, plain
from butler.config.problems import Path, dotted
from butler.config.references import Reference
from butler.config.schema import Classes
from butler.config.structure import settings_fields

_HEAD = """\
# Butler's configuration. What is commented out is the default.
#
# Secrets do not belong here: write "env:NAME" and put NAME=… into .env beside this file.
# `butler config schema` prints what may stand here, `butler config show --sources` what holds.
"""
_ENV_HEAD = "# Secrets for Butler. Keep this file to yourself; butler.toml names them as env:NAME.\n"


@frozen
class Answers:
    """What `butler init` was told: values by key, for the host and for each section."""

    host: Mapping[str, Any] = field(factory=dict)
    platforms: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    providers: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    plugins: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    """``enabled`` may stand among a plugin's values."""
    personas: Mapping[str, Mapping[str, Any]] = field(factory=dict)


def render_default(answers: Answers, classes: Classes) -> tuple[str, str]:
    """The texts of butler.toml and .env.

    Values of ``secret()`` fields go into .env under a name of their own, one that was given as
    ``env:NAME`` stays with that name. Keys without an answer stand there as comments with their default.
    """
    pages = _Pages()
    pages.section(("host",), answers.host, HostSettings)
    for section in ("platforms", "providers", "plugins"):
        known: Mapping[str, type] = getattr(classes, section)
        for name, values in getattr(answers, section).items():
            pages.section((section, name), values, known.get(name))
    for name, values in answers.personas.items():
        pages.section(("personas", name), values, None)
    return _HEAD + "".join(pages.toml), _ENV_HEAD + "".join(pages.env)


class _Pages:
    def __init__(self) -> None:
        self.toml: list[str] = []
        self.env: list[str] = []

    def section(self, path: Path, values: Mapping[str, Any], cls: type | None) -> None:
        self.toml.append(f"\n[{dotted(path)}]\n")
        fields = settings_fields(cls) if cls is not None else {}
        texts = descriptions(cls) if cls is not None else {}
        for name, value in values.items():
            if name not in fields:
                self._line((*path, name), value, "", secret=False)
        for name, each in fields.items():
            text = _one_line(texts.get(each.name, ""))
            if name in values:
                self._line((*path, name), values[name], text, secret=bool(each.metadata.get("secret")))
            else:
                self._default(name, each, text)

    def _line(self, path: Path, value: Any, text: str, *, secret: bool) -> None:
        if secret and value and Reference.read(value) is None:
            name = "BUTLER_" + "_".join(re.sub(r"\W", "_", str(part)).upper() for part in path[1:])
            self.env.append(f"{name}={env_quoted(str(value))}\n")
            value = f"env:{name}"
        self.toml.append(f"{_pair(str(path[-1]), value)}{_comment(text)}\n")

    def _default(self, name: str, each: attrs.Attribute[Any], text: str) -> None:
        default = plain(default_of(each))
        if default is not None:  # what has none is one of many of its kind, and told of with the first of them
            self.toml.append(f"# {_pair(name, default)}{_comment(text)}\n")


def env_quoted(value: str) -> str:
    """A value as python-dotenv reads it back, whatever is in it."""
    if re.fullmatch(r"[\w.:/@%+=,~^*-]+", value, re.ASCII):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _pair(name: str, value: Any) -> str:
    document = tomlkit.document()
    document[name] = _inline(value)
    return tomlkit.dumps(document).strip("\n")


def _inline(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    table = tomlkit.inline_table()
    for key, item in value.items():
        table[key] = _inline(item)
    return table


def _one_line(text: str) -> str:
    return " ".join(text.replace("``", "").split())


def _comment(text: str) -> str:
    return f"  # {text}" if text else ""
