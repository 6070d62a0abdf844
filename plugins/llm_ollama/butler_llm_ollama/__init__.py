"""Ollama: personas think with models on your own machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from butler import ModelError, Plugin

from butler_llm_ollama.making import Made, Makings
from butler_llm_ollama.provider import Ollama

__all__ = ["LlmOllama"]

MISSING = "Ollama is not configured; add [providers.ollama] to butler.toml"


class LlmOllama(Plugin):
    """Brings the provider ``ollama``; it is served when butler.toml has ``[providers.ollama]``."""

    provider = Ollama
    network = ("127.0.0.1",)

    async def start(self) -> None:
        """Nothing is made yet."""
        self.makings = Makings(self.scope)

    async def create(
        self,
        model: str,
        base: str = "",
        files: Sequence[str] = (),
        adapters: Sequence[str] = (),
        told: Mapping[str, Any] | None = None,
    ) -> Mapping[str, str]:
        """Begin to make a model, as ``Ollama.create`` of the provider does; how it stands, as :meth:`made` says it."""
        served = self._served
        if served is None:
            return Made("failed", MISSING).plain()
        paths = {"files": [Path(each) for each in files], "adapters": [Path(each) for each in adapters]}
        return self.makings.begin(model, lambda: served.create(model, base=base, **paths, **(told or {}))).plain()

    async def made(self, model: str) -> Mapping[str, str]:
        """How a making stands: ``state`` is making, made, no_adapters or failed; ``reason`` says why and what to do."""
        return self.makings.of(model).plain()

    async def in_memory(self) -> Sequence[Mapping[str, Any]]:
        """The models that are loaded: ``name``, ``size`` and ``vram`` in bytes; none where the server is away."""
        try:
            loaded = await self._served.in_memory() if self._served is not None else ()
        except ModelError:
            return ()
        return [{"name": each.name, "size": each.size, "vram": each.vram} for each in loaded]

    offers = {  # noqa: RUF012 - the base class declares it a ClassVar
        "ollama:create": create,
        "ollama:made": made,
        "ollama:in_memory": in_memory,
    }

    @property
    def _served(self) -> Ollama | None:
        provider = self.host.provider
        return provider if isinstance(provider, Ollama) else None
