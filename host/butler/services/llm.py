"""Models are asked here and nowhere else: the fallback chain over the providers that are there (HOST-16)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

import structlog
from attrs import frozen

from butler.engine.faults import Fault
from butler.engine.prompt import Assembled, as_prompt
from butler.errors import ModelError
from butler.model import Person, Persona
from butler.provider import Completion, Prompt, Provider

log = structlog.get_logger("butler.llm")

DEADLINE = 60.0
"""Seconds that one model has to answer."""


class Guarded(Protocol):
    """The dispatcher's fence around a single call."""

    async def __call__(
        self,
        plugin: str,
        what: str,
        fn: Callable[..., Awaitable[Any]],
        *args: Any,
        guild: str,
        deadline: float,
        expected: tuple[type[Exception], ...],
        counts: bool,
    ) -> tuple[Any, Fault | None]: ...


@frozen
class Choice:
    """One link of a fallback chain: the provider that serves it and the model's name there."""

    provider: Provider
    model: str

    @property
    def window(self) -> int:
        """Tokens that the model takes, answer included."""
        return self.provider.model(self.model).window


class Models:
    """Finds the provider of a model's name and asks one after the other until one answers."""

    def __init__(self, providers: Callable[[], Mapping[str, Provider]], guarded: Guarded) -> None:
        self._providers = providers
        self._guarded = guarded

    def chain(self, names: Sequence[str]) -> list[Choice]:
        """The links that can be asked now; unknown providers are said once in the log and left out."""
        there = self._providers()
        links = []
        for name in names:
            provider, _, model = name.partition(":")
            if provider in there:
                links.append(Choice(there[provider], model or provider))
            else:
                log.warning("no such provider, the next in the chain is asked", model=name, known=sorted(there))
        return links

    async def complete(
        self,
        chain: Sequence[Choice],
        assembled: Assembled,
        *,
        persona: Persona,
        asker: Person,
        max_tokens: int,
        temperature: float | None = None,
        key: str = "",
    ) -> tuple[Choice, Completion]:
        """Ask the chain. Raises ``ModelError`` naming each failure if none answers."""
        failures: list[str] = []
        for choice in chain:
            prompt = as_prompt(
                assembled, choice.model, max_tokens=max_tokens, temperature=temperature, persona=persona.name, key=key
            )
            try:
                completion = await self._asked(choice.provider, prompt)
            except ModelError as error:
                failures.append(f"{choice.provider.name}: {error}")
                log.warning(
                    "model failed", provider=choice.provider.name, model=choice.model, asker=asker.id, reason=str(error)
                )
            else:
                return choice, completion
        raise ModelError("; ".join(failures) or "no model is configured for this persona")

    async def _asked(self, provider: Provider, prompt: Prompt) -> Completion:
        """A provider is a plugin's code: what it raises besides ``ModelError`` is a fault of its own."""
        completion, fault = await self._guarded(
            provider.name, "complete", provider.complete, prompt,
            guild="", deadline=DEADLINE, expected=(ModelError,), counts=False,
        )  # fmt: skip
        if fault is not None:
            raise ModelError(f"{fault.kind}: {fault.error} ({fault.id})")
        answer: Completion = completion
        return answer
