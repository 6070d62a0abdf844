"""Tables move from version to version whole or not at all, and never back."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import peewee
import pytest
from butler.errors import PluginError
from butler.store.database import Database
from butler.store.migrations import migrate
from butler.store.table import Table

pytestmark = pytest.mark.spec("HOST-20", "OPS-10")
Opened = Any
_numbers = itertools.count(1)


class Person(Table):
    """As the first version knew it."""

    name = peewee.TextField()

    class Meta:
        table_name = "sample_person"


class Entry(Table):
    """Refers to it, and goes with it."""

    person = peewee.ForeignKeyField(Person, on_delete="CASCADE")
    points = peewee.IntegerField(default=0)

    class Meta:
        table_name = "sample_entry"


FIRST = [Person, Entry]
ADD_REASON = """
from peewee import TextField
def up(migrator, db):
    migrator.migrate(migrator.add_column("sample_entry", "reason", TextField(default="none")))
"""
ADD_AGE = """
from peewee import IntegerField
def up(migrator, db):
    migrator.migrate(migrator.add_column("sample_person", "age", IntegerField(null=True)))
"""
REBUILD = """
from peewee import CharField
def up(migrator, db):
    migrator.migrate(
        migrator.rename_column("sample_person", "name", "called"),
        migrator.alter_column_type("sample_person", "called", CharField(max_length=40)),
    )
