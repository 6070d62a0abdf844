"""Tools as Ollama's SDK passes them on: what it would leave out of a parameter is said in its description."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from butler import ToolSpec

KEPT = ("type", "items", "description", "enum")
"""What the SDK passes on of a parameter."""
SILENT = ("title", "additionalProperties")


def described(tool: ToolSpec) -> dict[str, Any]:
    """A tool in the form that the SDK takes."""
    given = tool.parameters
    parameters = {
        "type": "object",
        "properties": {name: _parameter(each) for name, each in given.get("properties", {}).items()},
        "required": list(given.get("required", ())),
    }
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": parameters},
    }


def _parameter(given: Mapping[str, Any]) -> dict[str, Any]:
    given = _plain(given)
    told = {name: given[name] for name in KEPT if name in given}
    rest = {name: value for name, value in given.items() if name not in (*KEPT, *SILENT)}
    if rest:
        told["description"] = f"{told.get('description', '')} {json.dumps(rest, ensure_ascii=False)}".strip()
    return told


def _plain(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Several types of which each is no more than a name are a list of names."""
    options = given.get("anyOf", ())
    if not options or any(set(option) != {"type"} for option in options):
        return given
    rest = {name: value for name, value in given.items() if name != "anyOf"}
    return {"type": [option["type"] for option in options], **rest}
