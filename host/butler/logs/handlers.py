"""Where log entries go: through a bounded queue to a thread, which writes the file and the terminal."""

from __future__ import annotations

import logging
import os
import sys
from contextvars import ContextVar
from io import TextIOWrapper
from logging.handlers import QueueHandler, RotatingFileHandler
from pathlib import Path
from queue import Full, Queue
from typing import TextIO

home: ContextVar[str] = ContextVar("butler_log_home", default="")
"""The data directory of the host whose task logs; entries from elsewhere go to every host's log."""


class Entries(QueueHandler):
    """Takes entries in the caller's thread and never waits: what does not fit is dropped and counted."""

    queue: Queue[logging.LogRecord]

    def __init__(self, queue: Queue[logging.LogRecord], own: str) -> None:
        super().__init__(queue)
        self.own = own
        self.file: LogFile | None = None
        """Where the thread behind the queue writes."""
        self.dropped = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Let in what this host's tasks log, and what is nobody's."""
        return home.get() in {"", self.own} and bool(super().filter(record))

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """As it is: the thread behind the queue formats it."""
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        """Hand over, with a word about those that were dropped before."""
        try:
            if self.dropped:
                self.queue.put_nowait(self._gap())
                self.dropped = 0
            self.queue.put_nowait(record)
        except Full:
            self.dropped += 1

    def _gap(self) -> logging.LogRecord:
        text = "%d log entries were dropped because the disk or the terminal was too slow"
        return logging.LogRecord("butler.logs", logging.WARNING, "", 0, text, (self.dropped,), None)


class LogFile(RotatingFileHandler):
    """The rotating file, for its owner's eyes only. A disk that refuses is told of once, on the terminal."""

    def __init__(self, path: Path, *, max_bytes: int, backups: int) -> None:
        self._refusal: BaseException | None = None
        # opened with the first entry: a disk that is read-only must not keep the host from starting
        super().__init__(
            path, maxBytes=max_bytes, backupCount=backups, encoding="utf-8", errors="backslashreplace", delay=True
        )

    def _open(self) -> TextIOWrapper:
        # the parent opens with the process's umask; what people said to the host is nobody else's
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return TextIOWrapper(os.fdopen(descriptor, "ab"), encoding=self.encoding, errors=self.errors)

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; after a refusal the first that is written again is told of."""
        before, self._refusal = self._refusal, None
        super().emit(record)
        if before and not self._refusal:
            _say(f"the log is written again: {self.baseFilename}")
        elif self._refusal and not before:
            _say(f"the log cannot be written, entries are lost: {self.baseFilename}: {self._refusal}")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the parent's name
        """Remember it; the parent would print a traceback for each entry."""
        self._refusal = sys.exc_info()[1]


class Terminal(logging.StreamHandler[TextIO]):
    """The terminal: the host's own entries, of libraries only errors."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is worth a line there."""
        own = record.name == "butler" or record.name.startswith("butler.")
        return (own or record.levelno >= logging.ERROR) and bool(super().filter(record))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the parent's name
        """A terminal that is gone is no reason to say so on it."""


def _say(text: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(f"butler: {text}\n")
