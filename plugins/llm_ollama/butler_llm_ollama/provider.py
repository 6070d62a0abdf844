"""Ollama as the host sees it: models on your own machine (LLM-3)."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
from butler import Catalog, Check, Completion, Embedded, Listener, Model, ModelError, Prompt, PromptTooLong, Provider

from butler_llm_ollama.known import InMemory, Progress
from butler_llm_ollama.settings import Settings

if TYPE_CHECKING:
    from butler_llm_ollama.client import Client


class Ollama(Provider):
    """One Ollama server, through its SDK."""

    name: ClassVar[str] = "ollama"
    settings: ClassVar[type] = Settings

    def __init__(self, host: Any, config: Settings) -> None:
        super().__init__(host, config)
        self._config = config
        self._catalog = Catalog.of_package("butler_llm_ollama")
        self._client: Client | None = None
        self._opening = asyncio.Lock()

    async def complete(self, prompt: Prompt) -> Completion:
        """Answer a prompt. Raises ``ModelError``."""
        return await (await self._ready()).complete(prompt, self._room(prompt))

    async def stream(self, prompt: Prompt, hear: Listener) -> Completion:
        """Answer a prompt in pieces as they come; returns the whole. Raises ``ModelError``."""
        context = self._room(prompt)
        return await (await self._ready()).stream(prompt, context, self.estimate(prompt), hear)

    async def embed(self, texts: Sequence[str], model: str) -> Embedded:
        """Vectors of texts. Raises ``ModelError``."""
        return await (await self._ready()).embed(texts, model) if texts else Embedded(())

    async def models(self) -> Sequence[str]:
        """The models that are on the machine. Raises ``ModelError``."""
        return await (await self._ready()).models()

    def model(self, name: str) -> Model:
        """What it is loaded for, and that it costs nothing; what runs in Ollama's cloud has no price that is known."""
        window = self._config.contexts.get(name, self._config.context)
        known = None if name.endswith(("-cloud", ":cloud")) else self._catalog.find(name)
        return attrs.evolve(known or Model(name), window=window)

    async def health(self) -> list[Check]:
        """Whether it runs, and which models are there."""
        try:
            models = await self.models()
        except ModelError as error:
            return [Check("provider ollama", "fail", str(error.args[0]), error.remedy)]
        if not models:
            return [Check("provider ollama", "warn", "it runs and has no models", "butler ollama pull llama3.2")]
        more = " …" if models[5:] else ""
        return [Check("provider ollama", "ok", f"it runs, and has {len(models)} models: {', '.join(models[:5])}{more}")]

    async def close(self) -> None:
        """Let go of connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    # --- models on the machine ------------------------------------------------------------------------------

    async def pull(self, model: str) -> AsyncIterator[Progress]:
        """Have a model fetched, step by step. Raises ``ModelError``."""
        async for step in (await self._ready()).pull(model):
            yield step

    async def in_memory(self) -> Sequence[InMemory]:
        """Which models are loaded now, and what they take. Raises ``ModelError``."""
        return await (await self._ready()).in_memory()

    async def create(
        self, model: str, *, base: str = "", files: Sequence[Path] = (), adapters: Sequence[Path] = (), **told: Any
    ) -> bool:
        """Make a model of files (GGUF, safetensors), or of another one; ``told``: system, template, parameters.

        Returns ``False`` if the server takes no adapters, as none does since version 0.34.1: then merge them into the
        base model, and make one of the merged files. Raises ``ModelError``.
        """
        return await (await self._ready()).create(model, base, files, adapters, told)

    # --- inside -----------------------------------------------------------------------------------------------

    def _room(self, prompt: Prompt) -> int:
        """The context that the model is loaded for. Raises ``PromptTooLong``: the server would leave out the rest."""
        context = self.model(prompt.model).window
        tokens = sum(self.count(turn.text) for turn in prompt.turns)
        if tokens + prompt.max_tokens > context:
            raise PromptTooLong(
                f"the prompt is too long for {prompt.model} "
                f"(about {tokens} tokens and {prompt.max_tokens} for the answer, of {context})",
                remedy="raise context under [providers.ollama]",
            )
        return context

    async def _ready(self) -> Client:
        """Import the SDK when it is first needed, in a thread: it takes a moment."""
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(self._open)
            return self._client

    def _open(self) -> Client:
        module = importlib.import_module("butler_llm_ollama.client")
        client: Client = module.Client(self._config, self.count)
        return client
