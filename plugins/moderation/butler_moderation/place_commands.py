"""What managers do to channels and in voice: slow, lock, clear, mute, move (MOD-1)."""

from __future__ import annotations

import datetime as dt
from functools import partial

from butler import Action, Call, Channel, CommandError, Message, Person, PlatformError, Plugin, Rank, command

from butler_moderation import case_tables as table
from butler_moderation.case_tables import Case
from butler_moderation.cases import Cases
from butler_moderation.hierarchy import Hierarchy
from butler_moderation.punishing import Deed
from butler_moderation.telling import Telling

MOST_PURGED = 200
BULK = 100
SINGLY = 30
"""Messages that are taken away one by one where a platform cannot do it at once."""
NOBODY = Person("", "")


class PlaceCommands(Plugin):
    """What managers do to channels."""

    cases: Cases
    hierarchy: Hierarchy
    telling: Telling

    @command(rank=Rank.MANAGER, ephemeral=True)
    async def slowmode(self, call: Call, seconds: int, channel: Channel | None = None) -> str:
        """Have everybody wait between two messages; 0 ends it.

        seconds: how long they wait, 6 hours at most
        channel: where; here unless given
        """
        if not 0 <= seconds <= 21_600:
            raise CommandError("Between 0 seconds and 6 hours are possible.")
        place = self._here(call, channel)
        data = {"seconds": seconds, "reason": f"by {call.person.name}"}
        await self._do(Action("slowmode", place.id, data=data), place)
        key = f"slow {place.id} {self.host.clock.now().timestamp()}"
        await self.telling.log(place, f"Slow mode of {seconds} s in #{place.name}, by {call.person.name}", key)
        return f"Everybody waits {seconds} s in #{place.name}." if seconds else f"Nobody waits in #{place.name} now."

    @command(rank=Rank.MANAGER, ephemeral=True)
    async def lock(
        self, call: Call, channel: Channel | None = None, lasts: dt.timedelta | None = None, *, reason: str = ""
    ) -> str:
        """Let nobody write in a channel, for a while or until it is unlocked.

        channel: where; here unless given
        lasts: for how long, such as 10m or 2h
        reason: why
        """
        place = self._here(call, channel)
        seconds = lasts.total_seconds() if lasts is not None else 0.0
        return f"{await self.cases.impose(Deed('lock', NOBODY, place, reason, seconds), call.person, now=True)}."

    @command(rank=Rank.MANAGER, ephemeral=True)
    async def unlock(self, call: Call, channel: Channel | None = None) -> str:
        """Let everybody write in a channel again.

        channel: where; here unless given
        """
        place = self._here(call, channel)
        found: list[Case] = await self.host.db.read(partial(table.standing, call.guild.id, "lock", ""))
        here = [case for case in found if case.channel == place.id]
        for case in here:
            await self.cases.end(case, table.LIFTED, f"unlocked by {call.person.name}")
        if not here:
            await self._do(Action("unlock", place.id, data={"reason": f"by {call.person.name}"}), place)
        return f"#{place.name} is open again."

    @command(rank=Rank.MANAGER, ephemeral=True, confirm="Take away the last {count} messages here?")
    async def purge(self, call: Call, count: int, who: Person | None = None) -> str:
        """Take away the last messages here, or those of one person among them.

        count: how many messages are looked at, 200 at most
        who: only theirs
        """
        if not 1 <= count <= MOST_PURGED:
            raise CommandError(f"Between 1 and {MOST_PURGED} messages are possible at once.")
        if not self.host.can("delete", call.channel):
            raise CommandError(f"{call.platform} cannot take messages away here, or I lack the permission.")
        before = call.message.id if call.message else ""
        found = await self._look(call, before, count)
        ids = [each.id for each in found if who is None or each.author.id == who.id]
        if not self.host.can("bulk_delete", call.channel) and len(ids) > SINGLY:
            ids = ids[-SINGLY:]
        data = {"reason": f"purged by {call.person.name}"}
        if self.host.can("bulk_delete", call.channel) and len(ids) > 1:
            for at in range(0, len(ids), BULK):
                await self._do(
                    Action("bulk_delete", call.channel.id, data={**data, "messages": ids[at : at + BULK]}), call.channel
                )
        else:
            for each in ids:
                await self._do(Action("delete", call.channel.id, each, data=data), call.channel)
        told = f"{len(ids)} messages were purged in #{call.channel.name}, by {call.person.name}"
        await self.telling.log(call.channel, told, f"purge {before or call.on or ids[-1:]}")
        return f"{len(ids)} messages are gone."

    async def _look(self, call: Call, before: str, count: int) -> list[Message]:
        try:
            return list(await self.host.look_back(call.channel, before=before, limit=count))
        except PlatformError:
            return list(await self.host.history(call.channel, limit=count))

    @command(group=True, rank=Rank.MANAGER)
    async def voice(self, call: Call) -> None:
        """What managers do in voice channels."""

    @voice.command(name="mute", rank=Rank.MANAGER, ephemeral=True)
    async def voice_mute(self, call: Call, who: Person, on: bool = True) -> str:
        """Have nobody hear somebody.

        who: whom
        on: no, to let them be heard again
        """
        return await self._voice(call, who, "voice_mute", {"mute": on}, "muted" if on else "heard again")

    @voice.command(name="deafen", rank=Rank.MANAGER, ephemeral=True)
    async def voice_deafen(self, call: Call, who: Person, on: bool = True) -> str:
        """Have somebody hear nobody.

        who: whom
        on: no, to let them hear again
        """
        return await self._voice(call, who, "voice_mute", {"deaf": on}, "deafened" if on else "hearing again")

    @voice.command(name="move", rank=Rank.MANAGER, ephemeral=True)
    async def voice_move(self, call: Call, who: Person, to: Channel) -> str:
        """Move somebody to another voice channel.

        who: whom
        to: where to
        """
        return await self._voice(call, who, "voice_move", {"to": to.id}, f"moved to {to.name}")

    @voice.command(name="disconnect", rank=Rank.MANAGER, ephemeral=True)
    async def voice_disconnect(self, call: Call, who: Person) -> str:
        """Put somebody out of voice.

        who: whom
        """
        return await self._voice(call, who, "voice_move", {}, "disconnected")

    async def _voice(self, call: Call, who: Person, kind: str, data: dict[str, object], told: str) -> str:
        target = await self.hierarchy.may(call.person, who, call.guild)
        reason = {"reason": f"by {call.person.name}"}
        await self._do(Action(kind, call.channel.id, target.id, data={**data, **reason}), call.channel)
        return f"{target.name} is {told}."

    def _here(self, call: Call, channel: Channel | None) -> Channel:
        place = channel or call.channel
        if place.dm or place.guild.id != call.guild.id:
            raise CommandError("That is done to a channel of this guild.")
        return place

    async def _do(self, action: Action, place: Channel) -> None:
        """Do it now. Raises ``CommandError`` where it cannot be."""
        if not self.host.can(action.kind, place):
            raise CommandError(f"{place.platform} cannot do that ({action.kind}) here, or I lack the permission.")
        try:
            await self.host.do(action)
        except PlatformError as error:
            raise CommandError(f"That was refused: {error}", remedy=error.remedy) from error
