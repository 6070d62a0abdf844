"""Single values as their types: strict, so that ``"5"`` is no number and ``1`` is not ``true``."""

from __future__ import annotations

import datetime as dt
import math
import pathlib
import typing
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from butler.config.durations import read_duration
from butler.config.text import Mismatch, Text, choice_of


def _bool(value: Any, kind: Any) -> bool:
    if not isinstance(value, bool):
        raise Mismatch.of(kind, value)
    return value


def _int(value: Any, kind: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 1 << 63:
        raise Mismatch.of(kind, value)
    return value


def _float(value: Any, kind: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e300 or math.isnan(value):
        raise Mismatch.of(kind, value)
    return float(value)


def _str(value: Any, kind: Any) -> str:
    if not isinstance(value, str):
        raise Mismatch.of(kind, value)
    return str(value)


def _none(value: Any, kind: Any) -> None:
    if value is not None:
        raise Mismatch.of(kind, value)


def _duration(value: Any, kind: Any) -> dt.timedelta:
    found = read_duration(value)
    if found is None:
        raise Mismatch.of(kind, value)
    return found


def _moment(value: Any, kind: Any) -> Any:
    if isinstance(value, str):
        try:
            return kind.fromisoformat(value)
        except ValueError:
            raise Mismatch.of(kind, value) from None
    if type(value) is not kind:
        raise Mismatch.of(kind, value)
    return value


PLAIN: Mapping[Any, Callable[[Any, Any], Any]] = MappingProxyType(
    {
        bool: _bool,
        int: _int,
        float: _float,
        str: _str,
        type(None): _none,
        dt.timedelta: _duration,
        dt.datetime: _moment,
        dt.date: _moment,
        dt.time: _moment,
        pathlib.Path: lambda value, kind: pathlib.Path(_str(value, kind)),
    }
)
"""The hook of each plain type."""


def literal(value: Any, kind: Any) -> Any:
    """One of the choices of a ``Literal``."""
    for choice in typing.get_args(kind):
        if type(choice) is (str if isinstance(value, Text) else type(value)) and choice == value:
            return choice
    raise Mismatch.of(kind, value)


def member(value: Any, kind: Any) -> Any:
    """A member of an ``Enum``, by its name or a value that is text, in any case."""
    word = value.strip().lower() if isinstance(value, str) else None
    for each in kind:
        if word in (each.name.lower(), str(choice_of(each)).lower()):
            return each
    raise Mismatch.of(kind, value)
