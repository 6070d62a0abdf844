"""Who has to wait before using a command again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

from butler.clock import Clock


class Cooldowns:
    """Remembers, for at most ``bound`` uses, until when each is blocked; the oldest are forgotten first."""

    def __init__(self, clock: Clock, bound: int = 10_000) -> None:
        self._clock = clock
        self._bound = bound
        self._until: OrderedDict[Hashable, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._until)

    def left(self, key: Hashable) -> float:
        """Seconds until it may be used again; 0 if it may."""
        return max(0.0, self._until.get(key, 0.0) - self._clock.monotonic())

    def take(self, key: Hashable, seconds: float) -> None:
        """Block it for so long."""
        if seconds <= 0:
            return
        self._until[key] = self._clock.monotonic() + seconds
        self._until.move_to_end(key)
        if len(self._until) > self._bound:
            self._sweep()

    def release(self, key: Hashable) -> None:
        """Unblock it: the use came to nothing."""
        self._until.pop(key, None)

    def _sweep(self) -> None:
        now = self._clock.monotonic()
        for key in [key for key, until in self._until.items() if until <= now]:
            del self._until[key]
        while len(self._until) > self._bound // 2:
            self._until.popitem(last=False)
