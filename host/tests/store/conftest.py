"""A running store for a test, and a way to hold its writer; each test runs on both engines."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import pytest
from butler.store.database import Database
from butler.store.table import Table, create_tables


@contextlib.asynccontextmanager
async def _opened(url: str, tables: Sequence[type[Table]] = (), **options: Any) -> AsyncIterator[Database]:
    database = Database(url, **options)
    await database.start()
    try:
        await database.write(lambda: create_tables(tables))
        yield database
    finally:
        await database.stop()


@pytest.fixture
def opened() -> Callable[..., contextlib.AbstractAsyncContextManager[Database]]:
    """``async with opened(url, tables, **options) as database``: it runs, with the tables."""
    return _opened


class Gate:
    """Holds the writer of a database until it is opened."""

    def __init__(self) -> None:
        self._release = threading.Event()
        self.holding: asyncio.Future[None]

    async def hold(self, database: Database) -> Gate:
        """Returns once it holds."""
        loop, entered = asyncio.get_running_loop(), asyncio.Event()

        def wait() -> None:
            loop.call_soon_threadsafe(entered.set)
            self._release.wait(10)

        self.holding = asyncio.ensure_future(database.write(wait))
        await entered.wait()
        return self

    def open(self) -> None:
        """Let the writer go on."""
        self._release.set()


@pytest.fixture
def held() -> Callable[[Database], Awaitable[Gate]]:
    """``gate = await held(database)``: the writer waits until ``gate.open()``, so what follows shares a group."""
    return lambda database: Gate().hold(database)
