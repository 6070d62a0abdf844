"""What is written: in groups, in order, durable when the call returns, and nobody's failure but one's own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import peewee
import pytest
from butler.errors import PluginError, StoreError
from butler.store.backup import backup
from butler.store.database import Database, Tx
from butler.store.restore import restore
from butler.store.table import Table

pytestmark = pytest.mark.spec("HOST-20")


Opened = Any
Held = Any


class Entry(Table):
    """One word."""

    word = peewee.TextField(unique=True)

    class Meta:
        table_name = "tests_entry"


def words() -> list[str]:
    return [entry.word for entry in Entry.select().order_by(Entry.id)]


def insert(tx: Tx, rows: list[str]) -> Sequence[int]:
    tx.many("insert into tests_entry (word) values (?)", [(row,) for row in rows])
    return [len(row) for row in rows]


def test_twenty_thousand_rows_come_back_in_order(opened: Opened, database_url: str) -> None:
    async def main() -> None:
        groups: list[int] = []

        def keep(tx: Tx, rows: list[int]) -> Sequence[int]:
            groups.append(len(rows))
            tx.many("insert into tests_entry (word) values (?)", [(str(row),) for row in rows])
            return [row * 2 for row in rows]

        async with opened(database_url, [Entry]) as database:
            results = await asyncio.gather(*[database.submit(keep, number) for number in range(20_000)])
            assert results == [number * 2 for number in range(20_000)]
            assert database.in_flight == 0
            assert await database.query("select count(*) from tests_entry") == [(20_000,)]
            assert await database.read(lambda: words()[:3]) == ["0", "1", "2"]
            assert sum(groups) == 20_000
            assert len(groups) < 2_000, "rows share commits"

    asyncio.run(main())


def test_rows_that_wait_together_reach_their_batch_in_one_call(opened: Opened, held: Held, database_url: str) -> None:
    async def main() -> None:
        calls: list[list[str]] = []

        def note(tx: Tx, rows: list[str]) -> Sequence[int]:
            calls.append(list(rows))
            return insert(tx, rows)

        async with opened(database_url, [Entry]) as database:
            gate = await held(database)
            waiting = []
            for number in range(50):
                waiting.append(database.submit(note, f"a{number}"))
                waiting.append(database.submit(insert, f"b{number}"))
                await asyncio.sleep(0)
            assert database.in_flight == 101
            gate.open()
            await asyncio.gather(*waiting)
            assert calls == [[f"a{number}" for number in range(50)]]

    asyncio.run(main())


def test_what_was_acknowledged_is_seen_by_every_later_read(opened: Opened, database_url: str) -> None:
    async def main() -> None:
        async with opened(database_url, [Entry]) as database:
            for number in range(30):
                await database.submit(insert, str(number))
                seen = await asyncio.gather(*[database.read(words) for _ in range(2)])
                assert [len(found) for found in seen] == [number + 1] * 2

    asyncio.run(main())


def test_a_function_that_raises_loses_its_own_writes_only(opened: Opened, held: Held, database_url: str) -> None:
    async def main() -> None:
        def fails() -> None:
            Entry.create(word="lost")
            raise ValueError("wrong on purpose")

        async with opened(database_url, [Entry]) as database:
            gate = await held(database)
            good = asyncio.ensure_future(database.write(lambda: Entry.create(word="first").word))
            bad = asyncio.ensure_future(database.write(fails, owner="karma"))
            duplicate = asyncio.ensure_future(database.write(lambda: Entry.create(word="first")))
            row = database.submit(insert, "third")
            gate.open()
            assert await good == "first"
            with pytest.raises(ValueError, match="wrong on purpose"):
                await bad
            with pytest.raises(peewee.IntegrityError):
                await duplicate
            assert await row == 5
            assert sorted(await database.read(words)) == ["first", "third"]

    asyncio.run(main())


def test_a_row_that_its_batch_cannot_write_fails_alone(opened: Opened, held: Held, database_url: str) -> None:
    async def main() -> None:
        async with opened(database_url, [Entry]) as database:
            gate = await held(database)
            waiting = [database.submit(insert, word) for word in ["a", "b", "a", "c", "d", "e", "e"]]
            gate.open()
            results = await asyncio.gather(*waiting, return_exceptions=True)
            assert [isinstance(result, Exception) for result in results] == [False, False, True] + [False] * 3 + [True]
            assert await database.read(words) == ["a", "b", "c", "d", "e"]

    asyncio.run(main())


def test_a_batch_that_forgets_a_result_is_told_so(opened: Opened, database_url: str) -> None:
    async def main() -> None:
        async with opened(database_url, [Entry]) as database:
            with pytest.raises(ValueError, match="0 results for 1 rows"):
                await database.submit(lambda tx, rows: [], "x")

    asyncio.run(main())


def test_a_unit_of_a_batch_that_fails_is_returned_and_the_batch_goes_on(opened: Opened, database_url: str) -> None:
    async def main() -> None:
        def fails() -> None:
            Entry.create(word="lost")
            raise LookupError("of its own")

        def batch(tx: Tx, rows: list[str]) -> Sequence[Any]:
            insert(tx, rows)
            return [(tx.unit(fails, "karma"), tx.unit(lambda: Entry.create(word="kept"), "polls")) for _ in rows]

        async with opened(database_url, [Entry]) as database:
            failed, fine = await database.submit(batch, "row")
            assert isinstance(failed, LookupError)
            assert fine is None
            assert await database.read(words) == ["row", "kept"]

    asyncio.run(main())


def test_a_function_may_take_back_a_part_of_its_own_by_atomic(opened: Opened, database_url: str) -> None:
    def work() -> None:
        database = Entry._meta.database
        Entry.create(word="kept")
        with contextlib.suppress(ZeroDivisionError), database.atomic():
            Entry.create(word="lost")
            raise ZeroDivisionError
        Entry.create(word="after")

    async def main() -> None:
        async with opened(database_url, [Entry]) as database:
            await database.write(work)
            assert await database.read(words) == ["kept", "after"]

    asyncio.run(main())


def _calls(name: str, of: Callable[[Any], Any] = lambda database: database) -> Callable[[], Any]:
    def call() -> Any:
        return getattr(of(Entry._meta.database), name)()

    return call


def _sql(text: str) -> Callable[[], Any]:
    return lambda: Entry._meta.database.execute_sql(text)


def _raw_sql(text: str) -> Callable[[], Any]:
    return lambda: Entry._meta.database.connection().cursor().execute(text)


_ENDINGS = {
    **{name: _calls(name) for name in ("commit", "rollback", "begin", "close", "session_commit", "manual_commit")},
    "after_commit": lambda: Entry._meta.database.after_commit(print),
    "the driver's commit": _calls("commit", lambda database: database.connection()),
    "the driver's rollback": _calls("rollback", lambda database: database.connection()),
    "sql commit": _sql("commit"),
    "sql rollback": _sql("  Rollback "),
    "sql end": _sql("END"),
    "sql with a comment": _sql("/* now */ commit -- at once"),
    "sql on the driver's cursor": _raw_sql("commit"),
}


@pytest.mark.parametrize("how", _ENDINGS)
def test_no_function_can_end_the_transaction_that_it_shares(
    opened: Opened, held: Held, database_url: str, how: str
) -> None:
    def ends() -> None:
        Entry.create(word="lost")
        _ENDINGS[how]()

    async def main() -> None:
        async with opened(database_url, [Entry]) as database:
            gate = await held(database)
            before = database.submit(insert, "before")
            bad = asyncio.ensure_future(database.write(ends, owner="karma"))
            after = asyncio.ensure_future(database.write(lambda: Entry.create(word="after").word, owner="polls"))
            gate.open()
            with pytest.raises(StoreError, match=r"karma ran .* inside a function that the store runs"):
                await bad
            await asyncio.gather(before, after)
            assert await database.read(words) == ["before", "after"]

    asyncio.run(main())


def test_after_a_unit_that_destroyed_the_group_the_others_are_written_all_the_same(
    opened: Opened, held: Held, sqlite_url: str
) -> None:
    """`insert or rollback` ends SQLite's transaction where nobody is asked."""

    def destroys() -> None:
        Entry.create(word="lost")
        Entry._meta.database.execute_sql("insert or rollback into tests_entry (word) values ('lost')")

    def destroys_and_hides_it() -> None:
        with contextlib.suppress(peewee.IntegrityError):
            destroys()

    def destroys_and_writes_on() -> None:
        destroys_and_hides_it()
        Entry.create(word="outside of any transaction")

    async def main() -> None:
        def batch(tx: Tx, rows: list[Any]) -> Sequence[Any]:
            insert(tx, [word for word, _ in rows])
            return [tx.unit(unit, "karma") for _, unit in rows]

        async with opened(sqlite_url, [Entry]) as database:
            gate = await held(database)
            writes = [
                asyncio.ensure_future(database.write(unit))
                for unit in (lambda: Entry.create(word="a"), destroys, destroys_and_hides_it, destroys_and_writes_on)
            ]
            rows = [
                database.submit(batch, (word, unit))
                for word, unit in [("b", destroys), ("c", lambda: Entry.create(word="d")), ("e", destroys_and_hides_it)]
            ]
            gate.open()
            results = await asyncio.gather(*writes, return_exceptions=True)
            assert not isinstance(results[0], Exception)
            assert all(isinstance(result, Exception) for result in results[1:])
            failed, fine, hidden = await asyncio.gather(*rows)
            assert isinstance(failed, Exception)
            assert fine is None
            assert isinstance(hidden, Exception)
            assert sorted(await database.read(words)) == ["a", "b", "c", "d", "e"]

    asyncio.run(main())


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, GeneratorExit, StopIteration, asyncio.CancelledError])
def test_what_would_end_a_thread_or_the_loop_reaches_the_caller_as_an_ordinary_error(
    opened: Opened, database_url: str, kind: type[BaseException]
) -> None:
    def leaves() -> None:
        Entry.create(word="lost")
        raise kind

    async def main() -> None:
        async with opened(database_url, [Entry]) as database:
            with pytest.raises(PluginError, match=f"karma raised {kind.__name__}"):
                await database.write(leaves, owner="karma")
            await database.write(lambda: Entry.create(word="after"))
            assert await database.read(words) == ["after"]

    asyncio.run(main())


