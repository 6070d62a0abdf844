"""What can be asked of a model: an answer, or vectors; each says what it may cost, and asks behind the fence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from attrs import define, field, frozen

from butler.engine.delivery import Guarded
from butler.errors import ModelError, ModelUnavailable
from butler.provider import Completion, Embedded, Prompt, Provider, Usage
from butler.services.llm.asking import Heard
from butler.services.llm.chain import Choice

GRACE = 10.0
"""Seconds in which a provider whose time is over has to let go; then it is a fault of its own."""

T_co = TypeVar("T_co", covariant=True)
P = TypeVar("P")


class Late(ModelUnavailable):
    """Its time is over: the next link is asked, not the same one again."""


@frozen
class Caller:
    """Calls providers. They are plugins' code: what they raise besides ``ModelError`` is a fault of their own."""

    guarded: Guarded
    _door: asyncio.Lock = field(factory=asyncio.Lock)

    async def call(self, provider: Provider, what: str, fn: Any, *args: Any, deadline: float) -> Any:
        """What ``fn`` gives within ``deadline`` seconds. Raises ``ModelError``."""
        try:
            async with asyncio.timeout(deadline):
                async with self._door:  # one begins in each turn of the loop: an SDK makes a request for a millisecond
                    await asyncio.sleep(0)
                answer, fault = await self.guarded(
                    provider.name, what, fn, *args,
                    guild="", deadline=deadline + GRACE, expected=(ModelError,), counts=False,
                )  # fmt: skip
        except TimeoutError:
            raise Late(f"no answer within {deadline:.0f} s") from None
        if fault is not None:
            raise ModelUnavailable(f"{fault.kind}: {fault.error} ({fault.id})")
        return answer


class Question(Protocol[T_co]):
    """One question, for any link of the chain."""

    def cost(self, choice: Choice) -> tuple[int, int]:
        """Tokens that it puts in, and tokens that may come out, from above."""
        ...

    async def ask(self, choice: Choice, heard: Heard, caller: Caller) -> tuple[T_co, Usage]:
        """The answer and what it used. Raises ``ModelError``."""
        ...


@define(eq=False)
class Answering:
    """An answer to a prompt, which is fitted to each link's window."""

    prompt: Callable[[Choice], Prompt]
    _made: tuple[Choice, Prompt] | None = None

    def cost(self, choice: Choice) -> tuple[int, int]:
        """The prompt, and the longest answer."""
        made = self._of(choice)
        return choice.provider.estimate(made), made.max_tokens

    async def ask(self, choice: Choice, heard: Heard, caller: Caller) -> tuple[Completion, Usage]:
        """Whole, or in pieces if somebody listens."""
        provider, made = choice.provider, self._of(choice)
        answer: Completion
        if heard.forward is None:
            answer = await caller.call(provider, "complete", provider.complete, made, deadline=heard.limit)
        else:
            answer = await caller.call(provider, "stream", provider.stream, made, heard, deadline=heard.limit)
        return answer, answer.usage

    def _of(self, choice: Choice) -> Prompt:
        if self._made is None or self._made[0] is not choice:
            self._made = (choice, self.prompt(choice))
        return self._made[1]


@frozen
class Embedding:
    """Vectors of texts."""

    texts: Sequence[str]

    def cost(self, choice: Choice) -> tuple[int, int]:
        """All texts; nothing comes out that is charged."""
        return sum(choice.provider.count(text) for text in self.texts), 0

    async def ask(self, choice: Choice, heard: Heard, caller: Caller) -> tuple[Embedded, Usage]:
        """All at once."""
        provider = choice.provider
        vectors: Embedded = await caller.call(
            provider, "embed", provider.embed, self.texts, choice.model, deadline=heard.limit
        )
        return vectors, vectors.usage
