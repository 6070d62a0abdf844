"""How a run ends: by a signal, once, and within a few seconds whatever hangs."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from types import TracebackType
from typing import Final, Self

PATIENCE: Final = 4.5
"""Seconds that everything together may take to end."""
FORCED: Final = 1
"""The exit code when it did not."""


class Ending:
    """Turns SIGINT and SIGTERM into an event; a second one ends the process at once."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        """Set once somebody wants an end."""
        self._signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        self._limit: threading.Timer | None = None

    def __enter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for number in self._signals:
            loop.add_signal_handler(number, self.ask)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        loop = asyncio.get_running_loop()
        for number in self._signals:
            loop.remove_signal_handler(number)

    def ask(self) -> None:
        """End; asked a second time, without waiting for anybody."""
        if self.asked.is_set():
            os._exit(FORCED)
        self.asked.set()

    def limit(self) -> None:
        """From now on the process has :data:`PATIENCE` seconds to end by itself."""
        self._limit = threading.Timer(PATIENCE, _give_up)
        self._limit.daemon = True
        self._limit.start()


def _give_up() -> None:
    left = ", ".join(sorted(thread.name for thread in threading.enumerate() if not thread.daemon))
    if sys.stderr is not None:
        sys.stderr.write(f"butler: something did not end in time and was left ({left}); everything received is kept\n")
        sys.stderr.flush()
    os._exit(FORCED)
