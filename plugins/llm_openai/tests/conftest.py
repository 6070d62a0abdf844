"""A provider, its stand-in, and one loop for both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import define, field
from butler import Clock, Prompt, Turn, Usage
from butler.testing.providers.openai import OpenAI as Server
from butler_llm_openai.provider import OpenAI
from butler_llm_openai.settings import Settings

PATIENCE = 300.0
"""Real seconds that anything may take."""


@define
class Ear:
    """Hears what the host would."""

    pieces: list[str] = field(factory=list)
    usages: list[Usage] = field(factory=list)
    _news: asyncio.Event = field(factory=asyncio.Event)

    @property
    def used(self) -> Usage:
        return self.usages[-1]

    def text(self, piece: str) -> None:
        self.pieces.append(piece)
        self._news.set()

    def usage(self, usage: Usage) -> None:
        self.usages.append(usage)
        self._news.set()

    async def until(self, pieces: int) -> None:
        """Return when it began, and so many pieces were heard."""
        while not self.usages or len(self.pieces) < pieces:
            self._news.clear()
            await self._news.wait()


@define
class Talk:
    """What a test talks with."""

    server: Server
    provider: OpenAI

    def asked(self, *turns: Turn | str, model: str = "small", **fields: Any) -> Prompt:
        told = tuple(turn if isinstance(turn, Turn) else Turn("user", turn) for turn in turns or ("hi",))
        return Prompt(told, model, **fields)

    @property
    def body(self) -> Any:
        """The last request as it came."""
        return self.server.asked[-1].body

    @property
    def path(self) -> str:
        return self.server.asked[-1].path.removeprefix("/v1")


def provider_of(server: Server, **settings: Any) -> OpenAI:
    told = {"base_url": f"{server.url}/v1", "key": server.key, **settings}
    return OpenAI(SimpleNamespace(clock=Clock()), Settings(**told))


@pytest.fixture
def talk() -> Callable[..., None]:
    """``talk(check, gateway=True)`` runs a check with a provider that has these settings."""

    def run(check: Callable[[Talk], Coroutine[Any, Any, None]], models: Any = (), **settings: Any) -> None:
        async def main() -> None:
            async with Server(models=models) as server:
                provider = provider_of(server, **settings)
                try:
                    await check(Talk(server, provider))
                finally:
                    await provider.close()

        asyncio.run(asyncio.wait_for(main(), PATIENCE))

    return run


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def ears() -> type[Ear]:
    return Ear
