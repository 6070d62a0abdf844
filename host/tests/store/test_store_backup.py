"""A backup is one state of everything, taken while the host runs; a restore is whole or does not happen."""

from __future__ import annotations

import asyncio
import datetime as dt
import decimal
import json
import sqlite3
import uuid
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import peewee
import psycopg
import pytest
from butler.errors import StoreError
from butler.store import schema
from butler.store.backup import Backup, backup, hash_of
from butler.store.database import Tx
from butler.store.restore import restore
from butler.store.table import Table

pytestmark = pytest.mark.spec("OPS-10")
Opened = Any
_AT = dt.datetime(2026, 2, 3, 4, 5, 6, 789)  # noqa: DTZ001 - as models keep it


class Person(Table):
    """One column of each kind."""

    name = peewee.CharField(unique=True)
    trusted = peewee.BooleanField(default=True)
    joined = peewee.DateTimeField(default=_AT)
    born = peewee.DateField(default=_AT.date())
    picture = peewee.BlobField(default=b"\0\xff\x80")
    weight = peewee.DoubleField(default=0.1)
    token = peewee.UUIDField(default=uuid.UUID(int=5))
    balance = peewee.DecimalField(default=decimal.Decimal("1.25"))
    big = peewee.BigIntegerField(default=2**40)
    note = peewee.TextField(null=True)

    class Meta:
        table_name = "sample_person"


class Entry(Table):
    """Refers to it."""

    person = peewee.ForeignKeyField(Person, on_delete="CASCADE")
    points = peewee.IntegerField()

    class Meta:
        table_name = "sample_entry"
        indexes = ((("person", "points"), True),)


TABLES = [Person, Entry]


@pytest.fixture
def other_url(request: pytest.FixtureRequest, tmp_path: Path, postgresql: str) -> Any:
    """A place to restore to: on the engine that is the test's parameter."""
    if request.param == "sqlite":
        (tmp_path / "other").mkdir()
        yield f"sqlite://{tmp_path}/other/butler.db"
        return
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute("create database butler_other")
    yield postgresql.replace("/postgres?", "/butler_other?")
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute("drop database butler_other with (force)")


on_each_engine = pytest.mark.parametrize("other_url", ["sqlite", "postgresql"], indirect=True)


def fill() -> None:
    for number in range(1_500):
        Person.create(name=f"person {number} é\N{SNOWMAN}", note=None if number % 2 else "a\nb\\'\"")
    for number in range(1, 11):
        Entry.create(person=number, points=number)


def people() -> list[tuple[Any, ...]]:
    return [tuple(row) for row in Person.select().order_by(Person.id).tuples()]


def entries() -> list[tuple[Any, ...]]:
    return [tuple(row) for row in Entry.select().order_by(Entry.id).tuples()]


async def filled(opened: Opened, url: str, path: Path) -> Backup:
    """A database with people in it, and a backup of that."""
    async with opened(url, TABLES) as database:
        await database.write(fill)
        return await backup(database, path)


@on_each_engine
def test_what_was_backed_up_is_there_after_a_restore_to_either_engine(
    opened: Opened, database_url: str, other_url: str, tmp_path: Path
) -> None:
    async def main() -> None:
        async with opened(database_url, TABLES) as database:
            await database.write(fill)
            await database.submit(_host_tables, None)
            made = await backup(database, tmp_path / "backup.zip")
            before = await database.read(lambda: (people(), entries()))
            journal = await database.query("select * from host_inbox order by seq")
        assert made.sha256 == hash_of(made.path)
        assert made.tables["sample_person"] == 1_500
        assert made.tables["host_inbox"] == 1
        assert await restore(made.path, other_url, sha256=made.sha256) == made
        async with opened(other_url, TABLES) as restored:
            assert await restored.read(lambda: (people(), entries())) == before
            assert await restored.query("select * from host_inbox order by seq") == journal
            assert await restored.query("select value from host_cursors where name = 'host:restored'") == [
                (made.sha256,)
            ]
            assert await restored.write(lambda: Person.create(name="next").id) == 1_501
            with pytest.raises(peewee.IntegrityError):
                await restored.write(lambda: Person.create(name="next"))
            with pytest.raises(peewee.IntegrityError):
                await restored.write(lambda: Entry.create(person=77_777, points=1))
            await restored.write(lambda: Person.delete_by_id(3))
            assert len(await restored.read(entries)) == 9

    asyncio.run(main())


