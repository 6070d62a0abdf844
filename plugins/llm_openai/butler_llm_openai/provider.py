"""OpenAI as the host sees it: prompts in, pieces and completions out, what that used, what went wrong (LLM-1)."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
from butler import Catalog, Completion, Embedded, Listener, Model, Nobody, Prompt, Provider

from butler_llm_openai import facts
from butler_llm_openai.counting import count
from butler_llm_openai.settings import Settings

if TYPE_CHECKING:
    from butler_llm_openai.asking import Asking

COUNTED = 2048
"""Texts whose count is remembered: most of a prompt was counted for the last one."""


class OpenAI(Provider):
    """One server, asked through the openai library, which is imported when it is first used."""

    name: ClassVar[str] = "openai"
    settings: ClassVar[type] = Settings

    def __init__(self, host: Any, config: Settings) -> None:
        super().__init__(host, config)
        self._settings = config
        self._opening = asyncio.Lock()
        self._asking: Asking | None = None
        self._count = functools.lru_cache(COUNTED)(count)

    @functools.cached_property
    def catalog(self) -> Catalog:
        """What this package says of models."""
        return Catalog.of_package(__package__)

    async def complete(self, prompt: Prompt) -> Completion:
        """Answer a prompt. Raises ``ModelError``."""
        asking = await self._ready()
        return await asking.complete(asking.call(prompt, self.facts(prompt.model), Nobody(), self))

    async def stream(self, prompt: Prompt, hear: Listener) -> Completion:
        """Answer a prompt in pieces. Raises ``ModelError``."""
        asking = await self._ready()
        return await asking.stream(asking.call(prompt, self.facts(prompt.model), hear, self))

    async def embed(self, texts: Sequence[str], model: str) -> Embedded:
        """Vectors of texts, in as few requests as their number allows. Raises ``ModelError``."""
        return await (await self._ready()).embed(texts, model)

    async def models(self) -> Sequence[str]:
        """The models that the key may use. Raises ``ModelError``."""
        return await (await self._ready()).client.models()

    def model(self, name: str) -> Model:
        """Out of this package's models.toml; prices only for OpenAI's own server."""
        return facts.model(self.catalog, name, official=self._settings.full)

    def count(self, text: str) -> int:
        """Tokens of a text, estimated from above."""
        return self._count(text)

    def estimate(self, prompt: Prompt) -> int:
        """Of the turns alone where the model gets no tools."""
        if self._settings.is_text(prompt.model, self.facts(prompt.model).features):
            prompt = attrs.evolve(prompt, tools=(), schema=None)
        return super().estimate(prompt)

    async def measure(self, prompt: Prompt) -> int:
        """Exactly, where prompts are asked through Responses; else estimated. Raises ``ModelError``."""
        told = await (await self._ready()).counted(prompt, self.facts(prompt.model))
        return self.estimate(prompt) if told is None else told

    async def close(self) -> None:
        """Let go of connections; a later call opens new ones."""
        asking, self._asking = self._asking, None
        if asking is not None:
            await asking.client.close()

    async def _ready(self) -> Asking:
        if self._asking is not None:
            return self._asking
        self._settings.check()
        async with self._opening:
            if self._asking is None:
                self._asking = await asyncio.to_thread(_opened, self._settings, self.host.clock)
            return self._asking


def _opened(settings: Settings, clock: Any) -> Asking:
    """Takes a second the first time: in a thread."""
    from butler_llm_openai.asking import Asking  # noqa: PLC0415 - see above

    return Asking(settings, clock)
