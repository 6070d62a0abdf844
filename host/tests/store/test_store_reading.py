"""Reading beside the writer: one state, nothing half done, and no way to write."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import peewee
import pytest
from butler.errors import PluginError, StoreError
from butler.store.table import Table

pytestmark = pytest.mark.spec("HOST-20")
Opened = Any
Held = Any


class Pair(Table):
    """Two rows are written together, always."""

    half = peewee.IntegerField()

    class Meta:
        table_name = "tests_pair"


def count() -> int:
    return Pair.select().count()  # type: ignore[no-any-return]


def sql(text: str) -> Callable[[], Any]:
    return lambda: Pair._meta.database.execute_sql(text)


_STRAY = {
    "a model": lambda: Pair.create(half=1),
    "sql": sql("insert into tests_pair (half) values (1)"),
    "a table": sql("create table tests_more (a integer)"),
    "a commit first": lambda: (sql("commit")(), Pair.create(half=1)),
    "the guard turned off": lambda: (sql("pragma query_only = 0")(), Pair.create(half=1)),
    "the transaction made writable": lambda: (sql("set transaction read write")(), Pair.create(half=1)),
}


@pytest.mark.parametrize("how", _STRAY)
def test_a_read_cannot_write(opened: Opened, database_url: str, how: str) -> None:
    async def main() -> None:
        lines: list[str] = []
        async with opened(database_url, [Pair], on_trouble=lines.append) as database:
            with pytest.raises((StoreError, peewee.PeeweeException)):
                await database.read(_STRAY[how])
            assert await database.read(count) == 0
            assert lines == [], "a read that goes wrong is no trouble of the store"

    asyncio.run(main())


def test_a_read_that_tries_to_write_is_told_to_use_write(opened: Opened, database_url: str) -> None:
    async def main() -> None:
        async with opened(database_url, [Pair]) as database:
            with pytest.raises(StoreError, match="tried to write while reading; use `write` instead of `read`"):
                await database.read(_STRAY["a model"])

    asyncio.run(main())


def test_a_read_sees_one_state_however_long_it_takes(opened: Opened, database_url: str) -> None:
    async def main() -> None:
        begun, go_on = threading.Event(), threading.Event()

        def slowly() -> tuple[int, int]:
            first = count()
            begun.set()
            go_on.wait(10)
            return first, count()

        async with opened(database_url, [Pair]) as database:
            reading = asyncio.ensure_future(database.read(slowly))
            await asyncio.to_thread(begun.wait, 10)
            await database.write(lambda: [Pair.create(half=half) for half in (1, 2)])
            assert await database.read(count) == 2, "a later read sees it meanwhile"
            go_on.set()
            assert await reading == (0, 0)

    asyncio.run(main())


def test_no_read_sees_a_group_half_done(opened: Opened, database_url: str) -> None:
    async def main() -> None:
        async with opened(database_url, [Pair]) as database:
            writes = [
                asyncio.ensure_future(database.write(lambda: [Pair.create(half=half) for half in (1, 2)]))
                for _ in range(100)
            ]
            reads = [await database.read(count) for _ in range(100)]
            await asyncio.gather(*writes)
            assert all(seen % 2 == 0 for seen in reads)
            assert reads == sorted(reads)

    asyncio.run(main())


def test_what_a_read_raises_reaches_its_caller_only(opened: Opened, database_url: str) -> None:
    def fails() -> None:
        raise LookupError("of its own")

    def leaves() -> None:
        raise SystemExit

    async def main() -> None:
        async with opened(database_url, [Pair]) as database:
            with pytest.raises(LookupError, match="of its own"):
                await database.read(fails)
            with pytest.raises(PluginError, match="raised SystemExit"):
                await database.read(leaves)
            with pytest.raises(Exception, match="nowhere"):
                await database.query("select * from nowhere")
            assert await database.query("select ? || ?", ("a", "?%s")) == [("a?%s",)]

    asyncio.run(main())


def test_reads_go_on_while_the_writer_is_busy(opened: Opened, held: Held, database_url: str) -> None:
    async def main() -> None:
        async with opened(database_url, [Pair]) as database:
            gate = await held(database)
            assert [await database.read(count) for _ in range(10)] == [0] * 10
            assert database.in_flight == 1
            gate.open()
            await gate.holding

    asyncio.run(main())


def test_a_query_left_open_by_a_plugin_disturbs_no_later_write(opened: Opened, database_url: str) -> None:
    left: list[Any] = []

    def leaves_open() -> None:
        for half in range(100):
            Pair.create(half=half)
        cursor = Pair._meta.database.execute_sql("select half from tests_pair")
        left.append((cursor, cursor.fetchone()))

    async def main() -> None:
        async with opened(database_url, [Pair]) as database, opened(database_url) as other:
            await database.write(leaves_open)
            await other.write(lambda: Pair.create(half=1))
            await database.write(lambda: Pair.create(half=2))
            assert await other.read(count) == 102

    asyncio.run(main())
