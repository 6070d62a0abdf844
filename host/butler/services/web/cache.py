"""What was fetched a moment ago and has not changed is not fetched again; bounded, and in memory alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from attrs import evolve, field, frozen

from butler.clock import Clock
from butler.services.web.fetched import Fetched

MOST: Final = 8_000_000
"""Bytes of content in all."""
ENTRIES: Final = 500
LONGEST: Final = 86_400.0
"""Seconds for which something is taken for fresh at most, whatever its server says."""
_SAME: Final = frozenset({"accept", "accept-encoding", "user-agent"})
"""Request headers that are the same each time, or part of the key."""

Key = tuple[str, str, int]
"""URL, what was accepted, the limit."""


@frozen
class Entry:
    """Something kept: good until ``until``, then asked about with its validators."""

    fetched: Fetched
    until: float
    validators: Mapping[str, str] = field(factory=dict)


class Cache:
    """The least recently used goes first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: dict[Key, Entry] = {}
        self._bytes = 0

    def get(self, key: Key) -> Entry | None:
        """What is kept, fresh or not."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._entries[key] = entry
        return entry

    def is_fresh(self, entry: Entry) -> bool:
        """Whether it need not be asked about."""
        return self._clock.monotonic() < entry.until

    def put(self, key: Key, fetched: Fetched, headers: Mapping[str, str]) -> None:
        """Keep it, if its server allows that and it could be of use."""
        self.drop(key)
        entry = self._entry(fetched, headers)
        if entry is None or len(fetched.content) > MOST // 4:
            return
        self._entries[key] = entry
        self._bytes += len(fetched.content)
        while self._bytes > MOST or len(self._entries) > ENTRIES:
            self.drop(next(iter(self._entries)))

    def renew(self, key: Key, entry: Entry, headers: Mapping[str, str]) -> Fetched:
        """It has not changed; returns it."""
        told = self._entry(entry.fetched, headers)
        if key in self._entries:
            self._entries[key] = evolve(entry, until=told.until if told else 0.0)
        return entry.fetched

    def drop(self, key: Key) -> None:
        """Forget it."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= len(entry.fetched.content)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._bytes = 0

    def _entry(self, fetched: Fetched, headers: Mapping[str, str]) -> Entry | None:
        control = headers.get("cache-control", "").lower()
        vary = {name.strip() for name in headers.get("vary", "").lower().split(",") if name.strip()}
        if fetched.status != 200 or re.search(r"no-store|private", control) or vary - _SAME:
            return None
        validators = {
            condition: headers[told][:500]
            for condition, told in (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified"))
            if re.fullmatch(r"[\x20-\x7e]+", headers.get(told, ""))
        }
        fresh = re.search(r"max-age\s*=\s*\"?(\d{1,9})", control)
        seconds = 0.0 if fresh is None or "no-cache" in control else min(LONGEST, float(fresh[1]))
        if not validators and not seconds:
            return None
        return Entry(fetched, self._clock.monotonic() + seconds, validators)
