"""Ollama keeps to what every provider keeps to (LLM-3, LLM-4)."""

from __future__ import annotations

import pytest
from butler import Provider
from butler.testing.contracts import ProviderContract
from butler.testing.providers import StandIn
from butler.testing.providers.ollama import Ollama as Server
from butler_llm_ollama.provider import Ollama
from butler_llm_ollama.settings import Settings


@pytest.mark.spec("LLM-3", "LLM-4")
class TestOllama(ProviderContract):
    def server(self) -> StandIn:
        return Server()

    def provider(self, server: StandIn, key: str) -> Provider:
        return Ollama(self.house(), Settings(base_url=server.url, key=key))
