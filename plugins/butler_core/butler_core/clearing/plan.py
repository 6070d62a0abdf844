"""What goes at once, what goes one by one, what stays, and how long that takes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence

from attrs import frozen
from butler import Message

TOGETHER = 100
"""So many go in one step."""
BULK_AGE = dt.timedelta(days=13, hours=23)
"""Younger messages may go together: Discord refuses older ones than 14 days, and they age while they wait."""
STEP = 1.0
"""Seconds that a step of many takes."""


@frozen
class Plan:
    """Ids of what is to go, the newest first."""

    young: tuple[str, ...]
    """These go a hundred at a time."""
    old: tuple[str, ...]
    """These go one by one."""
    pinned: int = 0
    """So many that are pinned stay."""

    @property
    def total(self) -> int:
        """How many go."""
        return len(self.young) + len(self.old)

    def steps(self, done: int = 0) -> Iterator[tuple[str, ...]]:
        """What goes together, step by step, without those that are done."""
        for start in range(0, len(self.young), TOGETHER):
            step = self.young[start : start + TOGETHER]
            if start + len(step) > done:
                yield step
        for number, message in enumerate(self.old, len(self.young)):
            if number >= done:
                yield (message,)

    def seconds(self, pace: float) -> float:
        """How long it takes."""
        return -(-len(self.young) // TOGETHER) * STEP + len(self.old) * pace


def planned(found: Sequence[Message], pinned: Collection[str], count: int, now: dt.datetime, *, together: bool) -> Plan:
    """What goes of the messages that were found (the newest last); ``together``: the platform can delete many."""
    loose = [message for message in reversed(found) if message.id not in pinned][:count]
    reached = {message.id for message in found if not loose or message.at >= loose[-1].at}
    young = [message.id for message in loose if together and now - message.at < BULK_AGE]
    old = [message.id for message in loose if message.id not in {*young}]
    return Plan(tuple(young), tuple(old), len(reached & {*pinned}))


def spoken(seconds: float) -> str:
    """A length of time as people say it: ``about 2 minutes``."""
    if seconds < 10:
        return "a few seconds"
    if seconds < 90:
        return f"about {round(seconds / 10) * 10} seconds"
    if seconds < 90 * 60:
        return f"about {round(seconds / 60)} minutes"
    return f"about {round(seconds / 3600)} hours"
