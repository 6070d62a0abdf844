"""What came back: a message, or events that become one, as the host's completion."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from anthropic.types import Message, RawMessageStreamEvent
from attrs import define, field
from butler import Completion, Ending, ModelUnavailable, Prompt, ToolCall, Usage

from butler_llm_anthropic.conversation import THOUGHTS, Block

STOP: Final[Mapping[str | None, Ending]] = {
    "max_tokens": "length", "model_context_window_exceeded": "length", "tool_use": "tools", "refusal": "refusal",
}  # fmt: skip


@define
class Draft:
    """An answer in the making."""

    prompt: Prompt
    count: Callable[[str], int]
    """How many tokens a text is at most: what was said so far is charged by it if the answer breaks off."""
    model: str = ""
    usage: Usage = field(factory=Usage)
    stop: str | None = None
    blocks: dict[int, Block] = field(factory=dict)
    """By their number, as they would be sent back."""
    is_whole: bool = False
    _arguments: dict[int, str] = field(factory=dict)

    def add(self, event: RawMessageStreamEvent) -> str:
        """Take in an event; returns the text that it brought."""
        if event.type == "message_start":
            self.model, self.usage = event.message.model, used(event.message.usage)
        elif event.type == "content_block_start":
            self.blocks[event.index] = event.content_block.to_dict(mode="json", warnings=False)
        elif event.type == "content_block_delta":
            return self._delta(self.blocks[event.index], event.index, event.delta)
        elif event.type == "message_delta":
            self.stop, self.usage = event.delta.stop_reason, used(event.usage, self.usage)
        elif event.type == "message_stop":
            self.is_whole = True
        return ""

    def _delta(self, block: Block, index: int, delta: Any) -> str:
        if delta.type == "text_delta":
            block["text"] += delta.text
            self._said(delta.text)
            return str(delta.text)
        if delta.type == "input_json_delta":
            self._arguments[index] = self._arguments.get(index, "") + delta.partial_json
            self._said(delta.partial_json)
        elif delta.type == "thinking_delta":
            block["thinking"] += delta.thinking
        elif delta.type == "signature_delta":
            block["signature"] = delta.signature
        return ""

    def _said(self, text: str) -> None:
        used = self.usage
        self.usage = Usage(used.input, used.output + self.count(text), used.cached, used.written)

    def take(self, message: Message) -> None:
        """Take in a whole message."""
        self.model, self.usage, self.stop = message.model, used(message.usage), message.stop_reason
        self.blocks = {
            number: block.to_dict(mode="json", warnings=False) for number, block in enumerate(message.content)
        }
        self.is_whole = True

    @property
    def content(self) -> list[Block]:
        """The blocks in their order."""
        return [self.blocks[number] for number in sorted(self.blocks)]

    def end(self) -> Completion:
        """The completion. Raises ``ModelUnavailable`` if it is not whole."""
        if not self.is_whole:
            raise ModelUnavailable("Anthropic broke off in the middle of an answer")
        said, stop = (
            "".join(block["text"] for block in self.content if block["type"] == "text"),
            STOP.get(self.stop, "end"),
        )
        data = self.prompt.data(said, stop)
        return Completion(said, self.usage, self.model, stop, tuple(self._calls()), data)

    def _calls(self) -> Iterable[ToolCall]:
        for number in sorted(self.blocks):
            block = self.blocks[number]
            if block["type"] == "tool_use":
                given = self._arguments.get(number, block["input"])
                call = ToolCall.parse(
                    block["id"], block["name"], given if isinstance(given, str) else json.dumps(given)
                )
                block["input"] = dict(call.arguments)
                yield call

    @property
    def thought(self) -> bool:
        """Whether it thought before it asked for tools: then its blocks are sent back as they are."""
        types = {block["type"] for block in self.content}
        return bool(types & THOUGHTS) and "tool_use" in types


def used(told: Any, before: Usage | None = None) -> Usage:
    """The tokens; what is not said again stays as it was. Raises ``ModelUnavailable`` where there are none."""
    before = before or Usage()
    output = getattr(told, "output_tokens", None)
    if not isinstance(output, int):
        raise ModelUnavailable("Anthropic answered without saying what it used")

    def said(name: str, otherwise: int) -> int:
        value = getattr(told, name, None)
        return value if isinstance(value, int) else otherwise

    return Usage(
        said("input_tokens", before.input),
        output,
        said("cache_read_input_tokens", before.cached),
        said("cache_creation_input_tokens", before.written),
    )
