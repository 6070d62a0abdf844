"""A way to ask: how a prompt is put, and how the answer is heard."""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import Any, ClassVar

from attrs import frozen
from butler import Completion, Ending, Listener, Model, Prompt, ToolCall

from butler_llm_openai.charge import Charge
from butler_llm_openai.schemas import closable, closed, opened
from butler_llm_openai.settings import Settings

Json = dict[str, Any]


@frozen
class Call:
    """One call: the prompt, what is known of its model, and who hears the answer."""

    prompt: Prompt
    facts: Model
    hear: Listener
    begun: Callable[[], Charge]
    """Called when the server took it: from then on it costs."""
    raises: Callable[[str, str], Exception]
    """The error for a message and a code."""

    def data(self, text: str, stop: Ending) -> Any:
        """The structured answer. Raises ``ModelUnavailable`` where it was asked for JSON and is none."""
        data = self.prompt.data(text, stop)
        return data if data is None or self.prompt.schema is None else opened(data, self.prompt.schema)


class Hearing(abc.ABC):
    """Takes an answer, event after event."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.charge = call.begun()
        self.text = ""
        self.stop: Ending | None = None
        self._news: list[tuple[str, bool]] = []
        self._usage: Any = None

    @abc.abstractmethod
    def event(self, event: Json) -> None:
        """One event of the stream."""

    @abc.abstractmethod
    def whole(self, answer: Json) -> None:
        """The answer in one."""

    def calls(self) -> tuple[ToolCall, ...]:
        """What it asked for."""
        return ()

    def said(self, piece: Any) -> None:
        """A piece of the text."""
        if isinstance(piece, str) and piece:
            self.text += piece
            self._news.append((piece, True))

    def unheard(self, piece: str) -> None:
        """A piece of what it gives a tool: it costs, and nobody hears it."""
        self._news.append((piece, False))

    def used(self, usage: Any) -> None:
        """What the server says of the usage, if anything."""
        self._usage = usage

    def tell(self) -> None:
        """Tell the listener what is new."""
        for piece, heard in self._news:
            self.charge.piece(piece)
            if heard:
                self.call.hear.text(piece)
        self._news.clear()
        self.charge.told(self._usage)
        self._usage = None

    def completion(self) -> Completion | None:
        """What came of it; ``None`` if it broke off."""
        if self.stop is None:
            return None
        calls = self.calls()
        stop = "tools" if calls and self.stop == "end" else self.stop
        data = self.call.data(self.text, stop)
        return Completion(self.text, self.charge.usage, self.call.prompt.model, stop, calls, data)


class Way(abc.ABC):
    """One of the ways."""

    path: ClassVar[str]
    hearing: ClassVar[type[Hearing]]

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @abc.abstractmethod
    def body(self, prompt: Prompt, facts: Model) -> Json:
        """The request. Raises ``ModelError`` for what cannot be asked this way."""

    def streamed(self, body: Json) -> Json:
        """The request for an answer in pieces."""
        return body


def shape(prompt: Prompt) -> Json | None:
    """The named schema of a structured answer, strict where it can be."""
    if prompt.schema is None:
        return None
    strict = closable(prompt.schema)
    return {"name": "answer", "schema": closed(prompt.schema) if strict else dict(prompt.schema), "strict": strict}
