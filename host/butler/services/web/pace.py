"""Nobody is asked more often than is polite: a few at once, then one each second, for each host."""

from __future__ import annotations

import asyncio
from typing import Final

from butler.clock import Clock
from butler.errors import WebUnavailable

BURST: Final = 10
GAP: Final = 1.0
"""Seconds between two requests to one host, once the burst is used up."""
LONGEST: Final = 5.0
"""Seconds that a request waits for its turn; one that would wait longer is refused."""
KNOWN: Final = 2_000
"""Hosts that are kept in mind."""


class Pace:
    """When each host may be asked next."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._full: dict[str, float] = {}
        """When a host's burst is whole again."""

    async def turn(self, host: str) -> None:
        """Return when the host may be asked. Raises ``WebUnavailable`` if that is too far away."""
        now = self._clock.monotonic()
        full = max(now, self._full.get(host, 0.0)) + GAP
        wait = full - now - BURST * GAP
        if wait > LONGEST:
            raise WebUnavailable(f"{host} is asked too often", retry_after=wait, remedy="try again in a moment")
        self._full[host] = full
        if len(self._full) > KNOWN:
            self._forget(now)
        if wait > 0:
            await asyncio.sleep(wait)

    def _forget(self, now: float) -> None:
        """Those that may be asked freely, and if that is not enough those that may soonest."""
        kept = sorted(((full, host) for host, full in self._full.items() if full > now), reverse=True)
        self._full = {host: full for full, host in kept[: KNOWN // 2]}
