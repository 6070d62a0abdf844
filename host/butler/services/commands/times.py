"""Durations and moments as people write them: ``1h30m``, ``tomorrow 9:00``."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_NAMES: Final = {
    "s": "s|secs?|seconds?",
    "m": "m|mins?|minutes?",
    "h": "h|hrs?|hours?",
    "d": "d|days?",
    "w": "w|weeks?",
}
_ANY_UNIT: Final = "|".join(f"(?P<{unit}>{names})" for unit, names in _NAMES.items())
_PART: Final = re.compile(rf"\s*(\d{{1,9}}(?:\.\d{{1,6}})?)\s*(?:{_ANY_UNIT})(?![a-z])", re.IGNORECASE)
_LONGEST: Final = dt.timedelta(days=36_525)
_DAY: Final = dt.timedelta(days=1)
_LONGEST_TEXT: Final = 64

_MONTH: Final = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_HOUR: Final = re.compile(r"\bat (\d{1,2})(?![\d:.]|\s*[ap]\.?m)", re.IGNORECASE)
_ALONE: Final = re.compile(rf"\d{{1,3}}|\w|{_MONTH}", re.IGNORECASE)
"""Too little to be a moment, though the library would make one of it."""
_LOOSE: Final = re.compile(r"(\S+) \d{1,2}$")
"""“tomorrow 5”: the library ignores the number. Behind a month it is a day."""
_DANGLING: Final = re.compile(r" (?:a|an|and|for|my|of|or|that|the|to|with|your)$", re.IGNORECASE)
"""“30m the”: the library leaves such a word out. It begins what is said next."""
_LETTERS: Final = re.compile(r"[\w :.,/+-]+")


def duration(text: str) -> dt.timedelta:
    """``30m``, ``2h``, ``1d``, ``1h30m``, ``2 hours``; a hundred years at most. Raises ``ValueError``."""
    if len(text) > _LONGEST_TEXT:
        raise ValueError("too long")
    at, seconds = 0, 0.0
    while match := _PART.match(text, at):
        seconds += float(match[1]) * _UNITS[str(match.lastgroup)]
        at = match.end()
    if at == 0 or text[at:].strip() or seconds > _LONGEST.total_seconds():
        raise ValueError("no duration")
    return dt.timedelta(seconds=seconds)


def span(length: dt.timedelta) -> str:
    """A duration as it may be typed: ``1h30m``; parts of a second are left out."""
    left, parts = int(length.total_seconds()), []
    for unit, seconds in reversed(_UNITS.items()):
        count, left = divmod(left, seconds)
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts) or "0s"


def moment(text: str, now: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """A date or time in words or figures, or a duration from now, in a zone; the next one that fits; in UTC.

    Raises ``ValueError`` if it is none, ``OverflowError`` if no calendar reaches so far.
    """
    text = " ".join(text.split())
    if len(text) > _LONGEST_TEXT or not _LETTERS.fullmatch(text):
        raise ValueError("no moment")
    try:
        return _after(duration(text.removeprefix("in ")), now, zone)
    except ValueError:
        return _named(text, now, zone)


def _after(span: dt.timedelta, now: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """Whole days keep the time of day, also where the clocks change; anything else is exact."""
    if span % _DAY:
        return now + span
    wall = now.astimezone(zone).replace(tzinfo=None) + span
    return wall.replace(tzinfo=zone).astimezone(dt.UTC)


def _named(text: str, now: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    text = _HOUR.sub(r"at \1:00", text)
    loose = _LOOSE.search(text)
    if (
        _DANGLING.search(text)
        or _ALONE.fullmatch(text)
        or (loose and not re.fullmatch(_MONTH, loose[1], re.IGNORECASE))
    ):
        raise ValueError("no moment")
    import dateparser  # type: ignore[import-untyped]  # noqa: PLC0415 - 50 ms and 10 MB, paid on first use

    settings = {
        "PREFER_DATES_FROM": "future",
        "RELATIVE_BASE": now.astimezone(zone).replace(tzinfo=None),
    }
    found: dt.datetime | None = dateparser.parse(text, languages=["en"], settings=settings)
    if found is None:
        raise ValueError("no moment")
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(dt.UTC)
