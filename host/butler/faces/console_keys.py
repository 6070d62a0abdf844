"""What was shown on the console, kept beside the store: so that a crash shows nothing twice (HOST-5)."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import structlog

log = structlog.get_logger("butler.console")


class KeyFile:
    """The newest keys and the ids that came of them, a line each; one append per message, no sync.

    A terminal has no history to look into, so this file is it. It is written after the text was shown:
    a crash of the machine may show the last message again, a crash of the host does not.
    """

    def __init__(self, path: Path, most: int) -> None:
        self._path = path
        self._most = most
        self._file = -1
        self._lines = 0

    async def open(self) -> list[tuple[str, str]]:
        """The pairs that were kept, oldest first; from now on more can be added."""
        return await asyncio.to_thread(self._open)

    def _open(self) -> list[tuple[str, str]]:
        self.close()
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = self._read()[-self._most :]
        fresh = self._path.with_suffix(".new")
        fresh.write_text("".join(f"{key} {identifier}\n" for key, identifier in kept), encoding="utf-8")
        fresh.chmod(0o600)
        fresh.replace(self._path)
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        self._lines = len(kept)
        return kept

    def _read(self) -> list[tuple[str, str]]:
        try:
            text = self._path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return []
        parts = [line.split(" ") for line in text.splitlines()]
        return [(part[0], part[1]) for part in parts if len(part) == 2]

    def add(self, key: str, identifier: str) -> None:
        """Keep one more. A disk that refuses costs the memory of it, never the conversation."""
        if self._file < 0:
            return
        try:
            os.write(self._file, f"{key} {identifier}\n".encode())
            self._lines += 1
            if self._lines > 10 * self._most:
                self._open()
        except OSError as error:
            log.warning("what was shown cannot be kept; a restart may show it again", reason=str(error))
            self.close()

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1
