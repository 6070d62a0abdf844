"""The JSON Schema of the whole butler.toml, for editors (HOST-28)."""

from __future__ import annotations

import datetime as dt
import enum
import json
import pathlib
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal

import attrs
from attrs import field, frozen

from butler.config.describing import descriptions, summary
from butler.config.host import HostSettings
from butler.config.plain import default_of, plain
from butler.config.structure import settings_fields
from butler.config.text import choice_of, is_table, union_of

Schema = dict[str, Any]
_REFERENCE: Mapping[str, Any] = types.MappingProxyType({"type": "string", "pattern": "^(env|keyring):"})
_SIMPLE: Mapping[Any, Mapping[str, Any]] = types.MappingProxyType(
    {
        bool: {"type": "boolean"},
        int: {"type": "integer"},
        float: {"type": "number"},
        str: {"type": "string"},
        pathlib.Path: {"type": "string"},
        dt.timedelta: {"anyOf": [{"type": "string"}, {"type": "number", "minimum": 0}]},
        dt.datetime: {"type": "string", "format": "date-time"},
        dt.date: {"type": "string", "format": "date"},
        dt.time: {"type": "string", "format": "time"},
    }
)


@frozen
class Classes:
    """The settings classes of everything that is installed, by the name of the section they serve."""

    plugins: Mapping[str, type] = field(factory=dict)
    platforms: Mapping[str, type] = field(factory=dict)
    providers: Mapping[str, type] = field(factory=dict)
    persona: type | None = None
    """What ``[personas.NAME]`` holds."""


def schema(classes: Classes) -> Schema:
    """The JSON Schema (2020-12) of butler.toml with what is installed."""
    persona = _persona(classes)
    sections = {
        "host": _table(HostSettings),
        "platforms": _section({name: _table(cls) for name, cls in classes.platforms.items()}),
        "providers": _section({name: _table(cls) for name, cls in classes.providers.items()}),
        "plugins": _plugins(classes, near=False),
        "personas": {"type": "object", "additionalProperties": persona},
        "guilds": {"type": "object", "additionalProperties": _guild(classes, persona)},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "butler.toml",
        "type": "object",
        "properties": sections,
        "additionalProperties": False,
    }


def _section(tables: Mapping[str, Schema]) -> Schema:
    return {"type": "object", "properties": dict(tables), "additionalProperties": False}


def _plugins(classes: Classes, *, near: bool) -> Schema:
    tables = {name: _table(cls, near=near) for name, cls in classes.plugins.items()}
    for table in tables.values():
        table.pop("required", None)  # a section that only enables or disables is whole
        table["properties"]["enabled"] = {"type": "boolean", "description": "Whether the plugin is enabled here."}
    return _section(tables)


def _persona(classes: Classes) -> Schema:
    if classes.persona is None:
        return {"type": "object"}
    table = _table(classes.persona)
    tables = {name: _table(cls, near=True) for name, cls in classes.plugins.items()}
    settings = {"type": "object", "properties": tables, "description": "Settings of plugins for this persona."}
    for each in tables.values():
        each.pop("required", None)
    table["properties"]["settings"] = settings
    return table


def _guild(classes: Classes, persona: Schema) -> Schema:
    plugins = _plugins(classes, near=True)
    channel = _table(HostSettings, near=True)
    channel["properties"]["plugins"] = plugins
    guild = _table(HostSettings, near=True)
    guild["properties"]["plugins"] = plugins
    guild["properties"]["personas"] = {"type": "object", "additionalProperties": persona}
    guild["properties"]["channels"] = {"type": "object", "additionalProperties": channel}
    return guild


def _table(cls: type, *, near: bool = False) -> Schema:
    """The schema of a settings class; ``near``: without what only the host may say."""
    fields = {
        name: each for name, each in settings_fields(cls).items() if not (near and each.metadata.get("host_wide"))
    }
    texts = descriptions(cls)
    found: Schema = {
        "type": "object",
        "properties": {name: _field(each, texts.get(each.name, "")) for name, each in fields.items()},
        "additionalProperties": False,
    }
    if about := summary(cls):
        found["description"] = about
    if required := [name for name, each in fields.items() if each.default is attrs.NOTHING]:
        found["required"] = required
    return found


def _field(each: attrs.Attribute[Any], text: str) -> Schema:
    found = _or_reference(_typed(each.type))
    if text:
        found["description"] = text
    default = None if each.metadata.get("secret") else plain(default_of(each))
    if default is not None and _is_json(default):
        found["default"] = default
    return found


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def _or_reference(found: Schema) -> Schema:
    """Every value may be given as ``env:NAME``; where any text is right that needs no saying."""
    if not found or found == {"type": "string"} or found.get("type") == "object":
        return found
    return {"anyOf": [*(found["anyOf"] if set(found) == {"anyOf"} else [found]), dict(_REFERENCE)]}


def _typed(kind: Any) -> Schema:
    if kind in _SIMPLE:
        return dict(_SIMPLE[kind])
    base = typing.get_origin(kind) or kind
    if base is Literal:
        return {"enum": list(typing.get_args(kind))}
    if isinstance(base, type) and issubclass(base, enum.Enum):
        return {"enum": [choice_of(member) for member in base]}
    if members := [each for each in union_of(kind) if each is not type(None)]:
        return _typed(members[0]) if len(members) == 1 else {"anyOf": [_typed(each) for each in members]}
    if base in (list, tuple, set, frozenset):
        return _array(base, typing.get_args(kind))
    return _mapping(base, typing.get_args(kind)) if is_table(kind) else {}


def _array(base: type, arguments: tuple[Any, ...]) -> Schema:
    items = [each for each in arguments if each is not ...]
    if base is tuple and len(items) > 1:
        count = len(items)
        return {"type": "array", "prefixItems": [_item(i) for i in items], "minItems": count, "maxItems": count}
    return {"type": "array", "items": _item(items[0])} if items else {"type": "array"}


def _mapping(base: type, arguments: tuple[Any, ...]) -> Schema:
    if attrs.has(base):
        return _table(base)
    return {"type": "object", "additionalProperties": _item(arguments[1]) if arguments else True}


def _item(kind: Any) -> Schema:
    return _or_reference(_typed(kind))
