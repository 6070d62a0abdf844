"""Durations as they stand in a configuration: ``30m``, ``6h``, ``1d 12h``."""

from __future__ import annotations

import datetime as dt
import re

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_PART = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*([smhdw])\s*", re.IGNORECASE)
_LONGEST = 86400.0 * 36_525


def read_duration(value: object) -> dt.timedelta | None:
    """A number of seconds or a text with units as a duration, or ``None`` if it is none (a century at most)."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    seconds = _from_text(value.strip()) if isinstance(value, str) else float(min(value, 1e12))
    return dt.timedelta(seconds=seconds) if seconds is not None and 0 <= seconds <= _LONGEST else None


def _from_text(text: str) -> float | None:
    at, seconds = 0, 0.0
    while match := _PART.match(text, at):
        seconds += float(match[1]) * _SECONDS[match[2].lower()]
        at = match.end()
    return seconds if at and at == len(text) else None


def duration_text(value: dt.timedelta) -> str:
    """A duration as it is written: ``1d12h``, ``90s``."""
    left, text = value.total_seconds(), ""
    for unit in ("w", "d", "h", "m"):
        count, left = divmod(left, _SECONDS[unit])
        text += f"{int(count)}{unit}" if count else ""
    return text + (f"{left:g}s" if left or not text else "")
