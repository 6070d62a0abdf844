"""Time zones by the names that people give them, without asking anybody."""

from __future__ import annotations

import datetime as dt
import functools
import zoneinfo
from collections.abc import Mapping


@functools.cache
def _by_city() -> Mapping[str, str]:
    """Cities to zones, and the zones' own names; those that everybody means before far ones of the same name."""
    found: dict[str, str] = {}
    for name in sorted(zoneinfo.available_timezones(), key=lambda each: (each.count("/"), each)):
        city = name.rpartition("/")[2].replace("_", " ").casefold()
        found.setdefault(name.casefold(), name)
        found.setdefault(city, name)
    return found


def zone_called(text: str) -> str:
    """``Berlin``, ``europe/berlin``, ``UTC`` as a zone's name; ``""`` if it is none."""
    return _by_city().get(" ".join(text.split()).casefold(), "")


def told(name: str, zone: str, now: dt.datetime) -> str:
    """What the clocks show there."""
    there = now.astimezone(zoneinfo.ZoneInfo(zone))
    offset = there.strftime("%z")
    return f"In {name} it is {there:%H:%M} on {there:%A, %d %B %Y} (UTC{offset[:3]}:{offset[3:]})."
