"""The store as one plugin sees it: ``self.host.db``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from butler.engine.unit import current
from butler.errors import ButlerError
from butler.store.database import Database

T = TypeVar("T")


class BoundDatabase:
    """The store for one plugin. No query runs on the event loop."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner

    async def write(self, fn: Callable[[], T]) -> T:
        """Run ``fn`` (peewee queries on the plugin's tables) in a transaction; resolves after the commit."""
        return await self._database.write(fn, owner=self._owner)

    async def read(self, fn: Callable[[], T]) -> T:
        """Run ``fn`` on a reader thread; it sees everything committed before."""
        return await self._database.read(fn)

    def defer(self, fn: Callable[[], Any]) -> None:
        """Have ``fn`` written with the next mark of the message, command or job that is being handled.

        So a crash in between counts nothing twice. Raises ``ButlerError`` where nothing is being handled.
        """
        unit = current()
        if unit is None:
            raise ButlerError("nothing is being handled here", remedy="use `await self.host.db.write(fn)`")
        unit.writes.append((self._owner, fn))