def test_a_caller_who_was_cancelled_disturbs_nobody(opened: Opened, held: Held, database_url: str) -> None:
    async def main() -> None:
        async with opened(database_url, [Entry]) as database:
            gate = await held(database)
            gone = asyncio.ensure_future(database.write(lambda: Entry.create(word="gone")))
            stays = asyncio.ensure_future(database.write(lambda: Entry.create(word="stays").word))
            await asyncio.sleep(0)
            gone.cancel()
            gate.open()
            assert await stays == "stays"
            assert database.in_flight == 0

    asyncio.run(main())


def test_more_than_may_wait_is_refused_at_once(opened: Opened, held: Held, database_url: str) -> None:
    async def main() -> None:
        async with opened(database_url, [Entry], max_backlog=10) as database:
            gate = await held(database)
            waiting = [database.submit(insert, str(number)) for number in range(9)]
            with pytest.raises(StoreError, match="10 calls wait for the store already, 10 may"):
                database.submit(insert, "one too many")
            with pytest.raises(StoreError, match="calls wait"):
                await database.write(lambda: None)
            with pytest.raises(StoreError, match="calls wait"):
                await database.read(words)
            gate.open()
            await asyncio.gather(*waiting)
            await database.submit(insert, "again")
            assert len(await database.read(words)) == 10

    asyncio.run(main())