"""

Package = Callable[..., tuple[str, Path]]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    """``name, folder = package(**{"0001_first": source})``: a package of a plugin with these migrations."""

    def make(**scripts: str) -> tuple[str, Path]:
        name = f"butler_sample_{next(_numbers)}"
        folder = tmp_path / name / "migrations"
        folder.mkdir(parents=True)
        (folder.parent / "__init__.py").touch()
        for script, source in scripts.items():
            (folder / f"{script}.py").write_text(source)
        monkeypatch.syspath_prepend(str(tmp_path))
        return name, folder

    return make


async def columns(database: Database, table: str) -> set[str]:
    return await database.read(lambda: {column.name for column in Person._meta.database.get_columns(table)})


def all_tables() -> list[str]:
    return Person._meta.database.get_tables()  # type: ignore[no-any-return]


async def install_first_version(database: Database) -> None:
    await migrate(database, "butler_sample_without_any", "sample", FIRST)
    await database.write(lambda: Entry.create(person=Person.create(name="ann"), points=7))


async def points(database: Database) -> list[tuple[Any, ...]]:
    return await database.query("select points from sample_entry order by id")


def test_a_first_install_creates_the_tables_and_runs_no_script(
    opened: Opened, package: Package, database_url: str
) -> None:
    async def main() -> None:
        name, folder = package(**{"0001_never": "def up(migrator, db): raise AssertionError"})
        async with opened(database_url) as database:
            assert await migrate(database, name, "sample", FIRST) == []
            await database.write(lambda: Entry.create(person=Person.create(name="ann")))
            (folder / "0002_add_reason.py").write_text(ADD_REASON)
            assert await migrate(database, name, "sample", FIRST) == ["0002_add_reason"]
            history = await database.query("select name from sample_migrations order by name")
            assert history == [("0001_never",), ("0002_add_reason",)]

    asyncio.run(main())


def test_an_upgrade_runs_the_new_scripts_in_order_once_and_keeps_the_rows(
    opened: Opened, package: Package, database_url: str
) -> None:
    async def main() -> None:
        name, folder = package(**{"0002_add_age": ADD_AGE, "0001_add_reason": ADD_REASON})
        async with opened(database_url) as database:
            await install_first_version(database)
            assert await migrate(database, name, "sample", FIRST) == ["0001_add_reason", "0002_add_age"]
            assert "reason" in await columns(database, "sample_entry")
            assert "age" in await columns(database, "sample_person")
            assert await database.query("select points, reason from sample_entry") == [(7, "none")]
            assert await migrate(database, name, "sample", FIRST) == []
            (folder / "0010_rebuild.py").write_text(REBUILD)
            assert await migrate(database, name, "sample", FIRST) == ["0010_rebuild"]
            assert await columns(database, "sample_person") == {"id", "called", "age"}

    asyncio.run(main())


def test_a_table_that_is_rebuilt_keeps_the_rows_that_refer_to_it(
    opened: Opened, package: Package, database_url: str
) -> None:
    async def main() -> None:
        name, _ = package(**{"0001_rebuild": REBUILD})
        async with opened(database_url) as database:
            await install_first_version(database)
            await migrate(database, name, "sample", FIRST)
            assert await points(database) == [(7,)]
            await database.write(lambda: Person._meta.database.execute_sql("delete from sample_person"))
            assert await points(database) == [], "references hold again afterwards"

    asyncio.run(main())


_FAILING = {
    "raises": "def up(migrator, db):\n    raise ValueError('wrong on purpose')",
    "fails in sql": "def up(migrator, db):\n    db.execute_sql('alter table nobody_has_it add column x integer')",
    "is no python": "def up(migrator, db:",
    "has no up": "down = None",
    "exits": "def up(migrator, db):\n    raise SystemExit(3)",
    "commits itself": "def up(migrator, db):\n    db.execute_sql('delete from sample_entry')\n    db.commit()",
    "runs commit": "def up(migrator, db):\n    db.execute_sql('commit')",
    "breaks references": "def up(migrator, db):\n    db.execute_sql('update sample_entry set person_id = 99')",
}


@pytest.mark.parametrize("how", _FAILING)
def test_a_script_that_fails_leaves_the_state_from_before_the_first_of_them(
    opened: Opened, package: Package, database_url: str, how: str
) -> None:
    async def main() -> None:
        name, folder = package(**{"0001_add_reason": ADD_REASON, "0002_wrong": _FAILING[how]})
        async with opened(database_url) as database:
            await install_first_version(database)
            tables = await database.read(all_tables)
            expected = (
                "refer to|0002_wrong of sample failed" if how == "breaks references" else "0002_wrong of sample failed"
            )
            with pytest.raises(PluginError, match=expected):
                await migrate(database, name, "sample", FIRST)
            assert await columns(database, "sample_entry") == {"id", "person_id", "points"}
            assert await database.read(all_tables) == tables
            assert await database.query("select name from sample_migrations") == []
            assert await points(database) == [(7,)]
            (folder / "0002_wrong.py").write_text(ADD_AGE)
            assert await migrate(database, name, "sample", FIRST) == ["0001_add_reason", "0002_wrong"]
            assert await points(database) == [(7,)]

    asyncio.run(main())


def test_a_database_of_a_newer_version_is_refused(opened: Opened, package: Package, database_url: str) -> None:
    async def main() -> None:
        name, folder = package(**{"0001_add_reason": ADD_REASON, "0002_add_age": ADD_AGE})
        async with opened(database_url) as database:
            await install_first_version(database)
            await migrate(database, name, "sample", FIRST)
            (folder / "0002_add_age.py").unlink()
            with pytest.raises(PluginError, match="newer version of it, which ran 0002_add_age"):
                await migrate(database, name, "sample", FIRST)

    asyncio.run(main())


def test_sqlite_is_copied_beside_itself_before_scripts_run(opened: Opened, package: Package, sqlite_url: str) -> None:
    copy = Path(f"{sqlite_url.removeprefix('sqlite://')}.before-sample")

    def copies() -> list[str]:
        return sorted(path.name for path in copy.parent.glob("butler.db.*"))

    def rows_in_copy() -> list[Any]:
        with sqlite3.connect(copy) as connection:
            found = connection.execute("select * from sample_entry").fetchall()
        connection.close()
        return found

    async def main() -> None:
        name, folder = package(**{"0001_add_reason": ADD_REASON})
        async with opened(sqlite_url) as database:
            await install_first_version(database)
            assert copies() == []
            await migrate(database, name, "sample", FIRST)
            assert rows_in_copy() == [(1, 1, 7)]
            await migrate(database, name, "sample", FIRST)
            assert rows_in_copy() == [(1, 1, 7)]
            (folder / "0002_add_age.py").write_text(ADD_AGE)
            await migrate(database, name, "sample", FIRST)
            assert rows_in_copy() == [(1, 1, 7, "none")]
            assert copies() == ["butler.db.before-sample"]

    asyncio.run(main())


def test_a_table_that_is_new_in_the_code_needs_no_script(opened: Opened, package: Package, database_url: str) -> None:
    class Extra(Table):
        class Meta:
            table_name = "sample_extra"

    async def main() -> None:
        name, _ = package(**{"0001_add_reason": ADD_REASON})
        async with opened(database_url) as database:
            await install_first_version(database)
            await migrate(database, name, "sample", [*FIRST, Extra])
            assert await columns(database, "sample_extra") == {"id"}

    asyncio.run(main())


def test_others_write_meanwhile_and_only_wait(opened: Opened, package: Package, database_url: str) -> None:
    async def main() -> None:
        name, _ = package(**{"0001_add_reason": ADD_REASON})
        lines: list[str] = []
        async with opened(database_url, on_trouble=lines.append) as database:
            await install_first_version(database)
            migrating = asyncio.ensure_future(migrate(database, name, "sample", FIRST))
            writes = [asyncio.ensure_future(database.write(lambda: Person.create(name="bob"))) for _ in range(50)]
            await asyncio.gather(migrating, *writes)
            assert await database.query("select count(*) from sample_person") == [(51,)]
            assert lines == []

    asyncio.run(main())


def test_two_hosts_that_start_at_once_run_each_script_once(opened: Opened, package: Package, database_url: str) -> None:
    async def main() -> None:
        name, _ = package(**{"0001_add_reason": ADD_REASON, "0002_add_age": ADD_AGE})
        async with opened(database_url) as one, opened(database_url) as other:
            await install_first_version(one)
            done = await asyncio.gather(*[migrate(database, name, "sample", FIRST) for database in (one, other)])
            assert sorted(done) == [[], ["0001_add_reason", "0002_add_age"]]

    asyncio.run(main())


def test_what_a_plugin_declares_wrongly_is_named(opened: Opened, package: Package, sqlite_url: str) -> None:
    class Foreign(Table):
        class Meta:
            table_name = "karma_entry"

    class Plain(peewee.Model):
        pass

    async def main() -> None:
        name, folder = package(**{"0001_add_reason": ADD_REASON})
        async with opened(sqlite_url) as database:
            with pytest.raises(PluginError, match="karma_entry does not belong to sample"):
                await migrate(database, name, "sample", [Foreign])
            with pytest.raises(PluginError, match=r"Plain of sample .* derive it from butler\.Table"):
                await migrate(database, name, "sample", [Plain])
            (folder / "0001_again.py").write_text(ADD_AGE)
            with pytest.raises(PluginError, match="several migrations numbered 0001"):
                await migrate(database, name, "sample", FIRST)

    asyncio.run(main())
