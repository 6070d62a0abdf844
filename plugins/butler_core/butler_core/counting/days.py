"""Which day it is in a guild, by its own clock, whatever daylight saving does to it."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo


def day_of(at: dt.datetime, zone: ZoneInfo) -> str:
    """The day of a moment, as ``2026-03-29``: it ends at midnight of that zone, be it 23, 24 or 25 hours long."""
    return at.astimezone(zone).date().isoformat()


def hour_of(at: dt.datetime, zone: ZoneInfo) -> int:
    """The hour on that zone's clock; the one that comes twice in autumn is one."""
    return at.astimezone(zone).hour


def first_of(days: int, now: dt.datetime, zone: ZoneInfo) -> str:
    """The first of the last so many days, today included."""
    return (now.astimezone(zone).date() - dt.timedelta(days=max(1, days) - 1)).isoformat()


def days_between(first: str, last: str) -> list[str]:
    """Each day from the first to the last."""
    begin, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    return [(begin + dt.timedelta(days=number)).isoformat() for number in range((end - begin).days + 1)]
