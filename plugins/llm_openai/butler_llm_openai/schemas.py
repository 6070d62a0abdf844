"""JSON Schemas as people write them, made into those that OpenAI keeps to strictly, and the answers back again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]


def closable(schema: Any) -> bool:
    """Whether each object says what it holds: only then an answer can be kept to the schema strictly."""
    if isinstance(schema, list):
        return all(map(closable, schema))
    if not isinstance(schema, Mapping):
        return True
    if schema.get("additionalProperties", False) is not False or "patternProperties" in schema:
        return False
    if schema.get("type") == "object" and "properties" not in schema:
        return False
    return all(closable(inner) for key, inner in schema.items() if key not in {"enum", "const", "default", "examples"})


def closed(schema: Any) -> Any:
    """The same with every object closed, and what may be left out required, but allowed to be null."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    made = {key: inner if key in {"enum", "const", "required"} else closed(inner) for key, inner in schema.items()}
    made.pop("default", None)
    if "properties" in schema:
        needed = set(schema.get("required", ()))
        made["properties"] = {
            name: each if name in needed else _nullable(each) for name, each in made["properties"].items()
        }
        made |= {"type": "object", "required": list(made["properties"]), "additionalProperties": False}
    return made


def _nullable(schema: Any) -> Any:
    if not isinstance(schema, Mapping) or "$ref" in schema or "enum" in schema or "const" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    kind = schema.get("type")
    if kind is None:
        return {"anyOf": [schema, {"type": "null"}]} if "anyOf" not in schema else _with_null(schema)
    kinds = kind if isinstance(kind, list) else [kind]
    return schema if "null" in kinds else {**schema, "type": [*kinds, "null"]}


def _with_null(schema: Schema) -> Schema:
    return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}


def opened(data: Any, schema: Schema) -> Any:
    """An answer to the closed schema as one to the first: what could be left out and is null was left out."""
    if isinstance(data, list):
        return [opened(each, schema.get("items", {})) for each in data]
    if not isinstance(data, dict):
        return data
    known, needed = schema.get("properties", {}), set(schema.get("required", ()))
    return {
        name: opened(value, known.get(name, {}))
        for name, value in data.items()
        if value is not None or name in needed or name not in known
    }
