"""Anthropic keeps to what every provider keeps to (LLM-2, LLM-4)."""

from __future__ import annotations

from typing import ClassVar

import pytest
from butler import Provider
from butler.testing.contracts import ProviderContract
from butler.testing.providers import StandIn
from butler.testing.providers.anthropic import Anthropic as Server
from butler_llm_anthropic.provider import Anthropic
from butler_llm_anthropic.settings import Settings


@pytest.mark.spec("LLM-2", "LLM-4")
class TestAnthropic(ProviderContract):
    embedder: ClassVar[str] = ""

    def server(self) -> StandIn:
        return Server()

    def provider(self, server: StandIn, key: str) -> Provider:
        return Anthropic(self.house(), Settings(key=key, base_url=server.url))
