"""Asks the server, in the way that its model needs, and hears the answer."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing

from butler import Clock, Completion, Embedded, Listener, Model, Prompt, Provider

from butler_llm_openai.charge import Charge
from butler_llm_openai.chat import ChatWay
from butler_llm_openai.client import Client
from butler_llm_openai.embedding import embed
from butler_llm_openai.errors import Translator
from butler_llm_openai.responses import ResponsesWay
from butler_llm_openai.settings import Settings
from butler_llm_openai.text import TextWay
from butler_llm_openai.way import Call, Hearing, Way


class Asking:
    """One server, with what is open to it."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._translator = Translator(settings, clock)
        self.client = Client(settings, self._translator)
        self.ways: dict[str, Way] = {
            "responses": ResponsesWay(settings),
            "chat": ChatWay(settings),
            "text": TextWay(settings),
        }

    def call(self, prompt: Prompt, known: Model, hear: Listener, provider: Provider) -> Call:
        """One call; the estimate of what it costs is heard when it began."""

        def begun() -> Charge:
            return Charge(hear, provider.estimate(prompt), provider.count)

        return Call(prompt, known, hear, begun, lambda text, code: self._translator.said(text, code, prompt.model))

    async def complete(self, call: Call) -> Completion:
        """The answer in one. Raises ``ModelError``."""
        way = self._way(call.facts)
        answer = await self.client.post(way.path, way.body(call.prompt, call.facts), call.prompt.model)
        hearing = way.hearing(call)
        with self._translator.reading():
            hearing.whole(answer)
        hearing.tell()
        return self._done(hearing)

    async def stream(self, call: Call) -> Completion:
        """The answer in pieces. Raises ``ModelError``."""
        way = self._way(call.facts)
        body = way.streamed(way.body(call.prompt, call.facts))
        async with self.client.stream(way.path, body, call.prompt.model) as events:
            hearing = way.hearing(call)
            async with aclosing(events):
                async for event in events:
                    with self._translator.reading():
                        hearing.event(event)
                    hearing.tell()
        return self._done(hearing)

    async def counted(self, prompt: Prompt, known: Model) -> int | None:
        """The exact tokens of a prompt; ``None`` where the server does not count. Raises ``ModelError``."""
        way = self._way(known)
        if not isinstance(way, ResponsesWay):
            return None
        told = await self.client.post(f"{way.path}/input_tokens", way.asked(prompt, known), prompt.model)
        return told["input_tokens"] if isinstance(told.get("input_tokens"), int) else None

    async def embed(self, texts: Sequence[str], model: str) -> Embedded:
        """Vectors of texts. Raises ``ModelError``."""
        return await embed(self.client, self._translator, texts, model)

    def _done(self, hearing: Hearing) -> Completion:
        completion = hearing.completion()
        if completion is None:
            raise self._translator.broke_off()
        return completion

    def _way(self, known: Model) -> Way:
        if self._settings.is_text(known.name, known.features):
            return self.ways["text"]
        if self._settings.api != "auto":
            return self.ways[self._settings.api]
        return self.ways["responses" if self._settings.full else "chat"]
