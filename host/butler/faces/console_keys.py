"""What was shown on the console, kept beside the store: so that a crash shows nothing twice (HOST-5)."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import structlog

log = structlog.get_logger("butler.console")

_TAKEN_BACK = "!"


class KeyFile:
    """The newest keys and the ids that came of them, a line each; one append per message, no sync.

    A terminal has no history to look into, so this file is it. A key is kept just before the last bytes
    of its text go out, and taken back if they could not: whoever reads a reply and pulls the plug at once
    does not read it again. Used by the event loop and by the thread that prints.
    """

    def __init__(self, path: Path, most: int) -> None:
        self._path = path
        self._most = most
        self._file = -1
        self._lines = 0
        self._lock = threading.Lock()

    async def open(self) -> list[tuple[str, str]]:
        """The pairs that were kept, oldest first; from now on more can be added."""
        return await asyncio.to_thread(self._opened)

    def _opened(self) -> list[tuple[str, str]]:
        with self._lock:
            return self._open()

    def _open(self) -> list[tuple[str, str]]:
        self._close()
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
        kept: dict[str, str] = {}
        for line in text.splitlines():
            key, _, identifier = line.partition(" ")
            if key.startswith(_TAKEN_BACK):
                kept.pop(key.removeprefix(_TAKEN_BACK), None)
            elif identifier:
                kept[key] = identifier
        return list(kept.items())

    def add(self, key: str, identifier: str) -> None:
        """Keep one more."""
        self._append(f"{key} {identifier}\n")

    def take_back(self, key: str) -> None:
        """It was not shown after all."""
        self._append(f"{_TAKEN_BACK}{key}\n")

    def _append(self, line: str) -> None:
        """A disk that refuses costs the memory of it, never the conversation."""
        with self._lock:
            if self._file < 0:
                return
            try:
                os.write(self._file, line.encode())
                self._lines += 1
                if self._lines > 10 * self._most:
                    self._open()
            except OSError as error:
                log.warning("what was shown cannot be kept; a restart may show it again", reason=str(error))
                self._close()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file = -1
