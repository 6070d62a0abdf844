"""The store is locked, full, read-only or away: callers wait, the loop runs on, nothing is lost, one line says so."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import peewee
import psycopg
import pytest
from butler.errors import StoreError
from butler.store import writer
from butler.store.database import Database, Tx
from butler.store.postgresql import PostgresLink
from butler.store.sqlite import SqliteLink
from butler.store.table import Table

pytestmark = pytest.mark.spec("HOST-20", "OPS-9")
Opened = Any
Held = Any


class Note(Table):
    """One text."""

    text = peewee.TextField()

    class Meta:
        table_name = "tests_note"


def notes() -> list[str]:
    return [note.text for note in Note.select().order_by(Note.id)]


def insert(tx: Tx, rows: list[str]) -> Sequence[str]:
    tx.many("insert into tests_note (text) values (?)", [(row,) for row in rows])
    return rows


class Told:
    """The lines of ``on_trouble``, and a way to wait for their number."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._came = asyncio.Event()

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        self._came.set()

    async def until(self, number: int) -> None:
        while len(self.lines) < number:
            self._came.clear()
            await self._came.wait()


@contextlib.asynccontextmanager
async def heartbeat() -> AsyncIterator[Callable[[int], Any]]:
    """A coroutine that counts how often it runs; gives one that waits for so many more beats."""
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0)

    async def more(number: int) -> None:
        until = beats + number
        while beats < until:  # noqa: ASYNC110 - the loop itself is what is watched
            await asyncio.sleep(0)

    task = asyncio.ensure_future(beat())
    try:
        yield more
    finally:
        task.cancel()


@pytest.fixture
def attempts(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Any]:
    """Counts the writer's attempts to open a connection; gives a coroutine function that waits for so many more."""
    opened = 0
    for link in (SqliteLink, PostgresLink):
        genuine = link.open

        def counted(self: Any, genuine: Any = genuine) -> None:
            nonlocal opened
            opened += threading.current_thread().name.endswith("writer")
            genuine(self)

        monkeypatch.setattr(link, "open", counted)

    async def more(number: int) -> None:
        until = opened + number
        while opened < until:  # noqa: ASYNC110 - counted on another thread
            await asyncio.sleep(0.01)

    return more


_HOLD = {
    "sqlite": """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("begin exclusive")
print("held", flush=True)
sys.stdin.readline()
connection.execute("commit")
connection.close()
""",
    "postgresql": """
import psycopg, sys
with psycopg.connect(sys.argv[1]) as connection:
    connection.execute("lock table tests_note in access exclusive mode")
    print("held", flush=True)
    sys.stdin.readline()
""",
}


@contextlib.contextmanager
def another_process_holds_the_lock(url: str) -> Iterator[Callable[[], None]]:
    """Until the function that it gives is called."""
    engine = url.partition(":")[0]
    target = url.removeprefix("sqlite://")
    command = [sys.executable, "-c", _HOLD[engine], target]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"

        def release() -> None:
            process.communicate("\n", timeout=20)
            assert process.returncode == 0

        try:
            yield release
        finally:
            process.kill()


def test_while_another_process_holds_the_lock_callers_wait_and_the_loop_runs(
    opened: Opened, database_url: str, attempts: Any
) -> None:
    async def main() -> None:
        told = Told()
        async with opened(database_url, [Note], on_trouble=told) as database, heartbeat() as beats:
            with another_process_holds_the_lock(database_url) as release:
                first = database.submit(insert, "first")
                await told.until(1)
                second = asyncio.ensure_future(database.write(lambda: Note.create(text="second").text))
                await attempts(3)
                await beats(1_000)
                assert not first.done()
                assert not second.done()
                assert "lock" in told.lines[0]
                assert "nothing acknowledged is lost" in told.lines[0]
                await asyncio.get_running_loop().run_in_executor(None, release)
                assert await first == "first"
                assert await second == "second"
            await told.until(2)
            assert told.lines[1:] == ["the store works again"]
            assert await database.read(notes) == ["first", "second"]

    asyncio.run(main())


