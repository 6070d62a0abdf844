"""Commands that wait for somebody's yes or no; they still wait after a restart."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from butler.services.controls.keep import Keep

YES = frozenset({"yes", "y", "ok", "okay", "yep", "sure", "confirm"})
NO = frozenset({"no", "n", "nope", "cancel", "stop"})
KIND = "confirm"


def answer_of(text: str) -> bool | None:
    """True for a yes, false for a no, ``None`` for anything else."""
    word = text[:16].strip().strip(".!").casefold()
    return True if word in YES else False if word in NO else None


@frozen
class Given:
    """A command as it was given: a typed line, or a path with options that the platform took apart."""

    line: str = ""
    path: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(factory=dict)


@frozen
class Pending:
    """A command that will be read again and run on yes."""

    given: Given
    at: float
    """When it was given, so that “tomorrow” stays what it was. Seconds since 1970, like ``until``."""
    token: str
    until: float


class Confirmations:
    """At most one for each person and channel, ``bound`` in all, each good for ``expiry`` seconds."""

    def __init__(self, keep: Keep, expiry: float = 60.0, bound: int = 1_000) -> None:
        self._keep = keep
        self.expiry = expiry
        self._bound = bound
        self._waiting: OrderedDict[tuple[str, str], Pending] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    async def start(self) -> None:
        """Read what waited before the restart."""
        for kept in await self._keep.all(KIND):
            body = kept.body
            given = Given(body["line"], tuple(body["path"]), body["values"])
            self._waiting[kept.person, body["channel"]] = Pending(given, body["at"], kept.key, kept.until)

    async def ask(self, person: str, channel: str, given: Given) -> str:
        """Keep it until it is answered; returns its token. What waited there before is dropped."""
        token, now = self._keep.key(), self._keep.now()
        before = self._waiting.get((person, channel))
        self._waiting[person, channel] = Pending(given, now, token, now + self.expiry)
        self._waiting.move_to_end((person, channel))
        while len(self._waiting) > self._bound:
            self._waiting.popitem(last=False)
        if before is not None:
            await self._keep.drop(before.token)
        values = {name: getattr(value, "id", value) for name, value in given.values.items()}
        body = {"channel": channel, "line": given.line, "path": list(given.path), "values": values, "at": now}
        await self._keep.put(KIND, token, person, body, now + self.expiry)
        return token

    def waits(self, person: str, channel: str) -> bool:
        pending = self._waiting.get((person, channel))
        return pending is not None and self._keep.now() < pending.until

    async def take(self, person: str, channel: str, token: str = "") -> Pending | None:
        """What waits for this person's answer, once; ``None`` if nothing does, or no longer, or something else."""
        pending = self._waiting.get((person, channel))
        if pending is None or (token and pending.token != token):
            return None
        del self._waiting[person, channel]
        await self._keep.drop(pending.token)
        return pending if self._keep.now() < pending.until else None
