"""``/trigger``."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING

from butler import BadArgument, Call, CommandError, Listing, Rank, command, every

from butler_core import targets
from butler_core.feature import Commands
from butler_core.spans import span
from butler_core.triggers import tables
from butler_core.triggers.tables import Trigger

if TYPE_CHECKING:
    from butler_core.triggers.feature import Triggers

SHORTEST = dt.timedelta(hours=1)
LONGEST_TEXT = 1500


class TriggerCommands(Commands):
    """What follows from what happens."""

    @property
    def _triggers(self) -> Triggers:
        from butler_core.triggers.feature import Triggers  # noqa: PLC0415 - it names these commands

        return self.feature(Triggers)

    @command(rank=Rank.MANAGER, default_name="list", ephemeral=True)
    async def trigger(self, call: Call) -> Listing:
        """List what follows here from what."""
        lines = [await self._trigger_line(call, each) for each in self._triggers.known.get(call.guild.id, ())]
        empty = f"Nothing is waited for. `{call.prefix}trigger joins` begins."
        return Listing(lines, "Triggers", empty=empty)

    @trigger.command(rank=Rank.MANAGER, ephemeral=True)
    async def silent(self, call: Call, after: dt.timedelta, to: str, *, text: str) -> str:
        """When somebody has been silent for a while, say something or run a command.

        after: for how long: 12h, 3d
        to: them (by direct message), #channel, here, a role
        text: what is said, with {person} and {guild}; a command if it begins with /
        Example: /trigger silent 3d them We miss you, {person}.
        """
        if after < SHORTEST:
            raise BadArgument("A silence begins with an hour", remedy="give at least 1h")
        return await self._add_trigger(call, "silent", str(after.total_seconds()), to, text)

    @trigger.command(rank=Rank.MANAGER, ephemeral=True)
    async def joins(self, call: Call, to: str, *, text: str) -> str:
        """When somebody joins, say something or run a command.

        to: them (by direct message), #channel, here, a role
        text: what is said, with {person} and {guild}; a command if it begins with /
        Example: /trigger joins #general Everybody, this is {person}.
        """
        return await self._add_trigger(call, "joins", "", to, text)

    @trigger.command(rank=Rank.MANAGER, ephemeral=True)
    async def role(self, call: Call, role: str, to: str, *, text: str) -> str:
        """When somebody gains a role, say something or run a command.

        role: its name
        to: them (by direct message), #channel, here, a role
        text: what is said, with {person} and {guild}; a command if it begins with /
        Example: /trigger role Helpers them Thank you for helping, {person}.
        """
        found = await targets.find(self.host, role, call.channel)
        if found.kind != "role":
            raise BadArgument(f"“{role[:40]}” is no role here", remedy="write a role's name")
        return await self._add_trigger(call, "role", found.id, to, text)

    @trigger.command(rank=Rank.MANAGER, ephemeral=True)
    async def mood(self, call: Call, below: float, to: str, *, text: str) -> str:
        """When somebody's mood falls, say something or run a command.

        below: from -1 (bad) to 1 (good); -0.3 is plainly unhappy
        to: them (by direct message), #channel, here, a role
        text: what is said, with {person} and {guild}; a command if it begins with /
        Example: /trigger mood -0.3 #team {person} may need somebody to talk to.
        """
        if not -1 <= below <= 1:
            raise BadArgument(f"A mood is -1 to 1, not {below:g}")
        return await self._add_trigger(call, "mood", str(below), to, text)

    async def _add_trigger(self, call: Call, kind: str, value: str, to: str, text: str) -> str:
        from butler_core.triggers.feature import MOST  # noqa: PLC0415

        if call.channel.dm:
            raise CommandError("This is done in a guild's channel, for that guild")
        if not text.strip() or len(text) > LONGEST_TEXT:
            raise BadArgument(f"A text has 1 to {LONGEST_TEXT} characters, not {len(text)}")
        if len(self._triggers.known.get(call.guild.id, ())) >= MOST:
            raise CommandError(f"There are {MOST} triggers already", remedy="`trigger delete` takes one away")
        them = to.strip().casefold() == "them"
        target = None if them else await targets.find(self.host, to, call.channel)
        if text.startswith("/") and (target is None or target.kind != "channel"):
            raise BadArgument("A command is given in a channel", remedy="write #channel or here instead")
        fields = ("them", "", "") if target is None else (target.kind, target.id, target.name)
        number = await self.host.db.write(
            partial(
                tables.put, guild=call.guild.id, kind=kind, value=value, to_kind=fields[0], to=fields[1],
                to_name=fields[2], text=text, by=call.person.id, looked=self.host.clock.now().timestamp(),
            )
        )  # fmt: skip
        await self._triggers.read()
        (made,) = [each for each in self._triggers.known[call.guild.id] if each.id == number]
        return await self._trigger_line(call, made)

    async def _trigger_line(self, call: Call, row: Trigger) -> str:
        if row.kind == "silent":
            when = f"silent for {span(dt.timedelta(seconds=float(row.value)))}"
        elif row.kind == "role":
            when = f"gains role {(await self.host.roles(call.guild)).get(row.value, row.value)}"
        else:
            when = "joins" if row.kind == "joins" else f"mood below {float(row.value):g}"
        who = "them" if row.to_kind == "them" else row.target.shown
        what = row.text if len(row.text) <= 80 else f"{row.text[:79]}…"
        return f"**{row.id}**. {when}, to {who}: {what}"

    @trigger.command(rank=Rank.MANAGER, ephemeral=True)
    async def delete(self, call: Call, number: int) -> str:
        """Wait for something no more.

        number: as `trigger list` shows it
        """
        if number not in {each.id for each in self._triggers.known.get(call.guild.id, ())}:
            raise BadArgument(f"There is no trigger {number}", remedy="`trigger list` shows them")
        await self.host.db.write(partial(tables.drop, number))
        await self._triggers.read()
        return f"Trigger {number} is gone."

    @every(minutes=15)
    async def look_for_silence(self) -> None:
        """Who fell silent?"""
        await self._triggers.look()
