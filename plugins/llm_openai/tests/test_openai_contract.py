"""Every way to ask OpenAI keeps to what providers keep to (LLM-1, LLM-4)."""

from __future__ import annotations

from butler import Provider
from butler.testing.contracts import ProviderContract
from butler.testing.providers import StandIn
from butler.testing.providers.openai import OpenAI as Server
from butler_llm_openai.provider import OpenAI
from butler_llm_openai.settings import Settings


class TestChatOfCompatibleServers(ProviderContract):
    """As ``base_url`` alone has it."""

    def server(self) -> StandIn:
        return Server()

    def provider(self, server: StandIn, key: str) -> Provider:
        return OpenAI(self.house(), Settings(base_url=f"{server.url}/v1", key=key))


class TestChatOfOpenAI(TestChatOfCompatibleServers):
    """With all that OpenAI has."""

    def provider(self, server: StandIn, key: str) -> Provider:
        return OpenAI(self.house(), Settings(base_url=f"{server.url}/v1", key=key, gateway=True, api="chat"))


class TestResponses(TestChatOfCompatibleServers):
    """As OpenAI is asked unless it is told otherwise."""

    def provider(self, server: StandIn, key: str) -> Provider:
        return OpenAI(self.house(), Settings(base_url=f"{server.url}/v1", key=key, gateway=True))
