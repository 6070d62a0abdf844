"""``butler logs``: the entries of a log, old files included, filtered, and followed while they come."""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

Level = Literal["debug", "info", "warning", "error", "critical"]
Entry = dict[str, Any]


def _half_a_second() -> None:
    time.sleep(0.5)


def read_logs(
    path: Path,
    *,
    level: Level = "debug",
    since: dt.datetime | None = None,
    plugin: str = "",
    follow: bool = False,
    limit: int = 200,
    wait: Callable[[], None] = _half_a_second,
) -> Iterator[Entry]:
    """The last ``limit`` entries of a log that are of that level or worse, not older than ``since``, of that plugin.

    Each is a dict with ``at``, ``level``, ``logger``, ``event`` and its fields. With ``follow`` it goes on
    with what is written from then on, across rotations; ``wait`` is called whenever there is nothing
    new, and ends the following by raising ``StopIteration`` or ``KeyboardInterrupt``.
    """

    def wanted(entry: Entry) -> bool:
        return _at_least(entry, level) and _since(entry, since) and _of(entry, plugin)

    if not follow:
        lines = (line for file in _files(path) for line in _lines(file))
        yield from deque(filter(wanted, _entries(lines)), maxlen=limit)
        return
    tail = _Tail(path)
    older = (line for file in _files(path)[:-1] for line in _lines(file))
    yield from deque(filter(wanted, _entries(_chain(older, tail.lines()))), maxlen=limit)
    while True:
        fresh = list(tail.lines())
        yield from filter(wanted, _entries(iter(fresh)))
        if not fresh:
            try:
                wait()
            except (StopIteration, KeyboardInterrupt):
                tail.close()
                return


def _chain(*parts: Iterator[str]) -> Iterator[str]:
    for part in parts:
        yield from part


def _files(path: Path) -> list[Path]:
    """The rotated files, oldest first, then the one that is being written."""
    old = [file for file in path.parent.glob(f"{path.name}.*") if file.suffix[1:].isdigit()]
    return [*sorted(old, key=lambda file: -int(file.suffix[1:])), path]


def _lines(file: Path) -> Iterator[str]:
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            yield from lines
    except FileNotFoundError:  # not written yet, or rotated away since it was listed
        return


def _entries(lines: Iterator[str]) -> Iterator[Entry]:
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:  # the line that was being written when the power went
            continue
        if isinstance(entry, dict):
            yield entry


def _at_least(entry: Entry, level: Level) -> bool:
    levels = logging.getLevelNamesMapping()
    return levels.get(str(entry.get("level", "")).upper(), logging.INFO) >= levels[level.upper()]


def _since(entry: Entry, since: dt.datetime | None) -> bool:
    if since is None:
        return True
    try:
        return dt.datetime.fromisoformat(entry["at"]) >= since
    except (KeyError, TypeError, ValueError):
        return False


def _of(entry: Entry, plugin: str) -> bool:
    if not plugin or entry.get("plugin") == plugin:
        return True
    return f"{entry.get('logger', '')}.".startswith(f"butler.{plugin}.")


class _Tail:
    """Whole lines of a file as they are added; goes over to the new file after a rotation."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = self._open()
        self._part = ""

    def _open(self) -> Any:
        try:
            return self._path.open(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return None

    def lines(self) -> Iterator[str]:
        """What was added since the last call."""
        yield from self._added()
        if self._rotated():
            yield from self._added()  # what was still written to the old one
            self.close()
            self._file = self._open()
            yield from self._added()

    def _added(self) -> Iterator[str]:
        if self._file is None:
            return
        for piece in self._file:
            line = self._part + piece
            self._part = "" if line.endswith("\n") else line
            if not self._part:
                yield line

    def _rotated(self) -> bool:
        try:
            now = self._path.stat()
        except FileNotFoundError:
            return False
        if self._file is None:
            return True
        stat = os.fstat(self._file.fileno())
        return (now.st_dev, now.st_ino) != (stat.st_dev, stat.st_ino)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
        self._file, self._part = None, ""
