"""/bots and /botpacalypse."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from butler import Call, CommandError, Rank, Reply, command, job

from butler_core.feature import Commands
from butler_core.sidebots.talk import Beat

if TYPE_CHECKING:
    from butler_core.sidebots.feature import SideBots


class SideBotCommands(Commands):
    """Who is on stage."""

    @property
    def _side_bots(self) -> SideBots:
        from butler_core.sidebots.feature import SideBots  # noqa: PLC0415 - the feature names its commands

        return self.feature(SideBots)

    @command(default_name="list")
    async def bots(self, call: Call) -> str:
        """List the personas that live in this channel, and those that can be called in.

        Example: /bots
        """
        living = self.host.living(call.channel)
        until = self.host.residences.of(call.channel.id)
        lines = []
        for persona in living:
            there = until.get(persona.name)
            end = f", until {there.until.astimezone(self.host.zone(call.guild)):%H:%M}" if there and there.until else ""
            lines.append(f"- **{persona.label}**{f' ({persona.name})' if persona.label != persona.name else ''}{end}")
        names = {each.name for each in living}
        others = [each.name for each in self._side_bots.reachable(call.channel) if each.name not in names]
        more = f"\nThese can be called in: {', '.join(sorted(others))}." if others else ""
        return "\n".join(lines or ["Nobody lives here."]) + more

    @bots.command(name="start", rank=Rank.MANAGER)
    async def bots_start(self, call: Call, name: str, minutes: int = 0) -> Reply:
        """Have a persona live in this channel.

        name: who
        minutes: for how long; 0 for good
        Example: /bots start Puerus 30
        """
        persona = self._side_bots.called(name, call.channel)
        if not 0 <= minutes <= 525_600:
            raise CommandError(f"minutes go from 0 (for good) to a year's 525600, not {minutes}")
        until = self.host.clock.now() + dt.timedelta(minutes=minutes) if minutes else None
        await self.host.residences.begin(persona.name, call.channel, until)
        return Reply(persona.greeting or f"{persona.label} is here.", persona=persona.name)

    @bots.command(name="stop", rank=Rank.MANAGER)
    async def bots_stop(self, call: Call, name: str) -> str:
        """Have a persona leave this channel.

        name: who
        Example: /bots stop Puerus
        """
        persona = self._side_bots.called(name, call.channel)
        if persona.name not in {each.name for each in self.host.living(call.channel)}:
            raise CommandError(f"{persona.label} does not live here")
        await self.host.residences.end(persona.name, call.channel)
        if persona.name in {each.name for each in self.host.living(call.channel)}:
            await self.host.residences.send_away(persona.name, call.channel)
        return f"{persona.label} has left this channel; `{call.prefix or '/'}bots start {persona.name}` brings it back."

    @bots_start.complete("name")
    async def callable_bots(self, call: Call, typed: str) -> list[str]:
        """Those that begin with it."""
        there = self._side_bots.reachable(call.channel)
        return [each.name for each in there if each.name.casefold().startswith(typed.casefold())]

    @bots_stop.complete("name")
    async def living_bots(self, call: Call, typed: str) -> list[str]:
        """Those that live here and begin with it."""
        there = self.host.living(call.channel)
        return [each.name for each in there if each.name.casefold().startswith(typed.casefold())]

    @command(default_name="start", cooldown=10)
    async def botpacalypse(self, call: Call, minutes: int = 5, *, personas: str = "") -> str:
        """Have personas talk to each other in this channel for a while.

        minutes: for how long
        personas: who, by name; Puerus, Jarvis and TheButler if nobody is named
        Example: /botpacalypse 5 Puerus, Jarvis
        """
        cast = self._side_bots.cast(personas, call.channel)
        most = await self._side_bots.talk.open(call.channel, cast, minutes, call.person)
        names = ", ".join(each.label for each in cast)
        stop = f"`{call.prefix or '/'}botpacalypse stop` ends it sooner."
        return f"Botpacalypse! {names} talk for {minutes} min, in {most} messages at most. {stop}"

    @botpacalypse.command(name="stop")
    async def botpacalypse_stop(self, call: Call) -> str:
        """End it now."""
        if not await self._side_bots.talk.close(call.channel):
            raise CommandError("no bots talk to each other here")
        return "Botpacalypse is over; the bots are quiet again."

    @job
    async def botpacalypse_beat(self, where: Mapping[str, Any]) -> None:
        """Look who speaks next."""
        await self._side_bots.talk.beat(Beat(**where))
