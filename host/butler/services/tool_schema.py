"""A tool's parameters as the JSON Schema that models are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from butler.services.commands.signature import Kind, Option

_TYPES: Mapping[Kind, Mapping[str, Any]] = MappingProxyType(
    {
        "text": {"type": "string"},
        "integer": {"type": "integer"},
        "number": {"type": "number"},
        "flag": {"type": "boolean"},
        "person": {"type": "string", "description": "a person's name or id"},
        "channel": {"type": "string", "description": "a channel's name or id"},
        "time": {"type": "string", "description": "a date or time such as 2030-12-24 18:00 or “in 2 hours”"},
        "duration": {"type": "string", "description": "a duration such as 30m, 2h or 1d"},
    }
)


def parameters_of(options: Sequence[Option]) -> dict[str, Any]:
    """An object schema; nothing but the options is taken."""
    return {
        "type": "object",
        "properties": {option.name: _property(option) for option in options},
        "required": [option.name for option in options if option.required],
        "additionalProperties": False,
    }


def _property(option: Option) -> dict[str, Any]:
    if option.kind == "choice":
        found: dict[str, Any] = {"type": "string", "enum": [name for name, _ in option.choices]}
    else:
        found = dict(_TYPES[option.kind])
    if option.help:
        form = found.get("description", "")
        found["description"] = f"{option.help} ({form})" if form else option.help
    return found
