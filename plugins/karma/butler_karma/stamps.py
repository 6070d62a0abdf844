"""Stamps: karma weighed by who gave it. Made anew on a tick where something changed, in a thread."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Coroutine, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import field, frozen
from butler import Guild, Person, Plugin, Rank

from butler_karma import tables
from butler_karma.settings import Settings

if TYPE_CHECKING:
    from butler_karma.trust import Ballots

WORTH = 1000.0
"""What the founder's stamps weigh."""
_OWNERS_AMONG = 300
_KEPT = 64
"""Guilds, and moments of the past, that are kept."""
_AT_ONCE = 2_000
"""People who are looked up before others get their turn on the event loop."""


@frozen
class Standing:
    """What everybody's stamps weighed at one time."""

    people: Mapping[str, int]
    """Ids to their numbers, those who gave most first."""
    ballots: Ballots
    founders: Sequence[int]
    gamma: float
    newest: int
    """The last row of the ledger that counted."""
    weights: Sequence[float] = field(repr=False)

    def of(self, person: str) -> float:
        """What somebody's stamps weigh, of the founder's 1000."""
        return float(self.weights[self.people[person]]) if person in self.people else 0.0

    def best(self, most: int = 10) -> list[tuple[str, float]]:
        """Whose stamps weigh most."""
        ranked = sorted(self.people, key=lambda who: (-self.of(who), who))
        return [(who, self.of(who)) for who in ranked[:most] if self.of(who) > 0]

    def reasons(self, person: str, most: int = 10) -> list[tuple[str, float]]:
        """By whose stamps somebody's weigh what they weigh, the largest part first. In a thread."""
        from butler_karma.trust import contributions  # noqa: PLC0415 - numpy and scipy only where stamps are wanted

        if person not in self.people or not self.founders:
            return []
        parts = WORTH * contributions(self.ballots, self.people[person], self.founders, self.gamma)
        ranked = sorted(((float(parts[number]), who) for who, number in self.people.items()), reverse=True)
        return [(who, part) for part, who in ranked[:most] if part > 0]


class Stamps:
    """The standings of each guild for which somebody asked."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self._host = plugin.host
        self._now: dict[str, Standing] = {}
        self._then: dict[tuple[str, dt.datetime], Standing] = {}
        self._making: dict[tuple[str, dt.datetime | None], asyncio.Task[Standing]] = {}

    async def of(self, guild: Guild, at: dt.datetime | None = None) -> Standing:
        """The standing in a guild, as of the last tick, or at a moment of the past."""
        found = self._now.get(guild.id) if at is None else self._then.get((guild.id, at))
        if found is None:
            found = await asyncio.shield(self._made(guild, at))
        return found

    def tick(self, guild: Guild) -> None:
        """Make it anew if there is something new."""
        if guild.id in self._now and (guild.id, None) not in self._making:
            self._plugin.scope.task(self._renew(guild), "stamps")

    async def _renew(self, guild: Guild) -> None:
        old = self._now[guild.id]
        if await self._host.db.read(partial(tables.newest, guild.id, old.newest)):
            await self._made(guild, None)

    def clear(self) -> None:
        """Keep nothing of anybody in memory: somebody is to be forgotten."""
        self._now.clear()
        self._then.clear()

    def _made(self, guild: Guild, at: dt.datetime | None) -> asyncio.Task[Standing]:
        """Whoever asks while it is made waits for the same."""
        key = (guild.id, at)
        if key not in self._making:
            work: Coroutine[Any, Any, Standing] = self._make(guild, at)
            self._making[key] = task = self._plugin.scope.task(work, "stamps")
            task.add_done_callback(lambda _: self._making.pop(key, None))
        return self._making[key]

    async def _make(self, guild: Guild, at: dt.datetime | None) -> Standing:
        until = (at or self._host.clock.now()).timestamp()
        newest, rows = await self._host.db.read(partial(tables.stamps, guild.id, until))
        whole: dict[tuple[str, str], int] = {}
        for number, (giver, target, count) in enumerate(rows):
            pair = self._host.who(giver).id, self._host.who(target).id
            whole[pair] = whole.get(pair, 0) + count
            if number % _AT_ONCE == _AT_ONCE - 1:
                await asyncio.sleep(0)
        settings: Settings = self._plugin.settings_for(guild)
        founders = await self._founders(guild, settings, whole)
        made = await asyncio.to_thread(_standing, whole, founders, settings.gamma, newest)
        if at is None:
            _keep(self._now, guild.id, made)
        else:
            _keep(self._then, (guild.id, at), made)
        return made

    async def _founders(self, guild: Guild, settings: Settings, rows: Mapping[tuple[str, str], int]) -> list[str]:
        if settings.founder:
            return [self._host.who(settings.founder).id]
        given: dict[str, int] = {}
        for (giver, _), count in rows.items():
            given[giver] = given.get(giver, 0) + count
        most = sorted(given, key=lambda who: -given[who])[:_OWNERS_AMONG]
        people: list[Person] = [await self._host.person(who, guild) for who in most]
        return [person.id for person in people if self._host.rank(person, guild) >= Rank.OWNER]


def _standing(rows: Mapping[tuple[str, str], int], founders: Sequence[str], gamma: float, newest: int) -> Standing:
    """In a thread: it takes seconds where many people live."""
    import numpy as np  # noqa: PLC0415

    from butler_karma.trust import Ballots, trust  # noqa: PLC0415

    names = sorted({who for pair in rows for who in pair} | set(founders))
    people = {who: number for number, who in enumerate(names)}
    givers = np.fromiter((people[giver] for giver, _ in rows), np.int64, len(rows))
    targets = np.fromiter((people[target] for _, target in rows), np.int64, len(rows))
    ballots = Ballots(len(people), givers, targets, np.fromiter(rows.values(), np.int64, len(rows)))
    begin = [people[who] for who in founders]
    weights = WORTH * trust(ballots, begin, gamma)
    return Standing(people, ballots, begin, gamma, newest, weights.tolist())


def _keep(kept: dict[Any, Standing], key: object, made: Standing) -> None:
    kept[key] = made
    while len(kept) > _KEPT:
        del kept[next(iter(kept))]
