"""Hours in which people sleep: ``22:00-08:00`` by the clocks of a zone."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

_FORM = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]):([0-5]\d)")


def hours(text: str) -> tuple[dt.time, dt.time] | None:
    """From when until when; ``None`` for none at all. Raises ``ValueError`` with what was expected."""
    if not text.strip():
        return None
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError(f'expected two times such as "22:00-08:00", or "" for none, not "{text[:40]}"')
    first, second = dt.time(int(found[1]), int(found[2])), dt.time(int(found[3]), int(found[4]))
    return None if first == second else (first, second)


def over_at(text: str, now: dt.datetime, zone: ZoneInfo) -> dt.datetime | None:
    """When the hours end that it is now; ``None`` outside of them. ``now`` is aware."""
    span = hours(text)
    if span is None:
        return None
    local = now.astimezone(zone)
    begin, end = span
    clock = local.time().replace(tzinfo=None)
    inside = begin <= clock < end if begin < end else clock >= begin or clock < end
    if not inside:
        return None
    day = local.date() + dt.timedelta(days=1 if begin > end and clock >= begin else 0)
    return dt.datetime.combine(day, end, zone).astimezone(dt.UTC)
