"""Socket addresses that fit: a Unix socket's path has about a hundred bytes, a data directory may have more."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

LONGEST: Final = 100
"""Bytes that every system takes."""


@contextlib.contextmanager
def reachable(path: Path) -> Iterator[str]:
    """The path as an address; a long one through a short link to its folder, there for as long as this lasts."""
    if len(os.fsencode(path)) <= LONGEST:
        yield str(path)
        return
    with tempfile.TemporaryDirectory(prefix="butler-") as folder:
        link = Path(folder) / "d"
        link.symlink_to(path.parent.resolve(), target_is_directory=True)
        yield str(link / path.name)
