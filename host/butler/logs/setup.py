"""Setting the log up: structlog once for the process, a file and a terminal for each host."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from logging.handlers import QueueListener
from pathlib import Path
from queue import Queue
from typing import Final, Self, TextIO

import structlog

from butler.logs.handlers import Entries, LogFile, Terminal, home
from butler.logs.mask import Scrub
from butler.logs.render import formatter

FILE: Final = Path("logs", "butler.log")
"""Where a host's log lies below its data directory."""
_QUEUE: Final = 10_000


def configure() -> None:
    """Route structlog through the standard library's logging. The same however often it is called."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def rotate(data: Path) -> bool:
    """Begin a new log file for the host whose data lies there; false where none of this process writes one."""
    own = str((data / FILE).resolve())
    for handler in logging.getLogger().handlers:
        if isinstance(handler, Entries) and handler.own == own and handler.file is not None:
            with handler.file.lock or contextlib.nullcontext():
                handler.file.doRollover()
            return True
    return False


def _everything(text: str) -> str:
    return text


class Logs:
    """A host's log. Close it: it owns a thread and a file.

    ``level`` holds for everything below the logger ``butler``; libraries keep the root logger's level
    (warnings and worse). Give ``terminal=sys.stderr`` to have short lines there, too.
    """

    def __init__(
        self,
        data: Path,
        *,
        scrub: Scrub = _everything,
        level: str = "info",
        terminal: TextIO | None = None,
        max_bytes: int = 10_000_000,
        backups: int = 5,
    ) -> None:
        self.path = data / FILE
        self._level = level.upper()
        self._scrub = scrub
        self._terminal = terminal
        self._rotation = (max_bytes, backups)
        self._entries: Entries | None = None
        self._listener: QueueListener | None = None

    def start(self) -> None:
        """Begin to write. What the calling task and those it starts from now on log goes to this log alone."""
        if self._entries is not None:
            return
        configure()
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        own = str(self.path.resolve())
        queue: Queue[logging.LogRecord] = Queue(_QUEUE)
        self._entries = Entries(queue, own)
        outputs = self._outputs()
        self._entries.file = next(each for each in outputs if isinstance(each, LogFile))
        self._listener = QueueListener(queue, *outputs)
        self._listener.start()
        logging.getLogger("butler").setLevel(self._level)
        logging.getLogger().addHandler(self._entries)
        home.set(own)

    def _outputs(self) -> list[logging.Handler]:
        max_bytes, backups = self._rotation
        file = LogFile(self.path, max_bytes=max_bytes, backups=backups)
        file.setFormatter(formatter(self._scrub, short=False))
        if self._terminal is None:
            return [file]
        terminal = Terminal(self._terminal)
        terminal.setFormatter(formatter(self._scrub, short=True, colour=self._terminal.isatty()))
        return [file, terminal]

    def close(self) -> None:
        """Write what is waiting, then let go of the thread and the file. Waits for the disk."""
        if self._entries is None or self._listener is None:
            return
        logging.getLogger().removeHandler(self._entries)
        self._listener.stop()
        for output in self._listener.handlers:
            output.close()
        self._entries.close()
        self._entries = self._listener = None

    async def stop(self) -> None:
        """Like :meth:`close`, while the event loop goes on."""
        await asyncio.to_thread(self.close)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
