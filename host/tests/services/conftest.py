"""What the tests of the services share: virtual time, with a store of each engine."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from attrs import define
from butler.store.database import Database
from butler.testing.clock import VirtualClock, VirtualLoop

START = dt.datetime(2026, 1, 5, 12, 0, tzinfo=dt.UTC)


class Time(VirtualClock):
    """Virtual time that remembers when the test began."""

    def __init__(self, loop: VirtualLoop, start: dt.datetime) -> None:
        super().__init__(loop, start)
        self.start = start


@define
class Virtual:
    """Runs ``async def test(database, clock)`` on virtual time, with a store."""

    url: str

    def __call__(self, test: Callable[[Database, Time], Coroutine[Any, Any, Any]], start: dt.datetime = START) -> Any:
        loop = VirtualLoop()

        async def main() -> Any:
            database = Database(self.url)
            loop.watch("store", lambda: database.in_flight)
            await database.start()
            try:
                return await test(database, Time(loop, start))
            finally:
                for task in asyncio.all_tasks() - {asyncio.current_task()}:  # of a test that failed
                    task.cancel()
                await database.stop()

        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            return runner.run(main())


@pytest.fixture
def engine(database_url: str) -> Virtual:
    """Call it with ``async def test(database, clock)``: once for each engine."""
    return Virtual(database_url)


@pytest.fixture
def virtual(sqlite_url: str) -> Virtual:
    """Like ``engine``, on SQLite alone."""
    return Virtual(sqlite_url)
