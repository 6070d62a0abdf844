"""OpenAI as the host sees it: prompts in, pieces and completions out, what that used, what went wrong (LLM-1)."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any, ClassVar

from butler import Catalog, Completion, Embedded, Listener, Model, Nobody, Prompt, Provider

from butler_llm_openai import facts
from butler_llm_openai.charge import Charge
from butler_llm_openai.chat import ChatWay
from butler_llm_openai.client import Client
from butler_llm_openai.counting import count
from butler_llm_openai.embedding import embed
from butler_llm_openai.errors import Translator
from butler_llm_openai.responses import ResponsesWay
from butler_llm_openai.settings import Settings
from butler_llm_openai.text import TextWay
from butler_llm_openai.way import Call, Hearing, Way

COUNTED = 2048
"""Texts whose count is remembered: most of a prompt was counted for the last one."""
TEXT = "text"
"""The feature of models that go on with a text."""


class OpenAI(Provider):
    """One server, asked through the openai library."""

    name: ClassVar[str] = "openai"
    settings: ClassVar[type] = Settings

    def __init__(self, host: Any, config: Settings) -> None:
        super().__init__(host, config)
        self._settings = config
        self._translator = Translator(config, host.clock)
        self._client = Client(config, self._translator)
        self._ways = {way: kind(config) for way, kind in
                      (("responses", ResponsesWay), ("chat", ChatWay), ("text", TextWay))}  # fmt: skip
        self._count = functools.lru_cache(COUNTED)(count)
        self.catalog = Catalog.of_package(__package__)
        """What this package says of models."""

    async def complete(self, prompt: Prompt) -> Completion:
        """Answer a prompt. Raises ``ModelError``."""
        way, known = self._way(prompt.model), self.model(prompt.model)
        hearing = self._hearing(way, prompt, known, Nobody())
        answer = await self._client.post(way.path, way.body(prompt, known), prompt.model)
        with self._translator.reading():
            hearing.whole(answer)
        return self._done(hearing)

    async def stream(self, prompt: Prompt, hear: Listener) -> Completion:
        """Answer a prompt in pieces. Raises ``ModelError``."""
        way, known = self._way(prompt.model), self.model(prompt.model)
        body = way.streamed(way.body(prompt, known))
        async with self._client.stream(way.path, body, prompt.model) as events:
            hearing = self._hearing(way, prompt, known, hear)
            async with aclosing(events):
                async for event in events:
                    with self._translator.reading():
                        hearing.event(event)
        return self._done(hearing)

    def _hearing(self, way: Way, prompt: Prompt, known: Model, hear: Listener) -> Hearing:
        charge = Charge(hear, self.estimate(prompt), self._count)
        return way.hearing(Call(prompt, known, hear, charge, lambda m, c: self._translator.said(m, c, prompt.model)))

    def _done(self, hearing: Hearing) -> Completion:
        completion = hearing.completion()
        if completion is None:
            raise self._translator.broke_off()
        return completion

    def _way(self, model: str) -> Way:
        if self._settings.is_text(model) or TEXT in self.model(model).features:
            return self._ways["text"]
        if self._settings.api != "auto":
            return self._ways[self._settings.api]
        return self._ways["responses" if self._settings.full else "chat"]

    async def embed(self, texts: Sequence[str], model: str) -> Embedded:
        """Vectors of texts, in as few requests as their number allows. Raises ``ModelError``."""
        return await embed(self._client, self._translator, texts, model)

    async def models(self) -> Sequence[str]:
        """The models that the key may use. Raises ``ModelError``."""
        return await self._client.models()

    def model(self, name: str) -> Model:
        """Out of this package's models.toml; prices only for OpenAI's own server."""
        return facts.model(self.catalog, name, official=self._settings.full)

    def count(self, text: str) -> int:
        """Tokens of a text, estimated from above."""
        return self._count(text)

    async def measure(self, prompt: Prompt) -> int:
        """Exactly, where prompts are asked through Responses; else estimated. Raises ``ModelError``."""
        way = self._way(prompt.model)
        if not isinstance(way, ResponsesWay):
            return self.estimate(prompt)
        asked = way.asked(prompt, self.model(prompt.model))
        told = await self._client.post(f"{way.path}/input_tokens", asked, prompt.model)
        return told["input_tokens"] if isinstance(told.get("input_tokens"), int) else self.estimate(prompt)

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.close()
