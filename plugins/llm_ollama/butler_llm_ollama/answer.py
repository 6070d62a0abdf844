"""The lines of an answer, as the host's completion."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from attrs import define, field
from butler import Completion, Ending, ModelUnavailable, Prompt, ToolCall, Usage
from ollama import ChatResponse


@define
class Draft:
    """An answer in the making. Until its end its usage is an estimate from above."""

    prompt: Prompt
    count: Callable[[str], int]
    usage: Usage
    text: str = ""
    calls: list[ToolCall] = field(factory=list)
    reason: str = ""
    is_whole: bool = False
    numbers: Iterator[int] = field(factory=lambda: itertools.count(1))
    """For the ids of calls: the server has none."""

    def add(self, part: ChatResponse | ToolCall) -> str:
        """Take in a line, or a call that the server could not read; returns the text that it brought."""
        if isinstance(part, ToolCall):
            self.calls.append(part)
            self.is_whole = True
            return ""
        said, thought = part.message.content or "", part.message.thinking or ""
        for call in part.message.tool_calls or ():
            name, arguments = call.function.name, dict(call.function.arguments)
            self.calls.append(ToolCall(f"call_{next(self.numbers)}", name, arguments))
        heard = sum(self.count(each) for each in (said, thought, *self._arguments(part)) if each)
        self.usage = Usage(self.usage.input, self.usage.output + heard)
        if part.done:
            self.reason, self.is_whole = part.done_reason or "stop", True
            self.usage = Usage(part.prompt_eval_count or 0, part.eval_count or 0)
        self.text += said
        return said

    @staticmethod
    def _arguments(part: ChatResponse) -> Iterator[str]:
        return (f"{call.function.name}{dict(call.function.arguments)}" for call in part.message.tool_calls or ())

    def end(self) -> Completion:
        """The completion. Raises ``ModelUnavailable`` if it is not whole."""
        if not self.is_whole:
            raise ModelUnavailable("Ollama broke off in the middle of an answer")
        stop: Ending = "length" if self.reason == "length" else "tools" if self.calls else "end"
        data = self.prompt.data(self.text, stop)
        return Completion(self.text, self.usage, self.prompt.model, stop, tuple(self.calls), data)
