"""What the provider refuses: unknown fields, wrong types, schemas that its strict mode does not take."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from butler.testing.providers.form import Refused
from butler.testing.providers.script import Failure


def bad(message: str, code: str = "") -> Refused:
    """An invalid request."""
    return Refused(Failure(400, message, code))


def fields(body: Mapping[str, Any], known: Collection[str], needed: Collection[str] = ()) -> None:
    """Raises ``Refused`` if there is an unknown field, or a needed one is missing."""
    if strange := sorted(set(body) - set(known)):
        raise bad(f"Unknown parameter: '{strange[0]}'.", "unknown_parameter")
    if missing := sorted(set(needed) - set(body)):
        raise bad(f"Missing required parameter: '{missing[0]}'.", "missing_required_parameter")


def text(value: Any, name: str) -> str:
    """A string. Raises ``Refused``."""
    if not isinstance(value, str):
        raise bad(
            f"Invalid type for '{name}': expected a string, but got {type(value).__name__} instead.", "invalid_type"
        )
    return value


def schema(told: Any, where: str = "()") -> None:
    """Raises ``Refused`` unless each object is closed and requires all it has, as strict mode wants it."""
    if not isinstance(told, dict):
        return
    if told.get("type") == "object" or "properties" in told:
        if told.get("additionalProperties") is not False:
            raise bad(f"Invalid schema: In context={where}, 'additionalProperties' is required to be supplied and to "
                      "be false.", "invalid_schema")  # fmt: skip
        if set(told.get("required", ())) != set(told.get("properties", {})):
            raise bad(f"Invalid schema: In context={where}, 'required' is required to be supplied and to be an array "
                      "including every key in properties.", "invalid_schema")  # fmt: skip
    for name, inner in told.get("properties", {}).items():
        schema(inner, f"('properties', '{name}')")
    schema(told.get("items"), "('items',)")
    for inner in (*told.get("anyOf", ()), *told.get("$defs", {}).values()):
        schema(inner, where)


def schema_of(described: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of a named one. Raises ``Refused`` if it is strict and the schema is not."""
    given: Mapping[str, Any] = described["schema"]
    if not re.fullmatch(r"[\w-]{1,64}", described.get("name", "")):
        raise bad("Invalid 'name': string does not match pattern '^[a-zA-Z0-9_-]+$'.")
    if described.get("strict"):
        schema(given)
    return given