def test_two_processes_that_both_write_a_lot_lose_nothing(opened: Opened, database_url: str) -> None:
    other = """
import asyncio, sys
from butler.store.database import Database
def insert(tx, rows):
    tx.many("insert into tests_note (text) values (?)", [(row,) for row in rows])
    return rows
async def main():
    database = Database(sys.argv[1])
    await database.start()
    for number in range(100):
        await asyncio.gather(*[database.submit(insert, f"other {number} {k}") for k in range(5)])
    await database.stop()
asyncio.run(main())
"""

    async def main() -> None:
        async with opened(database_url, [Note]) as database:
            process = await asyncio.create_subprocess_exec(sys.executable, "-c", other, database_url)
            for number in range(100):
                await asyncio.gather(*[database.submit(insert, f"own {number} {k}") for k in range(5)])
            assert await process.wait() == 0
            found = await database.read(notes)
            assert len(found) == len(set(found)) == 1_000

    asyncio.run(main())


def _limit_pages(monkeypatch: pytest.MonkeyPatch, spare: int) -> Callable[[], None]:
    """Every connection from now on may grow by so many pages only: SQLite then reports that the disk is full."""
    genuine = SqliteLink.open
    full = True

    def opens(self: Any) -> None:
        genuine(self)
        if full:
            (pages,) = self._raw.execute("pragma page_count").fetchone()
            self._raw.execute(f"pragma max_page_count = {max(pages, first[0] if first else pages) + spare}")
            first.append(pages)

    first: list[int] = []
    monkeypatch.setattr(SqliteLink, "open", opens)

    def room() -> None:
        nonlocal full
        full = False

    return room


