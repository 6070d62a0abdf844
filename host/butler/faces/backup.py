"""``butler backup`` and ``butler restore``: all that a host keeps as one file, whole, checked by hash (OPS-10).

The file is a compressed tar: ``store.zip`` (see :mod:`butler.store.backup`), the files below the data
directory, and ``manifest.json`` with the hash of each.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import json
import os
import tarfile
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any, Final

from butler.errors import StoreError
from butler.faces.control import NAME as SOCKET
from butler.faces.desk import PATIENCE
from butler.faces.lock import DataLock
from butler.services.privacy import carry_over
from butler.store import backup as store_backup
from butler.store import restore as store_restore
from butler.store.database import Database

MANIFEST: Final = "manifest.json"
STORE: Final = "store.zip"
DATABASE: Final = "butler.db"
LEFT_OUT: Final = frozenset({SOCKET, "host.lock", "logs"})
"""What belongs to a running host or to nobody; and everything whose name begins with the database's."""


def backup(url: str, data: Path, target: Path, *, without: Collection[Path] = ()) -> dict[str, Any]:
    """Write the database at ``url`` and the files below ``data`` into a new file; the host may run meanwhile.

    The database is taken as of one moment. ``without``: files that stay out even where they lie below ``data`` (the
    configuration); every `.env` does. Returns the manifest. Raises ``StoreError`` where there is nothing to back up,
    where ``target`` is there already, or where the store is damaged.
    """
    if not data.is_dir():
        raise StoreError(f"there is no data in {data}", remedy="say where it is by --data")
    if target.exists():
        raise StoreError(f"{target} is there already", remedy="give another name")
    partial = target.with_name(f"{target.name}.part")
    try:
        with tempfile.TemporaryDirectory(prefix=".butler-", dir=target.parent) as folder, _private(partial) as file:
            store = Path(folder) / STORE
            made = time.time()
            rows = asyncio.run(store_backup.backup(Database(url), store)).tables
            kept = dict(_files(data, {*without, partial, Path(folder)}))
            manifest = _write(file, {STORE: store, **kept}, {"made": made, "rows": sum(rows.values())})
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return manifest


@contextlib.contextmanager
def _private(path: Path) -> Iterator[tarfile.TarFile]:
    raw = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
    with raw, tarfile.open(fileobj=raw, mode="w:gz", compresslevel=6) as file:
        yield file


def _files(data: Path, without: Collection[Path]) -> Iterator[tuple[str, Path]]:
    left_out = {path.resolve() for path in without}
    for path in sorted(data.rglob("*")):
        if path.name.startswith(".env") or not left_out.isdisjoint((path.resolve(), *path.resolve().parents)):
            continue
        first, name = path.relative_to(data).parts[0], path.relative_to(data).as_posix()
        if first not in LEFT_OUT and not first.startswith(DATABASE) and path.is_file() and not path.is_symlink():
            yield name, path


def _write(file: tarfile.TarFile, members: Mapping[str, Path], facts: Mapping[str, Any]) -> dict[str, Any]:
    """The files first, each with the hash of the bytes that were written, then the manifest."""
    hashes = {}
    for name, path in members.items():
        with path.open("rb") as raw:
            hashed = _Hashing(raw)
            _add(file, name, os.fstat(raw.fileno()).st_size, hashed)
        hashes[name] = hashed.digest.hexdigest()
    manifest = {"version": version("butler-host"), **facts, "files": hashes}
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


def restore(source: Path, url: str, data: Path) -> Path | None:
    """Put a backup in the place of what is kept now; returns where the old files were put aside, if there were any.

    Nothing is touched unless the whole file is sound. Who was forgotten since it was made is forgotten again
    at the next start. Raises ``StoreError`` where it is not sound, or where a host runs.
    """
    data.parent.mkdir(parents=True, exist_ok=True)
    lock = DataLock(data)
    there = data.exists()
    if there:
        lock.take("restore", patience=PATIENCE)
    try:
        with tempfile.TemporaryDirectory(prefix=".butler-restore-", dir=data.parent) as folder:
            fresh = Path(folder) / "data"
            fresh.mkdir(mode=0o700)
            made = _unpack(source, fresh)
            own = url if "://" in url and not url.startswith("sqlite") else f"sqlite:///{fresh / DATABASE}"
            asyncio.run(store_restore.restore(fresh / STORE, own))
            (fresh / STORE).unlink()
            aside = _put_aside(fresh, data, made) if there else None
            fresh.replace(data)
            return aside
    finally:
        lock.release()


def _unpack(source: Path, fresh: Path) -> float:
    """Everything in it, checked; returns when it was made."""
    try:
        with tarfile.open(source, "r:gz") as file:
            file.extractall(fresh, filter="data")
        manifest = json.loads((fresh / MANIFEST).read_bytes())
        wanted, made = dict(manifest["files"]), float(manifest["made"])
    except (OSError, EOFError, tarfile.TarError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{source} is no whole backup ({error})", remedy="give another file") from error
    (fresh / MANIFEST).unlink()
    found = {path.relative_to(fresh).as_posix(): _hash(path) for path in fresh.rglob("*") if path.is_file()}
    wrong = sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name))
    if wrong or STORE not in found:
        raise StoreError(
            f"{source} was changed or damaged: {', '.join(wrong[:5]) or STORE}", remedy="give another file"
        )
    return made


def _hash(path: Path) -> str:
    with path.open("rb") as raw:
        return hashlib.file_digest(raw, "sha256").hexdigest()


def _put_aside(fresh: Path, data: Path, made: float) -> Path:
    aside = data.with_name(f"{data.name}.before-{time.strftime('%Y%m%d-%H%M%S')}")
    data.replace(aside)
    carry_over(aside, fresh, made)
    return aside
