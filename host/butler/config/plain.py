"""Values of settings classes as they are written in TOML and JSON."""

from __future__ import annotations

import datetime as dt
import enum
import pathlib
from collections.abc import Mapping
from typing import Any

import attrs

from butler.config.durations import duration_text
from butler.config.structure import settings_fields
from butler.config.text import Text, choice_of


def plain(value: Any) -> Any:
    """A value as it would stand in a file; ``None`` where it could not."""
    if isinstance(value, Text):
        return str(value)
    if isinstance(value, enum.Enum):
        return choice_of(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dt.timedelta):
        return duration_text(value)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((plain(item) for item in value), key=str)
    return _of_object(value)


def _of_object(value: Any) -> Any:
    if isinstance(value, pathlib.PurePath):
        return str(value)
    if attrs.has(type(value)):
        return {name: plain(getattr(value, each.name)) for name, each in settings_fields(type(value)).items()}
    return None


def default_of(field: attrs.Attribute[Any], instance: Any = None) -> Any:
    """A field's default; ``None`` if it has none."""
    if field.default is attrs.NOTHING:
        return None
    factory: Any = field.default
    if not hasattr(factory, "takes_self"):
        return factory
    if factory.takes_self:
        return None if instance is None else factory.factory(instance)
    return factory.factory()
