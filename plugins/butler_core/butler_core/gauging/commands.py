"""``/gauge``."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING

from butler import BadArgument, Call, CommandError, Listing, Rank, Reply, command, job

from butler_core import targets
from butler_core.feature import Commands
from butler_core.gauging import tables
from butler_core.gauging.tables import Gauge
from butler_core.spans import span

if TYPE_CHECKING:
    from butler_core.gauging.feature import Gauging

OFTENEST = dt.timedelta(hours=1)
MOST_GAUGES = 20


class GaugingCommands(Commands):
    """Asking people how they feel."""

    @property
    def _gauging(self) -> Gauging:
        from butler_core.gauging.feature import Gauging  # noqa: PLC0415 - it names these commands

        return self.feature(Gauging)

    @command(rank=Rank.MANAGER, default_name="list", ephemeral=True)
    async def gauge(self, call: Call) -> Listing:
        """List what is asked here."""
        rows = await self.host.db.read(partial(tables.of_guild, call.guild.id))
        empty = f"Nothing is asked. `{call.prefix}gauge start` begins."
        return Listing([_gauge_line(row) for row in rows], "Gauges", empty=empty)

    @gauge.command(rank=Rank.MANAGER, name="start", ephemeral=True)
    async def gauge_start(self, call: Call, question: str, every: dt.timedelta, *, audience: str = "everybody") -> str:
        """Ask people something again and again, by direct message, beginning now.

        question: what is asked
        every: how often: 1d, 1w
        audience: a role, or everybody
        Example: /gauge start "How are you feeling about the crypto market today?" 1d everybody
        """
        if call.channel.dm:
            raise CommandError("This is done in a guild's channel, for that guild")
        if not 3 <= len(question) <= 500:
            raise BadArgument(f"A question has 3 to 500 characters, not {len(question)}")
        if every < OFTENEST:
            raise BadArgument("People are asked once an hour at most", remedy="give a longer time, such as 1d")
        target = await targets.find(self.host, audience, call.channel)
        if target.kind == "channel":
            raise BadArgument("A gauge asks people, in private", remedy="name a role, or everybody")
        there = await self.host.db.read(partial(tables.of_guild, call.guild.id))
        if sum(row.running for row in there) >= MOST_GAUGES:
            raise CommandError(f"{MOST_GAUGES} questions are asked already", remedy="`gauge stop` ends one")
        fields = {"guild": call.guild.id, "question": question, "every": every.total_seconds(), "by": call.person.id}
        to = {"to_kind": target.kind, "to": target.id, "to_name": target.name}
        number = await self.host.db.write(partial(tables.put, **fields, **to))
        await self.host.schedule.every(
            every.total_seconds(), self.gauge_round, key=f"gauge {number}", missed="late", guild=call.guild.id,
            arguments={"number": number},
        )  # fmt: skip
        count = await self._gauging.ask(number)
        return f"Question {number} goes to {count} people now, and every {span(every)} from now on."

    @gauge.command(rank=Rank.MANAGER, name="stop", ephemeral=True)
    async def gauge_stop(self, call: Call, number: int) -> str:
        """Ask something no more.

        number: as `gauge list` shows it
        """
        row = await self._gauge_row(call, number)
        await self.host.schedule.cancel(f"gauge {row.id}")
        await self.host.db.write(partial(tables.stop, row.id))
        return f"Question {row.id} is asked no more; `{call.prefix}gauge report {row.id}` still tells of it."

    @gauge.command(rank=Rank.MANAGER, name="report")
    async def gauge_report(self, call: Call, number: int = 0) -> Reply | str:
        """Show how answers sound, and how that changed; nobody's answer by name.

        number: as `gauge list` shows it; the newest, if none is given
        """
        return await self._gauging.report(await self._gauge_row(call, number), call.guild)

    async def _gauge_row(self, call: Call, number: int) -> Gauge:
        rows = await self.host.db.read(partial(tables.of_guild, call.guild.id))
        found = next((row for row in rows if number in (0, row.id)), None)
        if found is None:
            raise BadArgument(f"There is no question {number}", remedy="`gauge list` shows them")
        return found

    @job
    async def gauge_round(self, number: int) -> None:
        """Ask it again."""
        await self._gauging.ask(number)

    @job
    async def gauge_scored(self, number: int, asked: float, person: str, text: str) -> None:
        """An answer becomes a number."""
        await self._gauging.scored(number, asked, person, text)


def _gauge_line(row: Gauge) -> str:
    how = f"every {span(dt.timedelta(seconds=row.every))}" if row.running else "stopped"
    return f"**{row.id}**. {how}, to {row.target.shown}: {row.question[:100]}"
