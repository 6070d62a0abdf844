"""A switch of plugins falls between two messages: what is under way when it is thrown ends first (OPS-5)."""

from __future__ import annotations

import asyncio


class Epochs:
    """Counts what is under way, by the switches that were thrown before it began."""

    def __init__(self) -> None:
        self._now = 0
        self._under_way: dict[int, int] = {}
        self._settled = asyncio.Event()

    def begin(self) -> int:
        """Something is under way, until :meth:`end` is called with what this returns."""
        epoch = self._now
        self._under_way[epoch] = self._under_way.get(epoch, 0) + 1
        return epoch

    def end(self, epoch: int) -> None:
        """It has ended."""
        self._under_way[epoch] -= 1
        if not self._under_way[epoch] and epoch != self._now:
            del self._under_way[epoch]
            self._settled.set()

    async def settled(self) -> None:
        """Return once everything that is under way now has ended; what begins meanwhile is of the next epoch."""
        mine, self._now = self._now, self._now + 1
        if not self._under_way.get(mine):
            self._under_way.pop(mine, None)
        while any(epoch <= mine for epoch in self._under_way):
            self._settled.clear()
            await self._settled.wait()
