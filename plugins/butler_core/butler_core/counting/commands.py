"""``/top`` and ``/me``."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING

from butler import BadArgument, Call, Card, Guild, Listing, Reply, command, cron

from butler_core.counting import tables
from butler_core.counting.days import first_of
from butler_core.feature import Commands

if TYPE_CHECKING:
    from butler_core.counting.feature import Counting

MOST_DAYS = 366
_NOWHERE = "Nothing is counted in private; ask me in a guild's channel."


class CountingCommands(Commands):
    """Who was how active."""

    @property
    def _counting(self) -> Counting:
        from butler_core.counting.feature import Counting  # noqa: PLC0415 - it names these commands

        return self.feature(Counting)

    @command
    async def top(self, call: Call, days: int = 7) -> Listing | str:
        """List who was most active here.

        days: in the last so many days, today included
        Example: /top 30
        """
        if call.channel.dm:
            return _NOWHERE
        if not 1 <= days <= MOST_DAYS:
            raise BadArgument(f"Days must be 1 to {MOST_DAYS}, not {days}")
        rows = await self._counting.top(call.guild, days)
        lines = [f"{place}. {person.name}: {_told(sums)}" for place, (person, sums) in enumerate(rows, 1)]
        return Listing(lines, f"Most active {_span(days)}", empty=f"Nobody said anything {_span(days)}.")

    @command
    async def me(self, call: Call) -> Reply | str:
        """Show how active you were here."""
        if call.channel.dm:
            return _NOWHERE
        guild, accounts = call.guild, self.host.who(call.person).accounts
        zone, now = self.host.zone(guild), self.host.clock.now()
        fields = []
        for name, days in (("Today", 1), ("7 days", 7), ("30 days", 30)):
            sums = await self.host.db.read(partial(tables.of, guild.id, accounts, first_of(days, now, zone)))
            fields.append((name, _told(list(sums))))
        best = [self.host.who(person).id for person, _ in await self._counting.top(guild, 30)]
        mine = self.host.who(call.person).id
        if mine in best:
            fields.append(("Place", f"{best.index(mine) + 1} in the last 30 days"))
        month = first_of(30, now, zone)
        favourite = self.host.channel(await self.host.db.read(partial(tables.favourite, guild.id, accounts, month)))
        if favourite is not None:
            fields.append(("Mostly in", favourite.name or favourite.id))
        return Reply(card=Card(f"{call.person.name} in {guild.name or guild.id}", fields=tuple(fields)))

    @cron("20 4 * * *", missed="late")
    async def forget_old_days(self, guild: Guild) -> None:
        """What is too old goes."""
        await self._counting.prune(guild)


def _told(sums: list[int]) -> str:
    names = [name[:-1] if value == 1 else name for name, value in zip(tables.WHAT, sums, strict=True)]
    told = [f"{value} {name}" for value, name in zip(sums, names, strict=True) if value]
    return ", ".join(told) or "nothing"


def _span(days: int) -> str:
    return "today" if days == 1 else f"in the last {days} days"


def last_told(at: float, now: dt.datetime) -> str:
    """How long ago something was, in days: ``today``, ``3 days ago``."""
    days = int((now.timestamp() - at) // 86_400)
    return "today" if days <= 0 else "a day ago" if days == 1 else f"{days} days ago"
