"""From a backup to a database: verified first, then put in place in one step; what was there is kept (OPS-10).

SQLite: the new file is made and checked beside the present one, which stays as ``NAME.before-restore``.
PostgreSQL: everything happens in one transaction; present tables move to the schema ``before_restore``.
One earlier state is kept, the next restore replaces it.

Between engines the rows move and the shapes of the tables; indexes are made again by the code at the next
start, and the search index is filled anew. The row ``host:restored`` of ``host_cursors`` holds the hash
of the backup afterwards, so that the host can do what follows a restore (apply the forgets again).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import tempfile
import time
import zipfile
from pathlib import Path

from butler.errors import StoreError
from butler.store.backup import SQLITE_PART, Backup, Manifest, count, hash_of, inspect, part_of, sync
from butler.store.engines import connect, dialect_of, sqlite_path
from butler.store.link import Link
from butler.store.portable import dump, load
from butler.store.shape import Shape, create, refer, shapes
from butler.store.sqlite import private
from butler.store.verify import verified

KEPT = "before_restore"
DERIVED = "_search_index"
"""What tables are called that are made from others, differently by each engine: not moved from one to the other."""


async def restore(path: str | Path, url: str, *, sha256: str = "") -> Backup:
    """Restore a backup into the database at an address, which no host uses meanwhile.

    Raises StoreError, and changes nothing, when the file is damaged or not the one with the given hash,
    when it comes from a newer version, and when the database is in use or cannot be written.
    """
    return await asyncio.to_thread(_restore, Path(path), url, sha256)


def _restore(path: Path, url: str, sha256: str) -> Backup:
    with verified(path, sha256) as (archive, whole, scratch):
        found = Backup(path, hash_of(path), whole.tables)
        into = _to_sqlite if dialect_of(url) == "sqlite" else _to_postgresql
        try:
            into(archive, whole, scratch, url, found.sha256)
        except StoreError:
            raise
        except Exception as error:  # whatever an engine, its driver or the disk says, the present data are as they were
            raise StoreError(f"not restored: {error}", remedy="nothing was changed; mend that and try again") from error
    return found


def _to_sqlite(archive: zipfile.ZipFile, whole: Manifest, _: Path, url: str, mark: str) -> None:
    target = Path(sqlite_path(url))
    if not target.parent.is_dir():
        raise StoreError(f"there is no folder {target.parent}", remedy="make it, or name another")
    fresh = target.with_name(f"{target.name}.restoring")
    _remove(fresh)
    private(str(fresh))
    try:
        if whole.engine == "sqlite":
            with archive.open(SQLITE_PART) as part, fresh.open("wb") as file:
                while piece := part.read(2**20):
                    file.write(piece)
        _fill(archive, whole, f"sqlite://{fresh.absolute()}", mark)
        _compare(whole, inspect(fresh)[1])
        sync(fresh)
        _exchange(fresh, target)
    finally:
        _remove(fresh)


def _fill(archive: zipfile.ZipFile, whole: Manifest, url: str, mark: str) -> None:
    link = connect(url)
    try:
        link.open()
        if link.dialect == "sqlite":
            link.execute("pragma foreign_keys = 0")
        link.begin()
        if whole.engine != "sqlite":
            _rows_into(link, archive, whole)
        _mark(link, mark, moved=whole.engine != link.dialect)
        link.commit()
    finally:
        link.close()


def _rows_into(link: Link, archive: zipfile.ZipFile, whole: Manifest) -> None:
    moving = [shape for shape in whole.shapes if link.dialect == whole.engine or _moves(shape)]
    for shape in moving:
        link.execute(create(shape, link.dialect, whole.engine))
        with archive.open(part_of(shape.name)) as lines:
            load(link, shape, lines)
    if link.dialect == "postgresql":
        for shape in moving:
            for statement in (*refer(shape), *(shape.indexes if whole.engine == link.dialect else ())):
                link.execute(statement)


def _moves(shape: Shape) -> bool:
    return shape.portable and DERIVED not in shape.name


def _mark(link: Link, mark: str, *, moved: bool) -> None:
    """Say to the host, where it has such a table, that this is a restored state."""
    if "host_cursors" not in {shape.name for shape in shapes(link)}:
        return
    sql = "insert into host_cursors (name, value) values (?, ?) on conflict (name) do update set value = excluded.value"
    link.many(sql, [("host:restored", mark), *([("host:search:version", "moved")] if moved else [])])


def _compare(whole: Manifest, found: dict[str, int]) -> None:
    """Every row of the backup has arrived (the mark may have added to the cursors)."""
    for table, rows in whole.tables.items():
        if table in found and table != "host_cursors" and found[table] != rows:
            raise StoreError(f"{table} has {found[table]} rows instead of {rows}", remedy="nothing was changed")


def _exchange(fresh: Path, target: Path) -> None:
    """Put the new file in the place of the present one, which is kept."""
    if target.exists():
        _alone(target)
        kept = target.with_name(f"{target.name}.before-restore")
        _remove(kept)
        os.link(target, kept)
        for suffix in ("-wal", "-shm"):  # of a damaged file only: left there they would be read into the new one
            with contextlib.suppress(FileNotFoundError):
                os.replace(target.with_name(target.name + suffix), kept.with_name(kept.name + suffix))
    os.replace(fresh, target)
    sync(target.parent)


def _alone(target: Path) -> None:
    """Fold the log of the present file into it, which works only when nobody else has it open."""
    with contextlib.closing(sqlite3.connect(target, timeout=1, isolation_level=None)) as present:
        try:
            present.execute("pragma journal_mode = delete")
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise StoreError(f"{target} is in use", remedy="stop the host first; nothing was changed") from error
            if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
                raise
            # it is damaged, which may be why it is replaced: kept as it is


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _to_postgresql(archive: zipfile.ZipFile, whole: Manifest, scratch: Path, url: str, mark: str) -> None:
    link = connect(url)
    try:
        link.open()
        _refuse_if_used(link)
        if whole.engine == "sqlite":
            archive.extract(SQLITE_PART, scratch)
        link.begin()
        _make_room(link)
        if whole.engine == "sqlite":
            _from_sqlite_file(link, scratch / SQLITE_PART)
        else:
            _rows_into(link, archive, whole)
        _compare(whole, {shape.name: count(link, shape.name) for shape in shapes(link)})
        _mark(link, mark, moved=whole.engine != link.dialect)
        link.commit()
    finally:
        link.close()


def _refuse_if_used(link: Link) -> None:
    """A host that has just stopped may be listed for a moment still: hence more than one look."""
    others = (
        "select count(*) from pg_stat_activity where datname = current_database() "
        "and pid <> pg_backend_pid() and application_name = 'butler'"
    )
    for _ in range(20):
        if not link.execute(others).fetchone()[0]:
            return
        time.sleep(0.1)
    raise StoreError("a host uses this database", remedy="stop it first; nothing was changed")


def _make_room(link: Link) -> None:
    if shapes(link):
        link.execute(f"drop schema if exists {KEPT} cascade")
        schema = link.execute("select current_schema()").fetchone()[0]
        link.execute(f'alter schema "{schema}" rename to {KEPT}')
        link.execute(f'create schema "{schema}"')


def _from_sqlite_file(link: Link, file: Path) -> None:
    source = connect(f"sqlite://{file}", reading=True)
    try:
        source.open()
        source.begin()
        moving = [shape for shape in shapes(source) if _moves(shape)]
        for shape in moving:
            link.execute(create(shape, link.dialect, "sqlite"))
            with tempfile.TemporaryFile(dir=file.parent) as rows:
                dump(source, shape, rows)
                rows.seek(0)
                load(link, shape, rows)
        for shape in moving:
            for statement in refer(shape):
                link.execute(statement)
    finally:
        source.close()
