"""When something runs next: once, at an interval, by a cron line in a zone with its daylight saving."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final, Literal
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from butler.errors import BadArgument

Kind = Literal["once", "every", "cron"]

SHORTEST: Final = 1.0
"""Seconds; an interval below that is refused."""
_TICK: Final = dt.timedelta(microseconds=1)
_HORIZON: Final = dt.timedelta(days=366 * 9)
"""How far ahead a cron line is looked for: the 29th of February may be eight years away."""
_LONGEST_CHANGE: Final = dt.timedelta(hours=3)
"""No clock is set forward or back by more."""
_LOOKS_BACK: Final = (3600.0, 86_400.0, 32 * 86_400.0, 366 * 86_400.0, 1e12)
"""Seconds: the last run of a line is looked for in the last hour, then further back, so that it takes few steps."""
_REMEDY: Final = 'write "minute hour day month weekday" with day names, as in "30 18 * * mon-fri"'


def next_time(kind: Kind, spec: str, anchor: float, after: dt.datetime, zone: ZoneInfo) -> dt.datetime | None:
    """The first time strictly after ``after``, in UTC; ``None`` if there is none.

    ``spec`` holds the seconds of an interval or a cron line. An interval counts from ``anchor`` (a
    timestamp) in real seconds, so that it never drifts. A cron line is read on the zone's clock: where
    the clock is set forward a time that does not exist runs as much later, where it is set back a
    time that comes twice runs the first time. Lines for every hour run on through both.
    """
    if kind == "once":
        at = dt.datetime.fromtimestamp(anchor, dt.UTC)
        return at if at > after else None
    if kind == "every":
        return _next_interval(float(spec), anchor, after)
    return _next_cron(spec, after, zone)


def next_after(kind: Kind, spec: str, anchor: float, after: float, zone: ZoneInfo) -> float | None:
    """:func:`next_time` for timestamps."""
    found = next_time(kind, spec, anchor, dt.datetime.fromtimestamp(after, dt.UTC), zone)
    return None if found is None else found.timestamp()


def last_before(kind: Kind, spec: str, anchor: float, first: float, now: float, zone: ZoneInfo) -> float:
    """The last time until now of those that begin with ``first``, which is over: what was missed last."""
    if kind == "every":
        return first + (now - first) // float(spec) * float(spec)
    if kind == "cron":
        for back in _LOOKS_BACK:
            after = max(first - 1.0, now - back)
            found = next_after(kind, spec, anchor, after, zone)
            if found is not None and found <= now:
                break
        while found is not None and found <= now:
            first, found = found, next_after(kind, spec, anchor, found, zone)
    return first


def check_interval(seconds: float) -> str:
    """The stored form of an interval. Raises ``BadArgument`` if it is too short or no length of time."""
    if not SHORTEST <= seconds < 86400 * 36525:
        raise BadArgument(f"an interval of {seconds} seconds", remedy=f"give {SHORTEST:g} second to 100 years")
    return repr(round(float(seconds), 3))  # a timedelta holds it exactly, so that it never drifts


def check_cron(line: str, now: dt.datetime) -> str:
    """The stored form of a cron line. Raises ``BadArgument``, with the remedy, if it is none or never comes.

    Weekdays are names: their numbers begin at Sunday in cron and at Monday in APScheduler, so that a
    number is refused instead of meaning one or the other. A day of the month beside a weekday means
    both at once.
    """
    fields = line.lower().split()
    if len(fields) != 5:
        raise BadArgument(f'"{line}" has {len(fields)} fields, a cron line has 5', remedy=_REMEDY)
    if re.search(r"(?<!/)\d", fields[4]):
        raise BadArgument(f'"{line}" names weekdays by number', remedy=_REMEDY)
    line = " ".join(fields)
    try:
        found = _next_cron(line, now, ZoneInfo("UTC"))
    except ValueError as error:
        raise BadArgument(f'"{line}" is no cron line ({error})', remedy=_REMEDY) from error
    if found is None:
        raise BadArgument(f'"{line}" names a time that never comes', remedy=_REMEDY)
    return line


def _next_interval(seconds: float, anchor: float, after: dt.datetime) -> dt.datetime:
    start = dt.datetime.fromtimestamp(anchor, dt.UTC)
    trigger = IntervalTrigger(seconds=seconds, start_date=start, timezone=dt.UTC)
    found: dt.datetime = trigger.get_next_fire_time(None, after + _TICK)
    # float arithmetic may give the very time it should go beyond
    return found if found > after else found + dt.timedelta(seconds=seconds)


def _next_cron(line: str, after: dt.datetime, zone: ZoneInfo) -> dt.datetime | None:
    """The wall clock's next time of the line, turned into a time; wall clocks know no daylight saving."""
    wall = _next_on_the_wall(line, _wall(after, zone))
    while wall is not None and _time(wall, zone) <= after:
        wall = _next_on_the_wall(line, wall)
    if wall is None or not line.split()[1].startswith("*"):
        return wall and _time(wall, zone)
    return _second_pass(line, after, _time(wall, zone), zone)


def _second_pass(line: str, after: dt.datetime, latest: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """The hour that comes twice, for a line that holds in every hour: the wall clock finds the first one only."""
    for probe in (after, after + _LONGEST_CHANGE):
        offset = probe.astimezone(zone).utcoffset() or dt.timedelta()
        wall = _next_on_the_wall(line, _wall(after, dt.timezone(offset)))
        while wall is not None and (at := wall - offset) < latest:
            if at.astimezone(zone).utcoffset() == offset:
                latest = at
            wall = _next_on_the_wall(line, wall)
    return latest


def _wall(at: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    return at.astimezone(zone).replace(tzinfo=dt.UTC, fold=0)


def _time(wall: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    return wall.replace(tzinfo=zone).astimezone(dt.UTC)


def _next_on_the_wall(line: str, wall: dt.datetime) -> dt.datetime | None:
    minute, hour, day, month, weekday = line.split()
    trigger = CronTrigger(
        minute=minute, hour=hour, day=day, month=month, day_of_week=weekday, timezone=dt.UTC, end_date=wall + _HORIZON
    )
    found: dt.datetime | None = trigger.get_next_fire_time(None, wall + _TICK)
    return found
