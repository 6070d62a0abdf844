"""A backup is looked at before it is used: every part of it must be what its manifest says."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import cattrs

from butler.errors import StoreError
from butler.store.backup import FORMAT, MANIFEST, Hashing, Manifest, hash_of

Verified = tuple[zipfile.ZipFile, Manifest, Path]
"""The archive, what it says of itself, and a folder for scratch files."""
_DAMAGE = (zipfile.BadZipFile, zlib.error, KeyError, EOFError, NotImplementedError, RuntimeError)
"""What the zip module raises over a file that was bent."""


@contextlib.contextmanager
def verified(path: Path, sha256: str) -> Iterator[Verified]:
    """The opened archive with its manifest, every part of it compared with its hash.

    Raises StoreError when the file is missing, damaged, not the one with that hash, or of a newer version.
    """
    damaged = StoreError(f"{path.name} is damaged or no backup", remedy="take another backup; nothing was changed")
    if not path.is_file():
        raise StoreError(f"there is no file {path}", remedy="name the file that `butler backup` wrote")
    if sha256 and hash_of(path) != sha256:
        raise StoreError(f"{path.name} is not the backup with that hash", remedy="nothing was changed")
    with tempfile.TemporaryDirectory(prefix="butler-restore-") as scratch:
        try:
            with zipfile.ZipFile(path) as archive:
                whole = _manifest(archive)
                for name, expected in whole.parts.items():
                    if _hash_of_part(archive, name) != expected:
                        raise damaged
                yield archive, whole, Path(scratch)
        except _DAMAGE as error:
            raise damaged from error


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    try:
        found = json.loads(archive.read(MANIFEST))
        newer = found["format"] > FORMAT
        whole = cattrs.structure(found, Manifest)
    except (ValueError, TypeError, cattrs.BaseValidationError) as error:
        raise zipfile.BadZipFile from error
    if newer:
        raise StoreError("the backup was written by a newer version", remedy="install that version")
    return whole


def _hash_of_part(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name) as part, open(os.devnull, "wb") as nowhere:
        hashing = Hashing(nowhere)
        while piece := part.read(2**20):
            hashing.write(piece)
    return hashing.hexdigest()
