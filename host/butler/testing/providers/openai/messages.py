"""Conversations as Chat Completions has them, read into the host's form; refused where the provider refuses them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from butler.provider import ToolCall, ToolSpec, Turn
from butler.testing.providers.openai.strict import bad, fields, schema, text

ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant", "tool": "tool"}
UNANSWERED = (
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'."
)


def turns(messages: Any) -> tuple[Turn, ...]:
    """The conversation. Raises ``Refused`` where a call and its results do not go together."""
    if not isinstance(messages, list) or not messages:
        raise bad("Invalid 'messages': empty array. Expected an array with minimum length 1.")
    found: list[Turn] = []
    unanswered: set[str] = set()
    for message in messages:
        turn = _turn(message)
        if turn.role == "tool":
            if turn.answers not in unanswered:
                raise bad("messages with role 'tool' must be a response to a preceding message with 'tool_calls'.")
            unanswered.discard(turn.answers)
        elif unanswered:
            raise bad(UNANSWERED)
        unanswered |= {call.id for call in turn.calls}
        found.append(turn)
    if unanswered:
        raise bad(UNANSWERED)
    return tuple(found)


def _turn(message: Any) -> Turn:
    role = ROLES.get(str(message.get("role"))) if isinstance(message, dict) else None
    if role is None:
        raise bad(f"Invalid value for 'role'. Supported values are: {', '.join(ROLES)}.")
    calls = tuple(
        ToolCall.parse(call["id"], call["function"]["name"], call["function"]["arguments"])
        for call in message.get("tool_calls") or ()
    )
    if message.get("content") is None and not calls:
        raise bad("Invalid value for 'content': expected a string, got null.")
    said, stable = content(message.get("content") or "", role)
    return Turn(role, said, stable, calls, message.get("tool_call_id", ""))  # type: ignore[arg-type]


def content(told: Any, role: str, kinds: Sequence[str] = ("text",)) -> tuple[str, bool]:
    """The text of a message, a string or parts, and whether a breakpoint stands behind it. Raises ``Refused``."""
    if isinstance(told, str):
        return told, False
    found, stable = "", False
    for part in told:
        fields(part, ("type", "text", "prompt_cache_breakpoint"), needed=("type", "text"))
        if part["type"] not in kinds:
            raise bad(f"Invalid value: '{part['type']}'. Supported values are: {', '.join(kinds)}.")
        if "prompt_cache_breakpoint" in part:
            if role == "assistant":
                raise bad("Unknown parameter: 'prompt_cache_breakpoint'.")
            stable = part["prompt_cache_breakpoint"]["mode"] == "explicit"
        found += text(part["text"], "text")
    return found, stable


def specs(functions: Sequence[Mapping[str, Any]] | None) -> tuple[ToolSpec, ...]:
    """The tools. Raises ``Refused``."""
    if functions is not None and not functions:
        raise bad("Invalid 'tools': empty array. Expected an array with minimum length 1.")
    for function in functions or ():
        if function.get("strict"):
            schema(function["parameters"])
    return tuple(ToolSpec(f["name"], f.get("description", ""), f.get("parameters", {})) for f in functions or ())
