"""What a request says, and everything that the provider would refuse in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import define, field

from butler.provider import ToolCall, ToolSpec, Turn
from butler.testing.providers.form import Refused
from butler.testing.providers.script import Failure

NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
MARKS = 4
TTL = {"5m": 300.0, "1h": 3600.0}


def bad(message: str) -> Refused:
    """An invalid request."""
    return Refused(Failure(400, message))


@define
class Conversation:
    """The turns of a request, and its marks: behind which part (0: the tools, then the turns), and for how long."""

    tools: tuple[ToolSpec, ...] = ()
    turns: list[Turn] = field(factory=list)
    marks: list[tuple[int, float]] = field(factory=list)

    def mark(self, block: Mapping[str, Any]) -> None:
        """Note a mark behind what was read last. Raises ``Refused`` for the fifth, or a longer one behind a shorter."""
        control = block.get("cache_control")
        if control is None:
            return
        if control.get("type") != "ephemeral" or control.get("ttl", "5m") not in TTL:
            raise bad("cache_control: Input should be 'ephemeral' with a ttl of '5m' or '1h'")
        ttl = TTL[control.get("ttl", "5m")]
        if self.marks and ttl > self.marks[-1][1]:
            raise bad("a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block")
        if len(self.marks) == MARKS:
            raise bad(f"A maximum of {MARKS} blocks with cache_control may be provided. Found {MARKS + 1}.")
        self.marks.append((len(self.turns), ttl))


def conversation(body: Mapping[str, Any]) -> Conversation:
    """Read it, in the order in which prefixes are made of it. Raises ``Refused``."""
    told = Conversation()
    specs = list(body.get("tools") or ())
    told.tools = tuple(_spec(tool) for tool in specs)
    for tool in specs:
        told.mark(tool)
    for block in _blocks(body.get("system") or [], "system"):
        told.turns.append(Turn("system", _text(block, "system")))
        told.mark(block)
    _messages(told, body.get("messages"))
    if not specs and any(turn.calls for turn in told.turns):
        raise bad("Requests which include `tool_use` or `tool_result` blocks must define tools")
    return told


def _spec(tool: Mapping[str, Any]) -> ToolSpec:
    if not NAME.fullmatch(str(tool.get("name", ""))):
        raise bad(f"tools.0.custom.name: String should match pattern '^{NAME.pattern}$'")
    schema = tool.get("input_schema")
    if not isinstance(schema, dict) or schema.get("type") != "object":
        raise bad("tools.0.custom.input_schema.type: Field required")
    return ToolSpec(tool["name"], tool.get("description", ""), schema)


def _messages(told: Conversation, messages: Any) -> None:
    if not isinstance(messages, list) or not messages:
        raise bad("messages: at least one message is required")
    if messages[0].get("role") == "system":
        raise bad("messages.0: use the top-level 'system' parameter for the initial system prompt")
    if messages[0].get("role") != "user":
        raise bad('messages: first message must use the "user" role')
    if messages[-1].get("role") == "assistant":
        raise bad(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )
    _placed(messages)
    open_calls: set[str] = set()
    for number, message in enumerate(messages):
        blocks = list(_blocks(message.get("content"), f"messages.{number}.content"))
        answered = {block.get("tool_use_id") for block in blocks if block.get("type") == "tool_result"}
        if open_calls - answered:
            raise bad(f"messages.{number}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                      f"{', '.join(sorted(open_calls - answered))}.")  # fmt: skip
        if answered - open_calls:
            raise bad(f"messages.{number}.content.0: unexpected `tool_use_id` found in `tool_result` blocks")
        open_calls = {block["id"] for block in blocks if block.get("type") == "tool_use"}
        {"user": _user, "assistant": _assistant, "system": _system}[message["role"]](told, blocks, number)


def _placed(messages: Sequence[Mapping[str, Any]]) -> None:
    """A message of the role ``system`` follows one of a user, and ends the list or is followed by the assistant's."""
    roles = [message.get("role") for message in messages]
    if strange := set(roles) - {"user", "assistant", "system"}:
        raise bad(f"messages: Unexpected role {sorted(map(str, strange))[0]!r}")
    for number, role in enumerate(roles):
        before = next(each for each in reversed(["", *roles[:number]]) if each != "system")
        after = next(each for each in [*roles[number + 1 :], "end"] if each != "system")
        if role == "system" and (before != "user" or after not in {"assistant", "end"}):
            raise bad(f"messages.{number}: a 'system' message must follow a 'user' message and precede an 'assistant' "
                      "message or end the conversation")  # fmt: skip


def _blocks(content: Any, where: str) -> Iterator[Mapping[str, Any]]:
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    if not isinstance(content, list):
        raise bad(f"{where}: Input should be a valid list")
    yield from content


def _text(block: Mapping[str, Any], where: str) -> str:
    text = block.get("text")
    if block.get("type") != "text" or not isinstance(text, str):
        raise bad(f"{where}.0.text: Field required")
    if not text:
        raise bad(f"{where}: text content blocks must be non-empty")
    if not text.strip():
        raise bad(f"{where}: text content blocks must contain non-whitespace text")
    return text


def _user(told: Conversation, blocks: Sequence[Mapping[str, Any]], number: int) -> None:
    texts = False
    for block in blocks:
        if block.get("type") == "tool_result":
            if texts:
                raise bad(f"messages.{number}: `tool_result` blocks must come before other content")
            said = "".join(_text(each, "content") for each in _blocks(block.get("content", []), "content"))
            told.turns.append(Turn("tool", said, answers=block["tool_use_id"], failed=bool(block.get("is_error"))))
        else:
            texts = True
            told.turns.append(Turn("user", _text(block, f"messages.{number}")))
        told.mark(block)


def _system(told: Conversation, blocks: Sequence[Mapping[str, Any]], number: int) -> None:
    for block in blocks:
        told.turns.append(Turn("system", _text(block, f"messages.{number}")))
        told.mark(block)


def _assistant(told: Conversation, blocks: Sequence[Mapping[str, Any]], number: int) -> None:
    """One turn, whatever its blocks; blocks of what it thought cost nothing here."""
    text, calls = "", []
    for block in blocks:
        if block.get("type") == "tool_use":
            if not NAME.fullmatch(block["id"]) or not isinstance(block.get("input"), dict):
                raise bad(f"messages.{number}.content.0.tool_use: Input should be a valid dictionary")
            calls.append(ToolCall(block["id"], block["name"], block["input"]))
        elif block.get("type") != "thinking":
            text += _text(block, f"messages.{number}")
    told.turns.append(Turn("assistant", text, calls=tuple(calls)))
    for block in blocks:
        told.mark(block)
