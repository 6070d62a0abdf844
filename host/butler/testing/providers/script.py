"""What a stand-in will say: answers in pieces, calls of tools, refusals, and everything that can go wrong meanwhile."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Literal

import attrs
from attrs import frozen

from butler.provider import Ending, ToolCall
from butler.testing.providers import tokens
from butler.testing.providers.asked import Asked


@frozen
class Break:
    """What goes wrong in the middle, after so many pieces were sent (0: after what opens the stream, -1: before all).

    ``cut`` closes the connection; ``silence`` sends nothing more and keeps it open until the client lets go;
    ``garbage`` sends what is no protocol; ``error`` says that something went wrong, in the protocol's own form.
    """

    kind: Literal["cut", "silence", "garbage", "error"]
    after: int = 0


@frozen
class Answer:
    """What the model says. It is cut off at the prompt's ``max_tokens``, as a model's is."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    stop: Ending | None = None
    """Left out: ``tools`` with calls, ``length`` if cut off, else ``end``."""
    thinking: int = 0
    """Tokens that are billed and not shown."""
    size: int = 1
    """Tokens of one piece."""
    wait: float = 0.0
    """Seconds before it begins."""
    pace: float = 0.0
    """Seconds between the pieces."""
    broken: Break | None = None

    @property
    def pieces(self) -> list[str]:
        """How the text is sent."""
        found = tokens.cut(self.text)
        return ["".join(found[at : at + self.size]) for at in range(0, len(found), self.size)]

    @property
    def ending(self) -> Ending:
        """Why it ends."""
        return self.stop or ("tools" if self.calls else "end")

    @property
    def tokens(self) -> int:
        """What all of it is billed as."""
        calls = sum(1 + tokens.count(tokens.arguments(call)) for call in self.calls)
        return self.thinking + tokens.count(self.text) + calls

    def within(self, limit: int) -> Answer:
        """Cut off at so many tokens: the text first, then whole calls (0: no limit)."""
        if not limit or self.tokens <= limit:
            return self
        thinking = min(self.thinking, limit)
        text = "".join(tokens.cut(self.text)[: limit - thinking])
        return attrs.evolve(self, text=text, thinking=thinking, calls=(), stop="length")


@frozen
class Failure:
    """An error instead of an answer: an HTTP status, and what the protocol says with it."""

    status: int
    message: str = ""
    code: str = ""
    """The protocol's own name of it, where it has one."""
    retry_after: float | None = None
    """Seconds, sent as ``Retry-After``."""
    wait: float = 0.0
    """Seconds before it is sent."""


def throttled(seconds: float | None = None) -> Failure:
    """Too many requests: come back in so many seconds (``None``: it does not say when)."""
    return Failure(429, "Rate limit reached for requests", "rate_limit_exceeded", seconds)


def overloaded() -> Failure:
    """Everybody wants something at once."""
    return Failure(529, "Overloaded", "overloaded")


def failing(status: int = 500) -> Failure:
    """It does not work today."""
    return Failure(status, "The server had an error while processing your request", "server_error")


Told = str | Answer | Failure
Rule = Told | Callable[[Asked], Told]


class Script:
    """What is answered: what :meth:`say` put in line, else what a rule that fits says, else ``otherwise``."""

    def __init__(self) -> None:
        self.otherwise: Rule = "Very well."
        self._next: deque[Rule] = deque()
        self._rules: list[tuple[re.Pattern[str], Rule]] = []
        self._lock = threading.Lock()

    def say(self, *answers: Rule) -> None:
        """Answer the next requests with these, one each."""
        with self._lock:
            self._next.extend(answers)

    def rule(self, pattern: str, answer: Rule) -> None:
        """Answer so whenever the newest turn matches (a regular expression, found anywhere, in any case)."""
        self._rules.append((re.compile(pattern, re.IGNORECASE), answer))

    def clear(self) -> None:
        """Forget what is in line and all rules."""
        with self._lock:
            self._next.clear()
        self._rules.clear()

    def answer(self, asked: Asked) -> Answer | Failure:
        """What this request gets."""
        told: Any = self._rule(asked)
        if callable(told):
            told = told(asked)
        return Answer(told) if isinstance(told, str) else told

    def _rule(self, asked: Asked) -> Rule:
        with self._lock:
            if self._next:
                return self._next.popleft()
        fits = [answer for pattern, answer in self._rules if pattern.search(asked.newest)]
        return fits[0] if fits else self.otherwise
