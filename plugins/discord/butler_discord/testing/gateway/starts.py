"""How often a bot may begin a session: so many a day, and not too many at once."""

from __future__ import annotations

from collections import defaultdict, deque

from butler_discord.testing.errors import JSON
from butler_discord.testing.rest.limits import Limits
from butler_discord.testing.state.users import App, User, token_for
from butler_discord.testing.world import World


class Starts:
    """Counts IDENTIFYs."""

    def __init__(self, world: World, limits: Limits) -> None:
        self.world = world
        self.limits = limits
        self.all: list[tuple[float, App]] = []
        """Each IDENTIFY, with the clock's monotonic time."""
        self._within: dict[App, deque[float]] = defaultdict(deque)
        self._last: dict[tuple[App, int], float] = {}

    def _recent(self, app: App) -> deque[float]:
        seconds = self.limits.starts[1]
        recent = self._within[app]
        while recent and self.world.clock.monotonic() - recent[0] >= seconds:
            recent.popleft()
        return recent

    def json(self, app: App) -> JSON:
        """As ``/gateway/bot`` gives it."""
        most, seconds = self.limits.starts
        recent = self._recent(app)
        left = recent[0] + seconds - self.world.clock.monotonic() if recent else 0.0
        return {
            "total": most, "remaining": max(0, most - len(recent)), "reset_after": int(left * 1000),
            "max_concurrency": self.limits.concurrency,
        }  # fmt: skip

    def count(self, app: App, shard: int) -> bool:
        """Count one; false: too soon after another. Too many in a day reset the token, as Discord does."""
        now = self.world.clock.monotonic()
        self.all.append((now, app))
        recent = self._recent(app)
        recent.append(now)
        if len(recent) > self.limits.starts[0]:
            app.token = token_for(app.id, len(self.all))
        group = (app, shard % self.limits.concurrency)
        last = self._last.get(group)
        self._last[group] = now
        return last is None or now - last >= self.limits.start_every


class NewDms:
    """Counts the direct conversations that bots open; whoever opens too many is quarantined for a while."""

    def __init__(self, world: World, limits: Limits) -> None:
        self.world = world
        self.limits = limits
        self._opened: dict[App, deque[float]] = defaultdict(deque)

    def may(self, app: App, person: User) -> bool:
        """Whether a bot may open one with somebody now; if so it is counted."""
        if self.limits.new_dms is None or frozenset({app.id, person.id}) in self.world.dms:
            return True
        most, seconds = self.limits.new_dms
        opened, now = self._opened[app], self.world.clock.monotonic()
        while opened and now - opened[0] >= seconds:
            opened.popleft()
        if len(opened) >= most:
            return False
        opened.append(now)
        return True
