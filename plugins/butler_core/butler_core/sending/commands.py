"""``/send`` and ``/schedule``."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING

from butler import BadArgument, Call, CommandError, Listing, Rank, Reply, command, job

from butler_core.feature import Commands
from butler_core.sending import tables
from butler_core.sending.tables import Planned
from butler_core.spans import span

if TYPE_CHECKING:
    from butler_core.sending.feature import Sending

SHORTEST = dt.timedelta(minutes=1)


class SendingCommands(Commands):
    """Saying things, now and later."""

    @property
    def _sending(self) -> Sending:
        from butler_core.sending.feature import Sending  # noqa: PLC0415 - it names these commands

        return self.feature(Sending)

    @command(rank=Rank.MANAGER, ephemeral=True)
    async def send(self, call: Call, to: str, *, persona: str = "", text: str) -> str:
        """Have something said to a channel, a person, a role or everybody.

        to: #channel, here, @person, a role, everybody
        persona: in whose voice; mine, if nobody is named
        text: what is said
        Example: /send #general Tonight at eight.
        Example: /send Helpers --persona Jarvis Please come to the meeting.
        """
        target = await self._sending.target(call, to, text)
        reply = Reply(text, persona=self._sending.voice(persona))
        key = f"send {call.message.id if call.message is not None else self.host.clock.now().timestamp()}"
        count = await self._sending.say(target, call.guild, reply, key)
        if target.kind == "channel":
            return f"Said in {target.shown}."
        who = target.shown if count == 1 else f"{count} people"
        return f"On its way to {who}; who wants no messages gets none."

    # --- later ------------------------------------------------------------------------------------------

    @command(rank=Rank.MANAGER, default_name="list", ephemeral=True)
    async def schedule(self, call: Call) -> Listing:
        """List the messages that are planned here."""
        rows = await self.host.db.read(partial(tables.of_guild, call.guild.id))
        dues = {row.key: row.at for row in await self.host.schedule.listed()}
        lines = [self._planned_line(call, row, dues.get(f"planned {row.id}")) for row in rows]
        empty = f"Nothing is planned. `{call.prefix}schedule once` plans a message."
        return Listing(lines, "Planned messages", empty=empty)

    @schedule.command(rank=Rank.MANAGER, ephemeral=True)
    async def once(self, call: Call, at: dt.datetime, to: str, *, persona: str = "", text: str) -> str:
        """Have something said at a time.

        at: when, on this guild's clock: 2026-12-24 18:00, "tomorrow 9:00", 2h
        to: #channel, here, @person, a role, everybody
        persona: in whose voice
        text: what is said
        Example: /schedule once "tomorrow 9:00" #general Good morning!
        """
        if at <= self.host.clock.now():
            raise BadArgument(f"{self._sending.at(at, call.guild)} is over", remedy="give a time to come")
        return await self._plan_it(call, "once", str(at.timestamp()), to, persona, text)

    @schedule.command(rank=Rank.MANAGER, ephemeral=True)
    async def every(self, call: Call, interval: dt.timedelta, to: str, *, persona: str = "", text: str) -> str:
        """Have something said again and again, from now on.

        interval: 30m, 2h, 1d; for a time of the day use `schedule cron`
        to: #channel, here, @person, a role, everybody
        persona: in whose voice
        text: what is said
        Example: /schedule every 2h here Drink some water.
        """
        if interval < SHORTEST:
            raise BadArgument("A message comes once a minute at most", remedy="give a longer interval, such as 2h")
        return await self._plan_it(call, "every", str(interval.total_seconds()), to, persona, text)

    @schedule.command(rank=Rank.MANAGER, ephemeral=True)
    async def cron(self, call: Call, line: str, to: str, *, persona: str = "", text: str) -> str:
        """Have something said by a cron line, on this guild's clock.

        line: minute hour day month weekday, as in "30 18 * * mon-fri"
        to: #channel, here, @person, a role, everybody
        persona: in whose voice
        text: what is said
        Example: /schedule cron "0 9 * * mon" #general A new week begins.
        """
        return await self._plan_it(call, "cron", line, to, persona, text)

    async def _plan_it(self, call: Call, kind: str, spec: str, to: str, persona: str, text: str) -> str:
        row = await self._sending.plan(call, kind, spec, to, persona, text)
        dues = {each.key: each.at for each in await self.host.schedule.listed()}
        return f"Planned: {self._planned_line(call, row, dues.get(f'planned {row.id}'))}"

    def _planned_line(self, call: Call, row: Planned, due: dt.datetime | None) -> str:
        times = {"once": "once", "cron": f"`{row.spec}`"}
        how = times.get(row.kind) or f"every {span(dt.timedelta(seconds=float(row.spec)))}"
        what = row.text if len(row.text) <= 80 else f"{row.text[:79]}…"
        then = "paused" if row.paused else f"next {self._sending.at(due, call.guild)}" if due else "running now"
        voice = f" as {row.persona}" if row.persona else ""
        shown = row.target.shown
        return f"**{row.id}**. {how}, to {shown}{voice}, {then}: {what}"

    @schedule.command(rank=Rank.MANAGER, ephemeral=True)
    async def pause(self, call: Call, number: int) -> str:
        """Say a planned message no more, until it goes on.

        number: as `schedule list` shows it
        """
        row = await self._planned_row(call, number)
        await self.host.schedule.cancel(f"planned {row.id}")
        await self.host.db.write(partial(tables.pause, row.id, on=True))
        return f"Message {row.id} is paused; `{call.prefix}schedule resume {row.id}` lets it go on."

    @schedule.command(rank=Rank.MANAGER, ephemeral=True)
    async def resume(self, call: Call, number: int) -> str:
        """Let a paused message go on.

        number: as `schedule list` shows it
        """
        row = await self._planned_row(call, number)
        if row.kind == "once" and float(row.spec) <= self.host.clock.now().timestamp():
            raise CommandError("Its time is over", remedy=f"`{call.prefix}schedule delete {row.id}` takes it away")
        await self.host.db.write(partial(tables.pause, row.id, on=False))
        await self._sending.wait(row)
        return f"Message {row.id} goes on."

    @schedule.command(rank=Rank.MANAGER, ephemeral=True)
    async def delete(self, call: Call, number: int) -> str:
        """Take a planned message back.

        number: as `schedule list` shows it
        """
        row = await self._planned_row(call, number)
        await self.host.schedule.cancel(f"planned {row.id}")
        await self.host.db.write(partial(tables.drop, row.id))
        return f"Message {row.id} will not be said."

    async def _planned_row(self, call: Call, number: int) -> Planned:
        row = await self.host.db.read(partial(tables.one, number, call.guild.id))
        if row is None:
            raise BadArgument(f"There is no planned message {number}", remedy="`schedule list` shows them")
        return row

    @job
    async def planned(self, number: int, due: dt.datetime) -> None:
        """The time of a message has come."""
        await self._sending.due(number, due)
