"""Which database the models of this thread speak to: known per thread, so that several hosts live in one process."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import peewee

from butler.errors import StoreError

_OF_THREAD: ContextVar[peewee.Database | None] = ContextVar("butler_store_of_thread", default=None)


def serve(database: peewee.Database) -> None:
    """Make a database the one of the calling thread, which belongs to the store and to nobody else."""
    _OF_THREAD.set(database)


class Current(peewee.Proxy):
    """Stands for the database of the thread that asks; elsewhere every use is refused, with the remedy."""

    __slots__ = ()

    def __init__(self) -> None:
        """Nothing is held: the thread knows."""

    @property
    def obj(self) -> peewee.Database | None:
        """The database of this thread, or None."""
        return _OF_THREAD.get()

    def attach_callback(self, callback: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Fields that differ by engine look when they are used: a list of callbacks would only grow."""
        return callback

    def __getattr__(self, name: str) -> Any:
        database = _OF_THREAD.get()
        if database is None:
            raise StoreError(
                "a table was used outside of the store's threads",
                remedy="put the query into a function and give it to `await self.host.db.read(fn)` or `.write(fn)`, "
                "and let the function return values, not an unfinished query",
            )
        return getattr(database, name)
