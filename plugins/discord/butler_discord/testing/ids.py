"""Snowflakes: ids that hold when they were made, and that grow."""

from __future__ import annotations

import datetime as dt

from butler import Clock

EPOCH = 1_420_070_400_000
"""Discord's first millisecond, in Unix time."""


class Ids:
    """Makes ids from a clock; each is greater than the one before, whatever the clock does."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0
        self._past: dict[int, int] = {}

    def new(self) -> int:
        """An id of this moment."""
        self._last = max(self._last + 1, _of(self._clock.now()))
        return self._last

    def at(self, when: dt.datetime) -> int:
        """An id of a moment in the past; a second one of the same moment is greater."""
        first = _of(when)
        self._past[first] = self._past.get(first, -1) + 1
        return first + self._past[first]


def _of(when: dt.datetime) -> int:
    return (int(when.timestamp() * 1000) - EPOCH) << 22


def made_at(identifier: int) -> dt.datetime:
    """When an id was made."""
    return dt.datetime.fromtimestamp(((identifier >> 22) + EPOCH) / 1000, dt.UTC)


def stamp(when: dt.datetime | None) -> str | None:
    """A time as Discord writes it."""
    return when.isoformat() if when else None
