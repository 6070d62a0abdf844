"""At most so many models are in memory: the one that was used longest ago makes room for the next."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager


class Loaded:
    """Who uses which model; a model in use is never taken out of memory."""

    def __init__(self, most: int, unload: Callable[[str], Awaitable[None]]) -> None:
        """``most``: 0 for as many as there are."""
        self._most = most
        self._unload = unload
        self._users: OrderedDict[str, int] = OrderedDict()
        self._entering = asyncio.Lock()
        self._freed = asyncio.Event()

    @asynccontextmanager
    async def using(self, model: str) -> AsyncIterator[None]:
        """Use a model; waits, in turn, until there is room for it."""
        if not self._most:
            yield
            return
        async with self._entering:
            await self._make_room(model)
            self._users[model] = self._users.get(model, 0) + 1
            self._users.move_to_end(model)
        try:
            yield
        finally:
            self._users[model] -= 1
            self._freed.set()

    async def _make_room(self, model: str) -> None:
        while model not in self._users and len(self._users) >= self._most:
            idle = next((name for name, users in self._users.items() if not users), None)
            if idle is not None:
                del self._users[idle]
                await self._unload(idle)
            else:
                self._freed.clear()
                await self._freed.wait()
