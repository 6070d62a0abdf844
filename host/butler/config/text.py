"""Values that were given as text (by a variable, by a command) and what a type expects, in words."""

from __future__ import annotations

import datetime as dt
import enum
import json
import pathlib
import re
import tomllib
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal

import attrs

from butler.config.problems import Path, quoted

TRUE = frozenset({"true", "yes", "on", "1"})
FALSE = frozenset({"false", "no", "off", "0"})
NONE = frozenset({"", "none", "null"})

_WORDS: Mapping[Any, str] = types.MappingProxyType(
    {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        str: "text",
        pathlib.Path: "a path",
        dt.timedelta: 'a duration such as "30m" or "6h"',
        dt.datetime: "a date and time",
        dt.date: "a date",
        dt.time: "a time of day",
        type(None): "nothing",
        Any: "a value",
    }
)
_PLURALS: Mapping[Any, str] = types.MappingProxyType({str: "texts", int: "whole numbers", float: "numbers"})


class Text(str):
    """A text that a variable gave: parsed by the type of the field that it is for.

    ``hidden`` marks a value that must never be shown (``env:NAME``).
    """

    __slots__ = ("hidden", "name")
    name: str
    hidden: bool

    def __new__(cls, value: str, name: str, *, hidden: bool = False) -> Text:
        made = super().__new__(cls, value)
        made.name = name
        made.hidden = hidden
        return made

    def __repr__(self) -> str:
        return f"<from {self.name}>"


class Mismatch(Exception):
    """Values that do not fit their types: the way to each, and what was expected."""

    def __init__(self, *problems: tuple[Path, str]) -> None:
        super().__init__(*problems)
        self.problems = list(problems)

    @classmethod
    def of(cls, kind: Any, value: object) -> Mismatch:
        """What was expected, and what was there instead."""
        return cls(((), f"expected {described(kind)}, not {shown(value)}"))


def shown(value: object) -> str:
    """A value as a message shows it: short, and never what a variable holds in secret."""
    if isinstance(value, Text) and value.hidden:
        return f"what the variable {value.name} holds"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return quoted(value if len(value) <= 40 else value[:40] + "…")
    if isinstance(value, Mapping):
        return "a table"
    text = f"{value}"
    return text if len(text) <= 40 else f"{text[:40]}…"


def described(kind: Any) -> str:
    """What a type expects, in words: ``a whole number``, ``one of "ask", "any"``."""
    if kind in _WORDS:
        return _WORDS[kind]
    origin = typing.get_origin(kind)
    if origin is Literal:
        return _choices(typing.get_args(kind))
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return _choices([choice_of(member) for member in kind])
    if union_of(kind):
        return " or ".join(described(each) for each in union_of(kind) if each is not type(None))
    base = origin or kind
    if base in (list, tuple, set, frozenset):
        item = next(iter(typing.get_args(kind)), Any)
        return f"a list of {_PLURALS.get(item, 'values')}"
    return "a table" if is_table(kind) else f"a {getattr(kind, '__name__', 'value')}"


def is_table(kind: Any) -> bool:
    """Whether a type is written as a table."""
    base = typing.get_origin(kind) or kind
    return isinstance(base, type) and (attrs.has(base) or issubclass(base, Mapping))


def union_of(kind: Any) -> tuple[Any, ...]:
    """The types of a union (``int | None``), or nothing."""
    return typing.get_args(kind) if typing.get_origin(kind) in (typing.Union, types.UnionType) else ()


def choice_of(member: enum.Enum) -> Any:
    """How a member of an enum is written: its value if that is a text, else its name."""
    return member.value if isinstance(member.value, str) else member.name.lower()


def _choices(values: Any) -> str:
    return "one of " + ", ".join(map(shown, values))


def from_text(kind: Any, text: str) -> Any:
    """What a TOML file would hold for a value that was given as text. Raises ``Mismatch``."""
    if union_of(kind):
        return _union(kind, text)
    base = typing.get_origin(kind) or kind
    if base is bool:
        return _bool(text)
    if base in (int, float):
        return _number(base, text)
    if base in (list, tuple, set, frozenset):
        return _list(kind, text)
    if is_table(kind):
        return _table(kind, text)
    if base is Literal:
        return next((choice for choice in typing.get_args(kind) if str(choice) == text.strip()), text)
    return text


def _union(kind: Any, text: str) -> Any:
    kinds = union_of(kind)
    if type(None) in kinds and text.strip().lower() in NONE:
        return None
    written_out = text.strip()[:1] in ("[", "{")
    for each in sorted((k for k in kinds if k is not type(None)), key=lambda k: k is str):
        if str in kinds and each is not str and _is_collection(each) and not written_out:
            continue  # a plain word is meant as text, not as a list of one
        try:
            return from_text(each, text)
        except Mismatch:
            continue
    raise Mismatch.of(kind, text)


def _is_collection(kind: Any) -> bool:
    return (typing.get_origin(kind) or kind) in (list, tuple, set, frozenset) or is_table(kind)


def _bool(text: str) -> bool:
    word = text.strip().lower()
    if word not in TRUE | FALSE:
        raise Mismatch.of(bool, text)
    return word in TRUE


def _number(kind: type, text: str) -> int | float:
    pattern = r"[+-]?\d{1,18}" if kind is int else r"[+-]?(\d{1,18}\.?\d{0,18}|\.\d{1,18})"
    if not re.fullmatch(pattern, text.strip()):
        raise Mismatch.of(kind, text)
    return int(text) if kind is int else float(text)


def _list(kind: Any, text: str) -> list[Any]:
    if text.strip().startswith("["):
        found = _toml(kind, text)
        if not isinstance(found, list):
            raise Mismatch.of(kind, text)
        return found
    item = next(iter(typing.get_args(kind)), str)
    return [from_text(item, part.strip()) for part in text.split(",") if part.strip()]


def _table(kind: Any, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = _toml(kind, text)
    if not isinstance(found, dict):
        raise Mismatch.of(kind, text)
    return found


def _toml(kind: Any, text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text.strip()}")["value"]
    except (ValueError, RecursionError):
        raise Mismatch.of(kind, text) from None
