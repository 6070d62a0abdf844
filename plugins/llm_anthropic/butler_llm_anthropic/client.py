"""Talks to Anthropic through its SDK, which takes a second to import: nothing imports this before it is used."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar, get_args

import anthropic
import anthropic.resources.messages
import anthropic.resources.models
import httpx2
from anthropic.types import Message, ModelInfo, RawMessageStreamEvent
from butler import Completion, Listener, Model, ModelUnavailable, Prompt, Turn

from butler_llm_anthropic.answer import Draft
from butler_llm_anthropic.conversation import Block
from butler_llm_anthropic.errors import explained
from butler_llm_anthropic.request import Marks, request
from butler_llm_anthropic.settings import Settings
from butler_llm_anthropic.takes import Learned

T = TypeVar("T")
OFFICIAL = "https://api.anthropic.com"
CONNECT_WITHIN = 10.0
REMEMBERED = 256
"""Answers with calls whose thoughts are kept for what follows on their results."""
PAGE = 100
BROKEN = (anthropic.AnthropicError, httpx2.HTTPError, ValueError)
"""What the SDK raises, and what comes through it from the connection and of bytes that are no events."""


class Facts(Protocol):
    """What is known of models: the provider."""

    def count(self, text: str) -> int:
        """How many tokens a text is at most."""
        ...

    def facts(self, name: str) -> Model:
        """Window, prices, whether it takes a temperature."""
        ...


class Client:
    """One connection pool with one key."""

    def __init__(self, config: Settings, note: str, provider: Facts) -> None:
        """``note``: the word of the host's notes."""
        self._config = config
        self._count = provider.count
        self._facts = provider.facts
        self._note = note
        self._learned = Learned(provider.facts)
        self._thoughts: OrderedDict[str, Sequence[Block]] = OrderedDict()
        self._where = config.base_url or OFFICIAL
        self._sdk = anthropic.AsyncAnthropic(
            api_key=config.key or "none",
            base_url=self._where,
            max_retries=0,
            timeout=httpx2.Timeout(config.silence, connect=min(config.silence, CONNECT_WITHIN)),
            open_telemetry=False,
        )

    @classmethod
    def opened(cls, config: Settings, note: str, provider: Facts) -> Client:
        """One that has read what the SDK reads when it is first asked (certificates, its forms): run it in a thread."""
        client = cls(config, note, provider)
        for form in (Message, *get_args(get_args(RawMessageStreamEvent)[0])):
            form.model_rebuild()
        return client

    async def close(self) -> None:
        """Let go of all connections."""
        await self._sdk.close()

    async def complete(self, prompt: Prompt) -> Completion:
        """A whole answer. Raises ``ModelError``."""
        draft = Draft(prompt, self._count)
        message = await self._asked(prompt, lambda body: self._sdk.messages.create(**body, **self._limits(prompt)))
        if not isinstance(message, Message) or not isinstance(getattr(message, "content", None), list):
            raise ModelUnavailable("Anthropic answered with something that is no message")
        draft.take(message)
        return self._ended(draft)

    async def stream(self, prompt: Prompt, hear: Listener) -> Completion:
        """An answer in pieces. Raises ``ModelError``."""
        draft = Draft(prompt, self._count)
        events = await self._asked(
            prompt, lambda body: self._sdk.messages.create(stream=True, **body, **self._limits(prompt))
        )
        async with self._told(prompt.model), events:
            async for event in events:
                before, text = draft.usage, draft.add(event)
                if draft.usage is not before:
                    hear.usage(draft.usage)
                if text:
                    hear.text(text)
        return self._ended(draft)

    async def measure(self, prompt: Prompt) -> int:
        """How many tokens a prompt is, asked of the API. Raises ``ModelError``."""
        counted = await self._asked(prompt, lambda body: self._sdk.messages.count_tokens(**body))
        return int(counted.input_tokens)

    async def models(self) -> list[ModelInfo]:
        """All models that the key may use. Raises ``ModelError``."""
        async with self._told("any"):
            return [model async for model in self._sdk.models.list(limit=PAGE)]

    # --- asking ------------------------------------------------------------------------------------------

    async def _asked(self, prompt: Prompt, send: Callable[[Mapping[str, Any]], Awaitable[T]]) -> T:
        """Send it; in another form where the API says that the model does not take this one, which cost nothing."""
        async with self._told(prompt.model):
            while True:
                body = self._body(prompt)
                try:
                    return await send(body)
                except anthropic.BadRequestError as error:
                    if not self._may_differ(prompt, str(error.api_message)):
                        raise

    def _body(self, prompt: Prompt) -> dict[str, Any]:
        takes = self._learned.takes(prompt.model)
        marks = Marks(self._config.cache_ttl, self._config.history_ttl)
        body = request(prompt, takes, marks, note=self._note, thoughts=self._thought)
        output: dict[str, Any] = {}
        if takes.effort:
            output["effort"] = self._config.effort
        if prompt.schema is not None:
            schema = anthropic.transform_schema(dict(prompt.schema))
            output["format"] = {"type": "json_schema", "schema": schema}
        return {**body, "output_config": output} if output else body

    def _limits(self, prompt: Prompt) -> dict[str, Any]:
        """The SDK knows no temperature any more; older models do."""
        if prompt.temperature is None or not self._facts(prompt.model).temperature:
            return {"max_tokens": prompt.max_tokens}
        return {"max_tokens": prompt.max_tokens, "extra_body": {"temperature": min(prompt.temperature, 1.0)}}

    def _may_differ(self, prompt: Prompt, message: str) -> bool:
        if "`thinking` block" in message and self._thoughts:
            self._forget(prompt.turns)
            return True
        return self._learned.refused(prompt.model, message)

    @asynccontextmanager
    async def _told(self, model: str) -> AsyncIterator[None]:
        """What goes wrong inside is said in the host's words."""
        try:
            yield
        except BROKEN as error:
            raise explained(error, model, self._where, self._config.key) from None

    # --- thoughts ----------------------------------------------------------------------------------------

    def _ended(self, draft: Draft) -> Completion:
        completion = draft.end()
        if draft.thought and not any(call.broken for call in completion.calls):
            self._thoughts[completion.calls[0].id] = draft.content
            if len(self._thoughts) > REMEMBERED:
                self._thoughts.popitem(last=False)
        return completion

    def _thought(self, turn: Turn) -> Sequence[Block] | None:
        blocks = self._thoughts.get(turn.calls[0].id)
        ids = [block["id"] for block in blocks or () if block["type"] == "tool_use"]
        return blocks if ids == [call.id for call in turn.calls] else None

    def _forget(self, turns: Sequence[Turn]) -> None:
        for turn in turns:
            if turn.calls:
                self._thoughts.pop(turn.calls[0].id, None)
