"""The hour, the day and the month that it is somewhere: what budgets are counted in."""

from __future__ import annotations

import datetime as dt
from typing import Literal
from zoneinfo import ZoneInfo

from attrs import frozen

Period = Literal["hour", "day", "month"]
PERIODS: tuple[Period, ...] = ("hour", "day", "month")


@frozen
class Window:
    """From ``start`` on, until before ``end`` (seconds since 1970)."""

    period: Period
    start: float
    end: float


def window(period: Period, now: dt.datetime, zone: ZoneInfo) -> Window:
    """The window that ``now`` lies in, by the clocks of a zone."""
    local = now.astimezone(zone)
    if period == "hour":
        start = now.timestamp() - (local.minute * 60 + local.second + local.microsecond / 1e6)
        return Window(period, start, start + 3600)
    first = local.date() if period == "day" else local.date().replace(day=1)
    after = first + dt.timedelta(days=1) if period == "day" else (first + dt.timedelta(days=32)).replace(day=1)
    return Window(period, _midnight(first, zone), _midnight(after, zone))


def _midnight(day: dt.date, zone: ZoneInfo) -> float:
    return dt.datetime.combine(day, dt.time(), zone).timestamp()
