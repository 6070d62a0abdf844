"""A backup while the host runs: one file, one state of everything, with the hashes of its parts (OPS-10).

The file is a zip. From SQLite it holds the database file itself, from PostgreSQL the rows of each table
as JSON Lines; ``manifest.json`` names the tables, their rows and shapes, and each part's SHA-256. A
backup of one engine can be restored to the other: see :mod:`butler.store.restore`.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import attrs
from attrs import field, frozen

from butler.errors import StoreError
from butler.store.database import Database
from butler.store.engines import connect
from butler.store.link import Dialect, Link
from butler.store.portable import dump
from butler.store.shape import Shape, quoted, shapes
from butler.store.sqlite import SqliteLink, private

FORMAT = 1
MANIFEST = "manifest.json"
SQLITE_PART = "butler.db"


@frozen
class Backup:
    """A finished backup: where it is, the hash of the file, and how many rows each table has in it."""

    path: Path
    sha256: str
    tables: Mapping[str, int]


@frozen
class Manifest:
    """What a backup says of itself."""

    engine: Dialect
    tables: dict[str, int] = field(factory=dict)
    parts: dict[str, str] = field(factory=dict)
    """Name in the zip to SHA-256."""
    shapes: list[Shape] = field(factory=list)
    format: int = FORMAT


async def backup(database: Database, path: str | Path) -> Backup:
    """Write a backup of one state of the database, while it runs and is written.

    The file appears at ``path`` when it is complete, and replaces one that is there. Raises StoreError
    when the store or the place for the file fails.
    """
    return await asyncio.to_thread(_write, database.url, Path(path))


def _write(url: str, path: Path) -> Backup:
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=_folder(path)) as scratch, _reading(url) as link:
        fresh = Path(scratch) / "backup.zip"
        private(str(fresh))
        try:
            with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                whole = _sqlite(link, archive, Path(scratch)) if isinstance(link, SqliteLink) else _rows(link, archive)
                archive.writestr(MANIFEST, json.dumps(attrs.asdict(whole)))
            sync(fresh)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"the backup was not made: {error}", remedy=f"see that there is room in {path.parent}"
            ) from error
        os.replace(fresh, path)
    return Backup(path, hash_of(path), whole.tables)


def _folder(path: Path) -> Path:
    if not path.parent.is_dir():
        raise StoreError(f"there is no folder {path.parent} for the backup", remedy="make it, or name another")
    return path.parent


@contextlib.contextmanager
def _reading(url: str) -> Iterator[Link]:
    """A connection of its own, so that a long copy keeps no reader of the host."""
    link = connect(url, reading=True)
    try:
        link.open()
        link.begin()
        yield link
    finally:
        link.close()


def _sqlite(link: SqliteLink, archive: zipfile.ZipFile, scratch: Path) -> Manifest:
    copy = scratch / SQLITE_PART
    with contextlib.closing(sqlite3.connect(copy)) as target:
        link.copy_to(target)
    found, tables = inspect(copy)
    archive.write(copy, SQLITE_PART)
    return Manifest("sqlite", tables, {SQLITE_PART: hash_of(copy)}, found)


def inspect(path: Path) -> tuple[list[Shape], dict[str, int]]:
    """Shapes and row counts of a SQLite file. Raises StoreError when it is damaged."""
    with _reading(f"sqlite://{path.absolute()}") as link:
        damage = [row[0] for row in link.execute("pragma integrity_check(3)").fetchall() if row[0] != "ok"]
        if damage:
            raise StoreError(f"{path.name} is damaged: {damage[0]}", remedy="take another backup")
        found = shapes(link)
        return found, {shape.name: count(link, shape.name) for shape in found}


def count(link: Link, table: str) -> int:
    """How many rows a table has."""
    return int(link.execute(f"select count(*) from {quoted(table)}").fetchone()[0])


def _rows(link: Link, archive: zipfile.ZipFile) -> Manifest:
    whole = Manifest(link.dialect, shapes=shapes(link))
    for shape in whole.shapes:
        name = part_of(shape.name)
        with archive.open(name, "w", force_zip64=True) as part:
            hashing = Hashing(part)
            whole.tables[shape.name] = dump(link, shape, hashing)  # type: ignore[arg-type]
            whole.parts[name] = hashing.hexdigest()
    return whole


def part_of(table: str) -> str:
    """Where a table's rows are in the zip."""
    return f"tables/{table}.jsonl"


class Hashing:
    """A file to write to that hashes what passes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.hexdigest = self._hash.hexdigest

    def write(self, data: bytes) -> int:
        """Write and hash."""
        self._hash.update(data)
        return self._file.write(data)


def hash_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Have a file, or a folder's entries, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
