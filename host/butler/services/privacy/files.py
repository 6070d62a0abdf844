"""A look at the bytes: whether any file still holds an id, and logs with it blotted out."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

_LOGS: Final = "logs"
_BLOT: Final = b"*"


def scan(data: Path, forms: Sequence[str], others: Sequence[str] = ()) -> dict[str, int]:
    """File names below the data directory, and how often an id stands in them. Blocks: run it in a thread.

    ``others`` are ids of other people that begin with this one; where they stand it does not.
    """
    found = {str(path.relative_to(data)): _count(path, forms, others) for path in _files(data)}
    return {name: count for name, count in found.items() if count}


def blot_out_of_logs(data: Path, forms: Sequence[str], others: Sequence[str] = ()) -> int:
    """Overwrite an id in the log files, byte by byte, so that whoever is writing them is not disturbed."""
    return sum(_blot_out(path, forms, others) for path in _files(data / _LOGS))


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())


def _places(content: mmap.mmap, needle: bytes) -> Iterator[int]:
    at = content.find(needle)
    while at >= 0:
        yield at
        at = content.find(needle, at + len(needle))


def _count(path: Path, forms: Sequence[str], others: Sequence[str]) -> int:
    longer = [other.encode() for other in others]
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            places = (at for form in forms for at in _places(content, form.encode()))
            return sum(1 for at in places if not any(content[at : at + len(other)] == other for other in longer))
    except (ValueError, FileNotFoundError):  # empty, or gone since it was listed
        return 0


def _blot_out(path: Path, forms: Sequence[str], others: Sequence[str]) -> int:
    longer = [other.encode() for other in others]
    count = 0
    if path.stat().st_size == 0:
        return 0
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as content:
        for needle in (form.encode() for form in forms):
            for at in _places(content, needle):
                if any(content[at : at + len(other)] == other for other in longer):
                    continue
                content[at : at + len(needle)] = _BLOT * len(needle)
                count += 1
        os.fsync(file.fileno())
    return count