def test_before_start_and_after_stop_it_says_so(opened: Opened, database_url: str) -> None:
    async def main() -> None:
        database = Database(database_url)
        with pytest.raises(StoreError, match="does not run"):
            await database.write(lambda: None)
        async with opened(database_url, [Entry]) as running:
            with pytest.raises(StoreError, match="started already"):
                await running.start()
        with pytest.raises(StoreError, match="does not run"):
            running.submit(insert, "late")
        await running.stop()
        await running.start()
        assert await running.query("select 1") == [(1,)]
        await running.stop()

    asyncio.run(main())


def test_stop_finishes_what_was_submitted_and_ends_its_threads(opened: Opened, database_url: str) -> None:
    async def main() -> None:
        before = set(threading.enumerate())
        async with opened(database_url, [Entry]) as database:
            waiting = [database.submit(insert, str(number)) for number in range(500)]
        assert [await row for row in waiting] == [len(str(number)) for number in range(500)]
        left = {thread.name for thread in set(threading.enumerate()) - before}
        assert not {name for name in left if name.startswith("butler-store")}
        async with opened(database_url, [Entry]) as again:
            assert await again.query("select count(*) from tests_entry") == [(500,)]

    asyncio.run(main())


def test_an_async_function_is_refused_with_the_remedy(opened: Opened, database_url: str) -> None:
    async def wrong() -> None:
        """Cannot be run by the store."""

    async def main() -> None:
        async with opened(database_url, [Entry]) as database:
            with pytest.raises(StoreError, match="karma gave to the store is async; give it a plain one"):
                await database.write(wrong, owner="karma")
            with pytest.raises(StoreError, match="is async"):
                await database.read(wrong)

    asyncio.run(main())


def test_the_file_can_be_read_by_its_owner_alone(opened: Opened, sqlite_url: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(sqlite_url, [Entry]) as database:
            await database.submit(insert, "private")
            await backup(database, tmp_path / "backup.zip")

    asyncio.run(main())
    asyncio.run(restore(tmp_path / "backup.zip", f"sqlite://{tmp_path}/restored.db"))
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == dict.fromkeys(["butler.db", "backup.zip", "restored.db"], 0o600)
