"""Lengths of time as they may be typed: ``1h30m``."""

from __future__ import annotations

import datetime as dt

_UNITS = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}


def span(length: dt.timedelta) -> str:
    """``1h30m``; parts of a second are left out."""
    left, parts = int(length.total_seconds()), []
    for unit, seconds in _UNITS.items():
        count, left = divmod(left, seconds)
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts) or "0s"
