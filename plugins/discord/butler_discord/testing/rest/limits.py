"""Rate limits: so many requests per route and place, so many of a bot in a second, so many wrong ones of an address."""

from __future__ import annotations

import hashlib
import math
from collections import deque
from collections.abc import Mapping

from attrs import define, field, frozen
from butler import Clock

from butler_discord.testing.errors import Refused

Window = tuple[int, float]
"""So many within so many seconds."""
MAJOR = ("channel", "guild", "webhook", "token")
"""Ids in a path that have limits of their own."""


@frozen
class Limits:
    """What is too much. As it stands here tests are never slowed down; :data:`AS_DISCORD` is what bots meet outside."""

    routes: Mapping[str, Window] = field(factory=dict)
    """``"POST /channels/{channel}/messages"`` to its window."""
    others: Window = (10_000, 1.0)
    everything: int | None = None
    """A bot's requests in a second, over all routes."""
    invalid: Window = (10_000, 600.0)
    """Requests that end in 401, 403 or 429, before the address is locked out for the rest of the time."""
    starts: Window = (1000, 86_400.0)
    """IDENTIFYs of a bot."""
    concurrency: int = 1
    start_every: float = 0.0
    """Seconds between IDENTIFYs of one of the ``concurrency`` groups of shards."""
    gateway: Window = (120, 60.0)
    """Payloads that a bot sends on one connection."""
    resume: float = 180.0
    """For so many seconds after its connection was lost a session can be resumed."""
    guilds_per_shard: int = 2500
    new_dms: Window | None = None
    """Direct conversations that a bot opens, before it is quarantined (error 40003)."""
    members_every: float = 0.0
    """Seconds between two requests for all members of a guild."""
    commands: Window = (200, 86_400.0)
    """Commands that are made in a guild (or globally)."""


AS_DISCORD = Limits(
    routes={
        "POST /channels/{channel}/messages": (5, 5.0),
        "PATCH /channels/{channel}/messages/{message}": (5, 5.0),
        "DELETE /channels/{channel}/messages/{message}": (5, 1.0),
        "POST /channels/{channel}/messages/bulk-delete": (1, 1.0),
        "POST /channels/{channel}/typing": (5, 5.0),
        "PUT /channels/{channel}/messages/{message}/reactions/{emoji}/@me": (1, 0.25),
        "DELETE /channels/{channel}/messages/{message}/reactions/{emoji}/@me": (1, 0.25),
        "PATCH /channels/{channel}": (5, 15.0),
        "PATCH /guilds/{guild}/members/{user}": (10, 10.0),
        "PUT /guilds/{guild}/members/{user}/roles/{role}": (10, 10.0),
        "DELETE /guilds/{guild}/members/{user}/roles/{role}": (10, 10.0),
        "POST /webhooks/{webhook}/{token}": (5, 2.0),
        "POST /users/@me/channels": (10, 10.0),
    },
    others=(50, 1.0),
    everything=50,
    start_every=5.0,
    new_dms=(10, 60.0),
    members_every=30.0,
)
"""The documented limits, and for routes, whose limits Discord does not publish, values that bots report."""


@define
class _Bucket:
    opened: float
    used: int = 0


class Locked(Exception):
    """The address is locked out (what is known as a Cloudflare ban)."""

    def __init__(self, seconds: float) -> None:
        super().__init__("error code: 1015")
        self.seconds = seconds


class Meter:
    """Counts requests, and refuses those that are too many."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self.clock = clock
        self.limits = limits
        self._buckets: dict[tuple[str, ...], _Bucket] = {}
        self._wrong: dict[str, deque[float]] = {}

    def open_door(self, address: str) -> None:
        """Raises ``Locked`` if too many wrong requests came from an address."""
        most, seconds = self.limits.invalid
        wrong = self._wrong.get(address)
        now = self.clock.monotonic()
        while wrong and now - wrong[0] >= seconds:
            wrong.popleft()
        if wrong and len(wrong) >= most:
            raise Locked(seconds - (now - wrong[0]))

    def wrong(self, address: str) -> None:
        """Note a request that ended in 401, 403 or 429."""
        self._wrong.setdefault(address, deque()).append(self.clock.monotonic())

    def invalid(self) -> int:
        """How many wrong requests are held against somebody now."""
        return sum(map(len, self._wrong.values()))

    def count(self, route: str, who: str, params: Mapping[str, str], *, free: bool) -> dict[str, str]:
        """Count a request; the headers of its answer. ``free``: the limit over all routes does not hold for it.

        Raises ``Refused`` with 429.
        """
        now = self.clock.monotonic()
        if self.limits.everything is not None and not free:
            self._everything(who, now, self.limits.everything)
        most, seconds = self.limits.routes.get(route, self.limits.others)
        name = hashlib.sha1(route.encode(), usedforsecurity=False).hexdigest()[:16]
        key = (name, who, *(params[each] for each in MAJOR if each in params))
        bucket = self._bucket(key, now, seconds)
        bucket.used += 1
        after = bucket.opened + seconds - now
        headers = {
            "X-RateLimit-Limit": str(most), "X-RateLimit-Remaining": str(max(0, most - bucket.used)),
            "X-RateLimit-Reset": f"{self.clock.now().timestamp() + after:.3f}",
            "X-RateLimit-Reset-After": f"{after:.3f}", "X-RateLimit-Bucket": name,
        }  # fmt: skip
        if bucket.used > most:
            raise too_many(after, headers)
        return headers

    def _everything(self, who: str, now: float, most: int) -> None:
        bucket = self._bucket(("", who), now, 1.0)
        bucket.used += 1
        if bucket.used > most:
            raise too_many(bucket.opened + 1.0 - now, {}, everywhere=True)

    def _bucket(self, key: tuple[str, ...], now: float, seconds: float) -> _Bucket:
        bucket = self._buckets.get(key)
        if bucket is None or now - bucket.opened >= seconds:
            if len(self._buckets) > 10_000:
                self._buckets.clear()
            bucket = self._buckets[key] = _Bucket(now)
        return bucket


def too_many(after: float, headers: Mapping[str, str], *, everywhere: bool = False, shared: bool = False) -> Refused:
    """429, with when to try again."""
    words = "The resource is being rate limited." if shared else "You are being rate limited."
    refused = Refused(429, 0, words)
    refused.body = {"message": words, "retry_after": round(after, 3), "global": everywhere}
    scope = "global" if everywhere else "shared" if shared else "user"
    refused.headers = {**headers, "Retry-After": str(math.ceil(after)), "X-RateLimit-Scope": scope}
    if everywhere:
        refused.headers["X-RateLimit-Global"] = "true"
    return refused