@pytest.mark.parametrize("how", ["write", "submit", "unit"])
def test_on_a_full_disk_callers_wait_until_there_is_room(
    opened: Opened, sqlite_url: str, attempts: Any, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    text = "x" * 100_000

    def batch_with_unit(tx: Tx, rows: list[str]) -> Sequence[Exception | None]:
        return [tx.unit(lambda row=row: Note.create(text=row), "karma") for row in rows]

    async def main() -> None:
        told = Told()
        async with opened(sqlite_url, [Note]):
            pass
        room = _limit_pages(monkeypatch, 2)
        async with opened(sqlite_url, on_trouble=told) as database, heartbeat() as beats:
            await database.submit(insert, "small")
            waiting = asyncio.ensure_future(
                database.write(lambda: Note.create(text=text))
                if how == "write"
                else database.submit(insert if how == "submit" else batch_with_unit, text)
            )
            await told.until(1)
            await attempts(3)
            await beats(1_000)
            assert not waiting.done()
            assert "disk is full" in told.lines[0]
            assert await database.read(lambda: len(notes())) == 1
            room()
            result = await waiting
            assert result is None or how != "unit"
            await told.until(2)
            assert len(told.lines) == 2
            assert await database.read(lambda: [len(note) for note in notes()]) == [5, 100_000]

    asyncio.run(main())


def test_on_a_small_disk_that_fills_up_callers_wait_until_there_is_room(
    opened: Opened, tmp_path: Path, attempts: Any
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(disk)], check=False, capture_output=True, text=True
    )
    if made.returncode:
        reason = f"no small disk can be mounted here: {made.stderr.strip()}"
        if os.environ.get("BUTLER_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)

    async def main() -> None:
        told = Told()
        async with opened(f"sqlite://{disk}/butler.db", [Note], on_trouble=told) as database, heartbeat() as beats:
            await database.submit(insert, "before")
            with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
                while True:
                    filler.write(b"x" * 4096)
            waiting = [database.submit(insert, f"{number}" + "x" * 10_000) for number in range(50)]
            await told.until(1)
            await attempts(3)
            await beats(1_000)
            assert not any(row.done() for row in waiting)
            (disk / "filler").unlink()
            await asyncio.gather(*waiting)
            assert await database.read(lambda: len(notes())) == 51
            assert len(told.lines) == 2

    try:
        asyncio.run(main())
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_function_that_alone_fills_the_disk_fails_when_the_others_pass_without_it(
    opened: Opened, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        told = Told()
        async with opened(sqlite_url, [Note]):
            pass
        _limit_pages(monkeypatch, 5)
        monkeypatch.setattr(writer, "_SUSPICION", 2)
        async with opened(sqlite_url, on_trouble=told) as database:
            greedy = asyncio.ensure_future(database.write(lambda: Note.create(text="x" * 1_000_000), owner="karma"))
            await told.until(1)
            assert await asyncio.gather(*[database.submit(insert, str(number)) for number in range(3)]) == [
                "0",
                "1",
                "2",
            ]
            with pytest.raises(StoreError, match=r"could not be stored: the disk is full"):
                await greedy
            assert await database.read(notes) == ["0", "1", "2"]

    asyncio.run(main())


def test_while_the_file_cannot_be_written_callers_wait_and_no_empty_one_takes_its_place(
    opened: Opened, sqlite_url: str, tmp_path: Path, attempts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, away = tmp_path / "butler.db", tmp_path / "away.db"
    writable = threading.Event()
    genuine = SqliteLink.open

    def opens(self: Any) -> None:
        genuine(self)
        if not writable.is_set():
            self._raw.execute("pragma query_only = 1")

    async def main() -> None:
        told = Told()
        async with opened(sqlite_url, [Note]) as database:
            await database.submit(insert, "before")
        writable.set()
        monkeypatch.setattr(SqliteLink, "open", opens)
        async with opened(sqlite_url, on_trouble=told) as database, heartbeat() as beats:
            writable.clear()
            waiting = database.submit(insert, "after")
            await told.until(1)
            await attempts(2)
            await beats(1_000)
            assert not waiting.done()
            assert "butler.db is read-only" in told.lines[0]
            path.rename(away)
            await attempts(3)
            assert not path.exists()
            away.rename(path)
            writable.set()
            assert await waiting == "after"
            assert await database.read(notes) == ["before", "after"]
            await told.until(2)
            assert len(told.lines) == 2

    asyncio.run(main())


def _admin(url: str, *statements: str) -> None:
    name = url.partition("/butler_")[2].partition("?")[0]
    with psycopg.connect(url.replace(f"/butler_{name}?", "/postgres?"), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.format(name=f"butler_{name}").encode())


_CUT = "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"


def test_while_postgresql_is_away_callers_wait(opened: Opened, postgresql_url: str, attempts: Any) -> None:
    async def main() -> None:
        told = Told()
        async with opened(postgresql_url, [Note], on_trouble=told) as database, heartbeat() as beats:
            _admin(postgresql_url, "alter database {name} allow_connections false", _CUT)
            waiting = database.submit(insert, "after")
            reading = asyncio.ensure_future(database.read(notes))
            await told.until(1)
            await attempts(3)
            await beats(1_000)
            assert not waiting.done()
            assert not reading.done()
            assert "PostgreSQL is away" in told.lines[0]
            _admin(postgresql_url, "alter database {name} allow_connections true")
            assert await waiting == "after"
            assert await reading in ([], ["after"])
            await told.until(2)
            assert len(told.lines) == 2

    asyncio.run(main())


def test_while_postgresql_is_read_only_callers_wait(opened: Opened, postgresql_url: str, attempts: Any) -> None:
    async def main() -> None:
        told = Told()
        async with opened(postgresql_url, [Note], on_trouble=told) as database:
            _admin(postgresql_url, "alter database {name} set default_transaction_read_only = on", _CUT)
            waiting = asyncio.ensure_future(database.write(lambda: Note.create(text="after").text))
            await told.until(1)
            await attempts(2)
            assert "read-only" in told.lines[0]
            _admin(postgresql_url, "alter database {name} reset default_transaction_read_only")
            assert await waiting == "after"
            assert await database.read(notes) == ["after"]

    asyncio.run(main())


def test_a_connection_that_was_cut_is_made_anew_without_a_word(opened: Opened, postgresql_url: str) -> None:
    async def main() -> None:
        told = Told()
        async with opened(postgresql_url, [Note], on_trouble=told) as database:
            await database.query("select 1")
            _admin(postgresql_url, _CUT)
            assert await database.submit(insert, "after") == "after"
            assert await database.read(notes) == ["after"]
            assert told.lines == []

    asyncio.run(main())


@pytest.mark.parametrize("committed", [True, False])
def test_a_commit_whose_answer_was_lost_is_neither_lost_nor_done_twice(
    opened: Opened, postgresql_url: str, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    genuine = PostgresLink.commit
    calls: list[int] = []

    def cut(self: Any) -> None:
        calls.append(1)
        if len(calls) > 1:
            genuine(self)
            return
        if committed:
            genuine(self)
        self._raw.close()
        raise psycopg.OperationalError("the connection was lost while it committed")

    async def main() -> None:
        async with opened(postgresql_url, [Note]) as database:
            monkeypatch.setattr(PostgresLink, "commit", cut)
            assert await database.submit(insert, "once") == "once"
            assert await database.read(notes) == ["once"]
            assert len(calls) == (1 if committed else 2)

    asyncio.run(main())


def test_trouble_in_a_file_of_a_plugin_is_its_own_affair(opened: Opened, database_url: str, tmp_path: Path) -> None:
    def work() -> None:
        Note.create(text="lost")
        first = sqlite3.connect(tmp_path / "own.db", isolation_level=None)
        second = sqlite3.connect(tmp_path / "own.db", isolation_level=None, timeout=0)
        with contextlib.closing(first), contextlib.closing(second):
            first.execute("begin exclusive")
            second.execute("begin exclusive")

    async def main() -> None:
        told = Told()
        async with opened(database_url, [Note], on_trouble=told) as database:
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                await database.write(work, owner="karma")
            assert await database.read(notes) == []
            assert told.lines == []

    asyncio.run(main())


def test_stop_while_the_store_is_away_fails_what_was_not_written(opened: Opened, database_url: str) -> None:
    async def main() -> None:
        told = Told()
        async with opened(database_url, [Note], on_trouble=told, stop_limit=0.05) as database:
            await database.submit(insert, "acknowledged")
            with another_process_holds_the_lock(database_url) as release:
                waiting = [database.submit(insert, str(number)) for number in range(5)]
                late = asyncio.ensure_future(database.write(lambda: Note.create(text="late")))
                await told.until(1)
                await database.stop()
                results = await asyncio.gather(*waiting, late, return_exceptions=True)
                assert all(isinstance(result, StoreError) for result in results)
                assert "stopped while it waited" in str(results[0])
                assert database.in_flight == 0
                release()
        async with opened(database_url) as again:
            assert await again.read(notes) == ["acknowledged"]

    asyncio.run(main())


def test_it_waits_at_the_start_for_a_lock_that_another_process_holds(opened: Opened, sqlite_url: str) -> None:
    async def main() -> None:
        told = Told()
        async with opened(sqlite_url, [Note]):
            pass
        with contextlib.closing(sqlite3.connect(sqlite_url.removeprefix("sqlite://"), isolation_level=None)) as other:
            other.execute("pragma locking_mode = exclusive")
            other.execute("begin exclusive")
            database = Database(sqlite_url, on_trouble=told)
            starting = asyncio.ensure_future(database.start())
            await told.until(1)
            assert not starting.done()
        await starting
        assert await database.read(notes) == []
        await database.stop()

    asyncio.run(main())


def test_waiting_at_the_start_can_be_given_up(tmp_path: Path) -> None:
    async def main() -> None:
        told = Told()
        before = set(threading.enumerate())
        database = Database(f"postgresql://postgres@/nothing?host={tmp_path}", on_trouble=told)
        starting = asyncio.ensure_future(database.start())
        await told.until(1)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        left = {thread.name for thread in set(threading.enumerate()) - before}
        assert not {name for name in left if name.startswith("butler-store")}

    asyncio.run(main())


def test_what_can_never_be_opened_is_said_at_the_start(postgresql_url: str, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("this is no database, it is a text " * 100)
    wrong = {
        f"sqlite://{tmp_path}/missing/butler.db": "cannot be opened",
        f"sqlite://{tmp_path}/other.txt": "file is not a database",
        postgresql_url.replace("/butler_", "/unknown_"): "does not exist",
    }

    async def main() -> None:
        for url, reason in wrong.items():
            with pytest.raises(StoreError, match=reason):
                await Database(url).start()
        for url in ("mysql://localhost/butler", "butler.db", "sqlite://"):
            with pytest.raises(StoreError, match="no database that the store knows"):
                Database(url)

    asyncio.run(main())


def test_what_runs_by_itself_waits_for_its_turn_in_trouble_too(
    opened: Opened, database_url: str, attempts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        told = Told()
        monkeypatch.setattr(writer, "_SUSPICION", 1)
        async with opened(database_url, [Note], on_trouble=told) as database:
            with another_process_holds_the_lock(database_url) as release:
                before = asyncio.ensure_future(database.write(lambda: Note.create(text="before").text))
                await told.until(1)
                alone = asyncio.ensure_future(database.exclusive(lambda link: link.dialect))
                after = asyncio.ensure_future(database.write(lambda: Note.create(text="after").text))
                await attempts(3)
                assert not alone.done()
                await asyncio.get_running_loop().run_in_executor(None, release)
                assert await asyncio.gather(before, alone, after) == ["before", database.dialect, "after"]

    asyncio.run(main())
