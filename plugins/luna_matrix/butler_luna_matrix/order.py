"""Whether a transaction comes in its order: what a homeserver left out is asked for before the next is taken (LUNA-5).

Synapse keeps a transaction that it could not deliver, and takes it up only after a later one was refused: so one that
was under way when it stopped waits, perhaps for hours, while later ones come. Its numbers rise by one, but all
application services share them. So a gap is looked into: the transaction is refused once, which has everything that
was kept come first, the oldest before the others. Where that brings nothing, others used the numbers, and the next
gaps are taken as they are for a while.
"""

from __future__ import annotations

from butler import Clock

LONGEST = 60.0
"""Seconds between two looks into gaps where they never mean anything."""


class Order:
    """Remembers the last number."""

    def __init__(self, clock: Clock, last: str = "") -> None:
        self._clock = clock
        self._last = int(last) if last.isdecimal() else 0
        self._doubted = 0
        self._fruitless = 0
        self._not_before = 0.0

    def is_due(self, number: str) -> bool:
        """Whether a transaction may be taken now; one that may not is judged anew when it comes again."""
        if not number.isdecimal():
            return True
        now = int(number)
        if now == self._doubted:  # nothing older was left: others used the numbers between
            self._doubted = 0
            self._fruitless += 1
            self._not_before = self._clock.monotonic() + min(LONGEST, 2.0**self._fruitless)
            return True
        if self._doubted and now < self._doubted:  # there it is
            self._doubted = 0
            self._fruitless = 0
            return True
        gap = self._last and now > self._last + 1
        if not gap or self._clock.monotonic() < self._not_before:
            return True
        self._doubted = now
        return False

    def took(self, number: str) -> None:
        """A transaction was taken in."""
        if number.isdecimal():
            self._last = max(self._last, int(number))
