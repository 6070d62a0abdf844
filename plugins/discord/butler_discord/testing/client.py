"""The real client, hikari, connected to the stand-in: for tests that look at Discord as a bot sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import hikari
from hikari.impl import shard

from butler_discord.testing.discord import Discord
from butler_discord.testing.state.users import App


def client(discord: Discord, app: App, **options: Any) -> hikari.GatewayBot:
    """A hikari bot that is not started yet. ``options``: further arguments of ``GatewayBot``."""
    options = {"banner": None, "logs": None, "suppress_optimization_warning": True, **options}
    return hikari.GatewayBot(app.token, rest_url=discord.rest_url, **options)


@contextmanager
def no_backoff() -> Iterator[None]:
    """Within, hikari reconnects at once, where it would wait a second or more; nothing else of it is touched."""
    waits = shard._BACKOFF_WINDOW
    shard._BACKOFF_WINDOW = 0.0  # type: ignore[misc]  # a constant of the library's, put back below
    try:
        yield
    finally:
        shard._BACKOFF_WINDOW = waits  # type: ignore[misc]


@asynccontextmanager
async def connected(
    discord: Discord, app: App, *, shards: int | None = None, **options: Any
) -> AsyncIterator[hikari.GatewayBot]:
    """A hikari bot that runs, on so many shards (as many as the stand-in recommends); closed at the end."""
    bot = client(discord, app, **options)
    try:
        await bot.start(check_for_updates=False, shard_count=shards)
        yield bot
    finally:
        if bot.is_alive:
            await bot.close()
