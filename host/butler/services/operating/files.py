"""Files that somebody sends on the console: kept in a folder, named in one line."""

from __future__ import annotations

import asyncio
import re
import secrets
from pathlib import Path

from butler.model import File

_UNSAFE = re.compile(r"[^\w.-]+")


async def keep(data: Path, file: File) -> str:
    """Write it below ``data`` and say where: ``[chart.png, 12,345 bytes: /…/files/1f3a-chart.png]``."""
    path = data / "files" / f"{secrets.token_hex(3)}-{_safe(file.name)}"
    try:
        await asyncio.to_thread(_write, path, file.data)
    except OSError as error:
        return f"[{_safe(file.name)}, {len(file.data):,} bytes; it could not be written: {error.strerror}]"
    return f"[{_safe(file.name)}, {len(file.data):,} bytes: {path}]"


def _safe(name: str) -> str:
    """A name without folders and without characters that a terminal acts on."""
    return _UNSAFE.sub("_", name.rpartition("/")[2]).lstrip(".")[-80:] or "file"


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(data)