def _host_tables(tx: Tx, rows: list[Any]) -> Sequence[Any]:
    for statement in schema.TABLES:
        tx.all(statement)
    row = (1, "m:1", "message", "g", "c", "a", 0.125, "hello", "{}", schema.DONE)
    tx.many("insert into host_inbox values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [row])
    return rows


def test_postgresql_gets_its_indexes_and_constraints_back(opened: Opened, postgresql_url: str, tmp_path: Path) -> None:
    indexes = "select tablename, indexdef from pg_indexes where schemaname = 'public' order by 1, 2"
    constraints = (
        "select conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint "
        "where connamespace = 'public'::regnamespace order by 1, 2"
    )

    async def main() -> None:
        async with opened(postgresql_url, TABLES) as database:
            await database.submit(_host_tables, None)
            before = [await database.query(sql) for sql in (indexes, constraints)]
            await backup(database, tmp_path / "backup.zip")
        await restore(tmp_path / "backup.zip", postgresql_url)
        async with opened(postgresql_url) as restored:
            after = [await restored.query(sql) for sql in (indexes, constraints)]
            assert [len(found) for found in after] == [len(found) for found in before]
            assert _without_names(after[0]) == _without_names(before[0])
            assert after[1] == before[1]

    asyncio.run(main())


def _without_names(found: list[Any]) -> list[str]:
    return sorted(definition.partition(" ON ")[2] for _, definition in found)


def test_a_backup_while_others_write_holds_one_state(opened: Opened, database_url: str, tmp_path: Path) -> None:
    def both(number: int) -> None:
        Entry.create(person=Person.create(name=str(number)), points=number)

    async def main() -> None:
        async with opened(database_url, TABLES) as database:
            writing = True

            async def write() -> int:
                number = 0
                while writing:
                    number += 1
                    await database.write(lambda number=number: both(number))
                return number

            writer = asyncio.ensure_future(write())
            counts = [(await backup(database, tmp_path / "backup.zip")).tables for _ in range(5)]
            writing = False
            written = await writer
        assert all(tables["sample_person"] == tables["sample_entry"] for tables in counts)
        assert 0 < counts[-1]["sample_person"] <= written

    asyncio.run(main())
    assert sorted(path.name for path in tmp_path.glob("*backup*")) == ["backup.zip"]


def test_the_state_before_a_restore_is_kept(opened: Opened, database_url: str, tmp_path: Path) -> None:
    async def main() -> None:
        made = await filled(opened, database_url, tmp_path / "backup.zip")
        for name in ("after one", "after two"):
            async with opened(database_url) as database:
                await database.write(lambda name=name: Person.create(name=name))
            await restore(made.path, database_url)
        async with opened(database_url) as database:
            assert len(await database.read(people)) == 1_500
            if database.dialect == "postgresql":
                kept = await database.query("select name from before_restore.sample_person where id > 1500")
            else:
                kept = _ask(tmp_path / "butler.db.before-restore", "select name from sample_person where id > 1500")
            assert kept == [("after two",)]

    asyncio.run(main())


def _ask(path: Path, sql: str) -> list[Any]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


async def _refused(path: Path, url: str, reason: str, **options: Any) -> None:
    with pytest.raises(StoreError, match=reason):
        await restore(path, url, **options)


async def _untouched(opened: Opened, url: str) -> None:
    async with opened(url) as database:
        assert [row[1] for row in await database.read(people)] == ["present"]


async def _present(opened: Opened, url: str) -> None:
    async with opened(url, TABLES) as database:
        await database.write(lambda: Person.create(name="present"))


@on_each_engine
def test_a_damaged_file_is_refused_and_the_present_data_stay(
    opened: Opened, database_url: str, other_url: str, tmp_path: Path
) -> None:
    async def main() -> None:
        await _present(opened, other_url)
        made = await filled(opened, database_url, tmp_path / "backup.zip")
        whole = made.path.read_bytes()
        bent = tmp_path / "bent.zip"
        for place in range(0, len(whole), max(1, len(whole) // 40)):
            bent.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
            await _refused(bent, other_url, "not the backup with that hash", sha256=made.sha256)
        for start in range(200, len(whole) - 200, max(1, len(whole) // 40)):
            bent.write_bytes(whole[:start] + bytes(50) + whole[start + 50 :])
            await _refused(bent, other_url, "damaged|newer|not restored")
        for cut in (0, 10, len(whole) // 2, len(whole) - 5):
            bent.write_bytes(whole[:cut])
            await _refused(bent, other_url, "damaged or no backup")
        bent.write_text("a text")
        await _refused(bent, other_url, "damaged or no backup")
        await _refused(tmp_path / "nothing.zip", other_url, "there is no file")
        await _untouched(opened, other_url)

    asyncio.run(main())


def _forge(made: Backup, target: Path, change: Any, parts: dict[str, bytes]) -> None:
    """The backup with another manifest and other parts."""
    with zipfile.ZipFile(made.path) as old, zipfile.ZipFile(target, "w") as new:
        manifest = json.loads(old.read("manifest.json"))
        change(manifest)
        new.writestr("manifest.json", json.dumps(manifest))
        for name in manifest["parts"]:
            new.writestr(name, parts.get(name, old.read(name)))


def _parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@on_each_engine
def test_a_backup_that_does_not_hold_what_it_says_changes_nothing(
    opened: Opened, database_url: str, other_url: str, tmp_path: Path
) -> None:
    def one_more(manifest: dict[str, Any]) -> None:
        manifest["tables"]["sample_person"] += 1

    def newer(manifest: dict[str, Any]) -> None:
        manifest["format"] += 1

    def foreign(manifest: dict[str, Any]) -> None:
        del manifest["engine"]

    async def main() -> None:
        await _present(opened, other_url)
        made = await filled(opened, database_url, tmp_path / "backup.zip")
        forged = tmp_path / "forged.zip"
        for change, reason in (
            (one_more, "1500 rows instead of 1501"),
            (newer, "newer version"),
            (foreign, "no backup"),
        ):
            _forge(made, forged, change, {})
            await _refused(forged, other_url, reason)
        swapped = {name: content[:-20] + bytes(20) for name, content in _parts(made.path).items()}
        _forge(made, forged, lambda manifest: None, swapped)
        await _refused(forged, other_url, "damaged")
        await _untouched(opened, other_url)

    asyncio.run(main())


def test_a_database_in_use_is_not_replaced(opened: Opened, database_url: str, tmp_path: Path) -> None:
    async def main() -> None:
        made = await filled(opened, database_url, tmp_path / "backup.zip")
        async with opened(database_url) as running:
            await _refused(made.path, database_url, "in use|a host uses this database")
            await running.write(lambda: Person.create(name="still"))
            assert len(await running.read(people)) == 1_501

    asyncio.run(main())


def test_a_damaged_database_can_be_replaced(opened: Opened, sqlite_url: str, tmp_path: Path) -> None:
    async def main() -> None:
        made = await filled(opened, sqlite_url, tmp_path / "backup.zip")
        async with opened(sqlite_url) as database:
            await database.write(lambda: Person.create(name="in the log"))
            log = (tmp_path / "butler.db-wal").read_bytes()
        for name, content in {"butler.db": b"damaged " * 2_000, "butler.db-wal": log}.items():
            (tmp_path / name).write_bytes(content)
        await restore(made.path, sqlite_url)
        async with opened(sqlite_url) as database:
            assert len(await database.read(people)) == 1_500
        assert (tmp_path / "butler.db.before-restore").read_bytes().startswith(b"damaged")

    asyncio.run(main())


def test_a_place_without_a_folder_is_named(opened: Opened, sqlite_url: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(sqlite_url, TABLES) as database:
            with pytest.raises(StoreError, match="there is no folder"):
                await backup(database, tmp_path / "nowhere" / "backup.zip")
            made = await backup(database, tmp_path / "backup.zip")
        await _refused(made.path, f"sqlite://{tmp_path}/nowhere/butler.db", "there is no folder")

    asyncio.run(main())


def test_the_search_index_is_filled_anew_on_the_other_engine(
    opened: Opened, sqlite_url: str, postgresql_url: str, tmp_path: Path
) -> None:
    """It is made of other tables, differently by each engine."""

    def index(tx: Tx, rows: list[Any]) -> Sequence[Any]:
        _host_tables(tx, rows)
        tx.all("create virtual table host_search_index using fts5(words, content='')")
        tx.many("insert into host_cursors (name, value) values (?, ?)", [("host:search:version", "1")])
        return rows

    async def main() -> None:
        async with opened(sqlite_url) as database:
            await database.submit(index, None)
            made = await backup(database, tmp_path / "backup.zip")
        await restore(made.path, postgresql_url)
        async with opened(postgresql_url) as database:
            assert await database.query("select value from host_cursors where name = 'host:search:version'") == [
                ("moved",)
            ]
        await restore(made.path, sqlite_url)
        async with opened(sqlite_url) as database:
            assert await database.query("select value from host_cursors where name = 'host:search:version'") == [("1",)]
            assert await database.query("select count(*) from host_search_index") == [(0,)]

    asyncio.run(main())
