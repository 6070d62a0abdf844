"""Anthropic as the host sees it: prompts in, answers out, and what is known of its models (LLM-2)."""

from __future__ import annotations

import asyncio
import hashlib
import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
from butler import Catalog, Completion, Listener, Model, ModelMisconfigured, Prompt, Provider

from butler_llm_anthropic.settings import Settings

if TYPE_CHECKING:
    from butler_llm_anthropic.client import Client

HOUR = 2
"""What is cached for an hour costs so many times the input's price."""


class Anthropic(Provider):
    """Claude, through Anthropic's SDK."""

    name: ClassVar[str] = "anthropic"
    settings: ClassVar[type] = Settings

    def __init__(self, host: Any, config: Settings) -> None:
        super().__init__(host, config)
        self._config = config
        self._catalog = Catalog.of_package("butler_llm_anthropic")
        self._listed: dict[str, Model] = {}
        """What the API said of models that the package's file does not know."""
        self._client: Client | None = None
        self._opening = asyncio.Lock()

    async def complete(self, prompt: Prompt) -> Completion:
        """Answer a prompt. Raises ``ModelError``."""
        return await (await self._ready()).complete(prompt)

    async def stream(self, prompt: Prompt, hear: Listener) -> Completion:
        """Answer a prompt in pieces as they come; returns the whole. Raises ``ModelError``."""
        return await (await self._ready()).stream(prompt, hear)

    async def measure(self, prompt: Prompt) -> int:
        """How many input tokens a prompt is, exactly; the API counts them. Raises ``ModelError``."""
        return await (await self._ready()).measure(prompt)

    async def models(self) -> Sequence[str]:
        """The models that the key may use, newest first. Raises ``ModelError``."""
        listed = await (await self._ready()).models()
        for model in listed:
            window, output = model.max_input_tokens, model.max_tokens
            if window and output:
                self._listed[model.id] = Model(model.id, window=window, output=output, temperature=False)
        return [model.id for model in listed]

    def model(self, name: str) -> Model:
        """Its window and prices, as the package's models.toml says; else what the API said of it."""
        facts = self._catalog.find(name) or self._listed.get(name) or Model(name)
        if facts.input_price is not None and "1h" in (self._config.cache_ttl, self._config.history_ttl):
            return attrs.evolve(facts, written_price=HOUR * facts.input_price)
        return facts

    def count(self, text: str) -> int:
        """How many tokens a text is, estimated from above: newer models make more of the same text."""
        return len(text.encode(errors="replace")) * 2 // 5 + 1

    async def close(self) -> None:
        """Let go of connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _ready(self) -> Client:
        """Import the SDK when it is first needed, in a thread: it takes a second."""
        if not self._config.key and not self._config.base_url:
            raise ModelMisconfigured(
                "there is no key for Anthropic",
                remedy='`butler keys set anthropic`, and key = "env:ANTHROPIC_API_KEY" under [providers.anthropic]',
            )
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(self._open)
            return self._client

    def _open(self) -> Client:
        module = importlib.import_module("butler_llm_anthropic.client")
        client: Client = module.Client.opened(self._config, self._note, self)
        return client

    @property
    def _note(self) -> str:
        """A word that nobody outside can guess, the same at each start."""
        return f"host-{hashlib.blake2b(self._config.key.encode(), digest_size=5, person=b'butler note').hexdigest()}"
