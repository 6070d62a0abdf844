"""Files that are sent from here, and those that are saved here."""

from __future__ import annotations

import itertools
from pathlib import Path

from butler_discord.testing.people.errors import Impossible


def read(given: str) -> tuple[str, bytes]:
    """A file's name and content. Raises ``Impossible``."""
    path = Path(given).expanduser()
    if not path.is_file():
        raise Impossible(f"there is no file {given}")
    return path.name, path.read_bytes()


def save(folder: Path, name: str, data: bytes) -> Path:
    """Save under a name that is free; a file that is the same already is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    given = Path(name).name or "file"
    for number in itertools.count():
        path = folder / (f"{number}-{given}" if number else given)
        if not path.exists():
            path.write_bytes(data)
            return path
        if path.read_bytes() == data:
            return path
    raise AssertionError
