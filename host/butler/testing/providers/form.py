"""The form of a protocol's requests and answers: what a stand-in for it has to write down."""

from __future__ import annotations

import abc
import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from aiohttp import web

from butler.testing.providers.account import Bill
from butler.testing.providers.asked import Asked
from butler.testing.providers.script import Answer, Failure
from butler.testing.providers.served import Served


class Refused(Exception):
    """The request gets an error."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


Event = tuple[bytes, int]
"""What is sent next, and how many tokens of the answer that is (0: it is about the answer)."""


class Form(abc.ABC):
    """How one path reads prompts and writes answers."""

    kind: ClassVar[str] = "chat"
    """What models are asked for there."""
    stream_type: ClassVar[str] = "text/event-stream"

    @abc.abstractmethod
    def read(self, body: Mapping[str, Any], request: web.Request) -> Asked:
        """What is asked. Raises ``Refused`` for whatever the provider would refuse."""

    def fitted(self, asked: Asked, answer: Answer) -> Answer:
        """The answer as far as what was asked lets it come: up to ``max_tokens``."""
        return answer.within(asked.prompt.max_tokens)

    @abc.abstractmethod
    def whole(self, asked: Asked, answer: Answer, bill: Bill) -> Mapping[str, Any]:
        """The answer in one; ``bill`` is complete."""

    @abc.abstractmethod
    def events(self, asked: Asked, answer: Answer, bill: Bill) -> Iterator[Event]:
        """The answer in events; ``bill`` holds at each what was sent before it, at the last all but that event."""

    @abc.abstractmethod
    def trouble(self, message: str) -> bytes:
        """What says in the middle of a stream that something went wrong."""

    def too_long(self, tokens: int, served: Served) -> Failure:
        """The error for a prompt above the model's window."""
        return Failure(400, f"This model's maximum context length is {served.window} tokens. However, your messages "
                            f"resulted in {tokens} tokens.", "context_length_exceeded")  # fmt: skip


def sse(data: Any, event: str = "") -> bytes:
    """One server-sent event."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {text}\n\n".encode(errors="surrogatepass")
