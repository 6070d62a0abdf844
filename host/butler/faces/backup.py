"""``butler backup`` and ``butler restore``: a data directory as one file, whole, checked by hash (OPS-10)."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any, Final

from butler.errors import StoreError
from butler.faces.control import NAME as SOCKET
from butler.faces.desk import PATIENCE
from butler.faces.lock import DataLock

MANIFEST: Final = "manifest.json"
DATABASE: Final = "butler.db"
LEFT_OUT: Final = frozenset({SOCKET, "host.lock", "logs", f"{DATABASE}-wal", f"{DATABASE}-shm"})
"""What belongs to a running host or to nobody."""


def backup(data: Path, target: Path) -> dict[str, Any]:
    """Write everything below ``data`` into a new file; the host may run meanwhile. Returns the manifest.

    The database is taken as of one moment. Raises ``StoreError`` where there is nothing, where ``target``
    is there already, or where the database is damaged.
    """
    if not data.is_dir():
        raise StoreError(f"there is no data in {data}", remedy="say where it is by --data")
    if target.exists():
        raise StoreError(f"{target} is there already", remedy="give another name")
    partial = target.with_name(f"{target.name}.part")
    try:
        with tempfile.TemporaryDirectory(prefix="butler-", dir=target.parent) as folder, _private(partial) as file:
            snapshot = Path(folder) / DATABASE
            if (data / DATABASE).exists():
                _snapshot(data / DATABASE, snapshot)
            manifest = _write(file, dict(_members(data, snapshot)))
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return manifest


@contextlib.contextmanager
def _private(path: Path) -> Iterator[tarfile.TarFile]:
    raw = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
    with raw, tarfile.open(fileobj=raw, mode="w:gz", compresslevel=6) as file:
        yield file


def _snapshot(source: Path, target: Path) -> None:
    """The database as of now, in one step, so that it is of one moment whatever is written meanwhile."""
    with (
        contextlib.closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True, timeout=30)) as old,
        contextlib.closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new)
        _check(new, source)


def _check(connection: sqlite3.Connection, path: Path) -> None:
    found = connection.execute("pragma quick_check(1)").fetchone()[0]
    if found != "ok":
        raise StoreError(f"{path} is damaged: {found}", remedy="restore an older backup")


def _members(data: Path, snapshot: Path) -> Iterator[tuple[str, Path]]:
    if snapshot.exists():
        yield DATABASE, snapshot
    for path in sorted(data.rglob("*")):
        name = path.relative_to(data)
        if name.parts[0] not in {*LEFT_OUT, DATABASE} and path.is_file() and not path.is_symlink():
            yield name.as_posix(), path


def _write(file: tarfile.TarFile, members: Mapping[str, Path]) -> dict[str, Any]:
    """The files first, each with the hash of the bytes that were written, then the manifest."""
    hashes = {}
    for name, path in members.items():
        with path.open("rb") as raw:
            hashed = _Hashing(raw)
            _add(file, name, os.fstat(raw.fileno()).st_size, hashed)
        hashes[name] = hashed.digest.hexdigest()
    manifest = {"version": version("butler-host"), "made": time.time(), "files": hashes}
    text = json.dumps(manifest, indent=1).encode()
    _add(file, MANIFEST, len(text), io.BytesIO(text))
    return manifest


class _Hashing:
    """Reads from a file and keeps the hash of what was read."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        """The next bytes."""
        part = self._raw.read(size)
        self.digest.update(part)
        return part


def _add(file: tarfile.TarFile, name: str, size: int, raw: Any) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o600, int(time.time())
    file.addfile(entry, raw)


def _hash(path: Path) -> str:
    with path.open("rb") as raw:
        return hashlib.file_digest(raw, "sha256").hexdigest()


def restore(source: Path, data: Path) -> Path | None:
    """Put a backup in the place of ``data``; returns where the old data was put aside, if there was any.

    Nothing is touched unless the whole file is sound. Raises ``StoreError`` where it is not, or where a
    host runs.
    """
    data.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="butler-restore-", dir=data.parent) as folder:
        fresh = Path(folder) / "data"
        fresh.mkdir(mode=0o700)
        _unpack(source, fresh)
        return _swap(fresh, data)


def _unpack(source: Path, fresh: Path) -> None:
    try:
        with tarfile.open(source, "r:gz") as file:
            file.extractall(fresh, filter="data")
        manifest = json.loads((fresh / MANIFEST).read_bytes())
        wanted = dict(manifest["files"])
    except (OSError, EOFError, tarfile.TarError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{source} is no whole backup ({error})", remedy="give another file") from error
    (fresh / MANIFEST).unlink()
    found = {path.relative_to(fresh).as_posix(): _hash(path) for path in fresh.rglob("*") if path.is_file()}
    if found != wanted:
        wrong = sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name))
        raise StoreError(f"{source} was changed or damaged: {', '.join(wrong[:5])}", remedy="give another file")
    if (fresh / DATABASE).exists():
        with contextlib.closing(sqlite3.connect(fresh / DATABASE)) as connection:
            _check(connection, source)


def _swap(fresh: Path, data: Path) -> Path | None:
    if not data.exists():
        fresh.replace(data)
        return None
    lock = DataLock(data)
    lock.take("restore", patience=PATIENCE)
    try:
        aside = data.with_name(f"{data.name}.before-{time.strftime('%Y%m%d-%H%M%S')}")
        data.replace(aside)
        fresh.replace(data)
    finally:
        lock.release()
    return aside
