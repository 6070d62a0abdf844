"""Those who wait to be told something on one platform: guilds take turns, and only so many are told in a minute."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque

from attrs import define, field

from butler.store.marks import Out

MINUTE = 60.0


@define(eq=False)
class Waiting:
    """One push on its way."""

    out: Out
    person: str
    guild: str
    done: asyncio.Future[bool]
    faults: int = 0


@define(eq=False)
class Line:
    """One line; there are two for a platform: conversations that must be opened first have limits of their own."""

    guilds: OrderedDict[str, deque[Waiting]] = field(factory=OrderedDict)
    told: deque[float] = field(factory=deque)
    """When somebody was told in the last minute."""
    paused: float = 0.0
    """The platform asked for patience until then."""
    running: bool = False

    def put(self, waiting: Waiting, *, first: bool = False) -> None:
        """To the end of its guild's part, or back to where it was."""
        part = self.guilds.setdefault(waiting.guild, deque())
        if first:
            part.appendleft(waiting)
            self.guilds.move_to_end(waiting.guild, last=False)
        else:
            part.append(waiting)

    def take(self) -> Waiting | None:
        """The next one; its guild goes to the end."""
        if not self.guilds:
            return None
        guild, part = self.guilds.popitem(last=False)
        waiting = part.popleft()
        if part:
            self.guilds[guild] = part
        return waiting

    def drop(self, person: str) -> list[Waiting]:
        """Take out what is for somebody."""
        dropped = [each for part in self.guilds.values() for each in part if each.person == person]
        for guild, part in [*self.guilds.items()]:
            left = deque(each for each in part if each.person != person)
            self.guilds[guild] = left
            if not left:
                del self.guilds[guild]
        return dropped

    def room_in(self, now: float, most: int) -> float:
        """In how many seconds somebody may be told; 0: at once."""
        while self.told and now - self.told[0] >= MINUTE:
            self.told.popleft()
        wait = self.told[-most] + MINUTE - now if most and len(self.told) >= most else 0.0
        return max(wait, self.paused - now, 0.0)
