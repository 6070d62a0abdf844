"""One line in the log when Discord is not heard, one when it is heard again."""

from __future__ import annotations

import asyncio

import hikari
import structlog
from butler import Clock

log = structlog.get_logger("butler.discord")

OUTAGE = 5.0
"""After so many seconds without a connection it is said that there is none: a reconnect takes a moment."""


class Outages:
    """Knows which shards are down, and since when."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._down: dict[int, asyncio.TimerHandle | float] = {}

    def went(self, shard: int) -> None:
        """A shard lost its connection."""
        if shard not in self._down:
            self._down[shard] = asyncio.get_running_loop().call_later(OUTAGE, self._is_down, shard)

    def _is_down(self, shard: int) -> None:
        self._down[shard] = self._clock.monotonic() - OUTAGE
        log.warning("discord is not heard", shard=shard)

    async def up(self, event: hikari.ShardConnectedEvent) -> None:
        """A shard is connected."""
        down = self._down.pop(event.shard.id, None)
        if isinstance(down, asyncio.TimerHandle):
            down.cancel()
        elif down is not None:
            log.info("discord is heard again", shard=event.shard.id, seconds=round(self._clock.monotonic() - down, 1))

    def end(self) -> None:
        """Nobody listens any more."""
        for down in self._down.values():
            if isinstance(down, asyncio.TimerHandle):
                down.cancel()
        self._down.clear()
