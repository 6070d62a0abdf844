"""The time: injected everywhere, so that tests run a simulated week in seconds."""

from __future__ import annotations

import datetime as dt
import time


class Clock:
    """The machine's own time. Tests give a virtual one with the same two methods."""

    def now(self) -> dt.datetime:
        """The time, aware, in UTC."""
        return dt.datetime.now(dt.UTC)

    def monotonic(self) -> float:
        """Seconds that never go back, from an arbitrary start."""
        return time.monotonic()
