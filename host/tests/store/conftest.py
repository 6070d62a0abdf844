"""Every test of the store runs on both engines: a fresh SQLite file, a fresh database in one PostgreSQL server."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import threading
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from butler.store.database import Database
from butler.store.table import Table, create_tables

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL server of this test run, without a database: append one's name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pgserver looks for a runtime directory that containers lack
        import pgserver
    folder = tmp_path_factory.mktemp("pg")
    server = pgserver.get_server(folder, cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("alter system set synchronous_commit = off")
        connection.execute("alter system set fsync = off")
        connection.execute("select pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def postgresql_url(postgresql: str) -> Iterator[str]:
    """A fresh, empty database in the server."""
    name = f"butler_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    yield postgresql.replace("/postgres?", f"/{name}?")
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A place for a fresh SQLite file."""
    return f"sqlite://{tmp_path}/butler.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database, on each engine in turn."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


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
