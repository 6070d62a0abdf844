"""Durations and moments as people write them: ``1h30m``, ``tomorrow 9:00``."""

from __future__ import annotations

import datetime as dt
import re

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_NAMES = {"s": "s|secs?|seconds?", "m": "m|mins?|minutes?", "h": "h|hrs?|hours?", "d": "d|days?", "w": "w|weeks?"}
_PART = re.compile(
    r"\s*(\d{1,9}(?:\.\d{1,6})?)\s*(?:"
    + "|".join(f"(?P<{unit}>{names})" for unit, names in _NAMES.items())
    + r")(?![a-z])",
    re.IGNORECASE,
)
_LONGEST = dt.timedelta(days=36_525)
_HOUR = re.compile(r"\bat (\d{1,2})(?![\d:.]|\s*[ap]m)", re.IGNORECASE)
_TOO_SHORT = re.compile(r"\s*(?:\d{1,3}|\w)?\s*")


def duration(text: str) -> dt.timedelta:
    """``30m``, ``2h``, ``1d``, ``1h30m``, ``2 hours``; a hundred years at most. Raises ``ValueError``."""
    if len(text) > 64:
        raise ValueError("too long")
    at, seconds = 0, 0.0
    while match := _PART.match(text, at):
        seconds += float(match[1]) * _UNITS[str(match.lastgroup)]
        at = match.end()
    if at == 0 or text[at:].strip() or seconds > _LONGEST.total_seconds():
        raise ValueError("no duration")
    return dt.timedelta(seconds=seconds)


def moment(text: str, now: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """A date or time in words or figures, in a zone, the next one that fits; aware, in UTC. Raises ``ValueError``."""
    if len(text) > 64 or _TOO_SHORT.fullmatch(text) or not text.isprintable():
        raise ValueError("no moment")
    import dateparser  # type: ignore[import-untyped]  # noqa: PLC0415 - 50 ms and 10 MB, paid on first use

    local = now.astimezone(zone)
    settings = {
        "PREFER_DATES_FROM": "future",
        "RELATIVE_BASE": local.replace(tzinfo=None),
    }
    found: dt.datetime | None = dateparser.parse(_HOUR.sub(r"at \1:00", text), languages=["en"], settings=settings)
    if found is None:
        raise ValueError("no moment")
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(dt.UTC)
