"""Tokens that every stand-in counts the same way, so that tests can reckon: pieces of up to four characters."""

from __future__ import annotations

import json
import re

from butler.provider import Prompt, ToolCall

_TOKEN = re.compile(r"\s*[^\s]{1,4}|\s+")


def cut(text: str) -> list[str]:
    """The tokens of a text; joined they are the text again."""
    return _TOKEN.findall(text)


def count(text: str) -> int:
    """How many tokens a text is."""
    return len(cut(text))


def arguments(call: ToolCall) -> str:
    """What a model gives a tool, as it is sent: JSON, or what it broke."""
    return call.broken or json.dumps(dict(call.arguments), ensure_ascii=False, separators=(",", ":"))


def parts(prompt: Prompt) -> list[list[str]]:
    """The tokens that a prompt is billed for: those of the tools and the schema first, then those of each turn.

    A turn begins with a token for its role, a call with its tool's name.
    """
    head = [json.dumps([tool.name, tool.description, tool.parameters], sort_keys=True) for tool in prompt.tools]
    if prompt.schema is not None:
        head.append(json.dumps(prompt.schema, sort_keys=True))
    found = [[token for text in head for token in cut(text)]]
    for turn in prompt.turns:
        calls = [token for call in turn.calls for token in (call.name, *cut(arguments(call)))]
        found.append([f"<{turn.role}>", *cut(turn.text), *calls])
    return found


def of_prompt(prompt: Prompt) -> list[str]:
    """The same in one row."""
    return [token for part in parts(prompt) for token in part]
