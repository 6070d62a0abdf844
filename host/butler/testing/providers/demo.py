"""What a stand-in says when it is tried by hand: it repeats, uses tools when told to, and fails on request."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from butler.provider import ToolCall
from butler.testing.providers.asked import Asked
from butler.testing.providers.script import Answer, Break, Failure, Rule, failing, overloaded, throttled
from butler.testing.providers.standin import StandIn

TOOL = re.compile(r"\btool (\w+)(?: (\{.*\}))?", re.DOTALL)
HELP = "Say `tool NAME {…}`, `fail`, `throttle`, `overload`, `cut`, `hang`, `garbage` or `refuse` to see what happens."


def instance(schema: Mapping[str, Any]) -> Any:
    """Something small that is valid by a JSON Schema of the usual sort."""
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    if isinstance(kind, list):
        kind = kind[0]
    if kind == "object":
        return {name: instance(inner) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [instance(schema.get("items", {"type": "string"}))] * schema.get("minItems", 0)
    return {"string": "text", "integer": 1, "number": 1.5, "boolean": True, "null": None}[kind]


def demonstrate(server: StandIn, pace: float = 0.0) -> None:
    """Have it answer everything with something fitting."""

    def answer(asked: Asked) -> Answer | Failure:
        prompt = asked.prompt
        if prompt.schema is not None:
            return Answer(json.dumps(instance(prompt.schema)), pace=pace)
        if prompt.turns and prompt.turns[-1].role == "tool":
            return Answer(f"The tool says: {prompt.turns[-1].text}", pace=pace)
        wanted = TOOL.search(asked.newest)
        if wanted and wanted[1] in {tool.name for tool in prompt.tools}:
            return Answer(calls=(ToolCall("", wanted[1], json.loads(wanted[2] or "{}")),), pace=pace)
        return Answer(f"You said: {asked.newest}\n\n{HELP}", pace=pace)

    troubles: dict[str, Rule] = {
        "fail": failing(), "throttle": throttled(2), "overload": overloaded(),
        "cut": Answer("This breaks off in the middle.", pace=pace, broken=Break("cut", 3)),
        "hang": Answer("This stops and goes no further.", pace=pace, broken=Break("silence", 3)),
        "garbage": Answer("This turns into noise.", pace=pace, broken=Break("garbage", 3)),
        "refuse": Answer("I can't help with that.", stop="refusal", pace=pace),
    }  # fmt: skip
    for word, told in troubles.items():
        server.rule(rf"(^|\s){word}[.!]?$", told)
    server.script.otherwise = answer
