"""Commands that wait for somebody's yes or no."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from attrs import frozen

from butler.clock import Clock

YES = frozenset({"yes", "y", "ok", "okay", "yep", "sure", "confirm"})
NO = frozenset({"no", "n", "nope", "cancel", "stop"})


def answer_of(text: str) -> bool | None:
    """True for a yes, false for a no, ``None`` for anything else."""
    word = text[:16].strip().strip(".!").casefold()
    return True if word in YES else False if word in NO else None


@frozen
class Pending:
    """A command with its arguments, as it will run on yes."""

    path: tuple[str, ...]
    values: dict[str, Any]
    token: str
    until: float


class Confirmations:
    """At most one for each person and channel, ``bound`` in all, each good for ``expiry`` seconds."""

    def __init__(self, clock: Clock, expiry: float = 60.0, bound: int = 1_000) -> None:
        self._clock = clock
        self.expiry = expiry
        self._bound = bound
        self._waiting: OrderedDict[tuple[str, str], Pending] = OrderedDict()
        self._made = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def ask(self, person: str, channel: str, path: tuple[str, ...], values: dict[str, Any]) -> str:
        """Keep it until it is answered; returns its token. What waited there before is dropped."""
        self._made += 1
        token = str(self._made)
        self._waiting[person, channel] = Pending(path, values, token, self._clock.monotonic() + self.expiry)
        self._waiting.move_to_end((person, channel))
        while len(self._waiting) > self._bound:
            self._waiting.popitem(last=False)
        return token

    def waits(self, person: str, channel: str) -> bool:
        pending = self._waiting.get((person, channel))
        return pending is not None and self._clock.monotonic() < pending.until

    def take(self, person: str, channel: str, token: str = "") -> Pending | None:
        """What waits for this person's answer, once; ``None`` if nothing does, or no longer, or something else."""
        pending = self._waiting.get((person, channel))
        if pending is None or (token and pending.token != token):
            return None
        del self._waiting[person, channel]
        return pending if self._clock.monotonic() < pending.until else None
