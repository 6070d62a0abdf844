"""Personas beside TheButler, called in by people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import ClassVar

from butler import Channel, CommandError, Guild, Message, Persona

from butler_core.feature import Feature, Told
from butler_core.sidebots.commands import SideBotCommands
from butler_core.sidebots.poke import Poke
from butler_core.sidebots.settings import SideBotSettings
from butler_core.sidebots.talk import Talk

SHIPPED = ("Puerus", "Jarvis")


class SideBots(Feature):
    """Puerus, Jarvis, and all others."""

    settings = SideBotSettings
    commands = SideBotCommands
    personas: ClassVar[Sequence[str]] = tuple(f"personas/{name}.toml" for name in SHIPPED)

    async def start(self) -> None:
        """Talks that were under way go on by themselves: their next beat is planned."""
        self.talk = Talk(self.plugin)
        self.poke = Poke(self.plugin)

    async def on_message(self, message: Message) -> None:
        """Who spoke last, and where."""
        self.poke.hear(message)

    async def on_tick(self, now: dt.datetime, guild: Guild) -> None:
        """Is it quiet somewhere?"""
        await self.poke.tick(now, guild)

    async def build_prompt(self, message: Message, persona: Persona) -> Told:
        """A persona whose turn it is in a talk knows what that is."""
        return self.talk.told(message, persona)

    def reachable(self, channel: Channel) -> list[Persona]:
        """The personas that may be called into a channel: those of nowhere in particular, and those at home here."""
        homes = {channel.id, channel.guild.id, channel.platform, channel.thread_of, "*"}
        return [each for each in self.host.personas if not each.channels or homes & set(each.channels)]

    def called(self, name: str, channel: Channel) -> Persona:
        """The persona of that name. Raises ``CommandError`` with whom there is."""
        there = self.reachable(channel)
        wanted = " ".join(name.split()).casefold()
        for persona in there:
            if wanted in (persona.name.casefold(), persona.label.casefold(), *map(str.casefold, persona.handles)):
                return persona
        known = ", ".join(sorted(each.name for each in there))
        raise CommandError(f"I know nobody called {name[:40]}", remedy=f"there are: {known}")

    def cast(self, names: str, channel: Channel) -> list[Persona]:
        """Who talks: those named, else the side bots and TheButler. Raises ``CommandError``."""
        wanted = [name for part in names.split(",") for name in self._split(part, channel)]
        if not wanted:
            wanted = [each.name for each in self.host.personas if each.name in (*SHIPPED, self.host.main)]
        found = {persona.name: persona for persona in (self.called(name, channel) for name in wanted)}
        return list(found.values())

    def _split(self, part: str, channel: Channel) -> list[str]:
        """A name of several words, or several names of one."""
        part = " ".join(part.split())
        if not part:
            return []
        there = [(each.name, each.label, *each.handles) for each in self.reachable(channel)]
        known = {name.casefold() for names in there for name in names}
        return [part] if part.casefold() in known else part.split()
