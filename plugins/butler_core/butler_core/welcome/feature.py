"""Somebody joins: they are told in private what there is, and those who came together are welcomed together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from butler import Action, Channel, Event, Guild, Person, PlatformError, Reply

from butler_core.conversation.menu import menu
from butler_core.feature import Feature
from butler_core.welcome import tables
from butler_core.welcome.commands import WelcomeCommands
from butler_core.welcome.settings import WelcomeSettings

TOGETHER = dt.timedelta(seconds=3)
"""Those who come within this time are welcomed with one message."""
MOST = 40
"""So many names stand in one message."""
PAUSE = dt.timedelta(seconds=10)
"""Between two such messages in a guild."""
NAMES = ("welcome", "welcomes", "general", "lobby", "hall")


class Welcome(Feature):
    """Whoever joins is welcomed once."""

    settings = WelcomeSettings
    tables = (tables.Newcomer,)
    person_columns: ClassVar[Mapping[str, Sequence[str]]] = {"butler_core_newcomer": ("person",)}
    commands = WelcomeCommands

    async def start(self) -> None:
        """Whoever still waits after a crash is welcomed now."""
        self._planned: set[str] = set()
        for guild in await self.host.db.read(tables.guilds_that_wait):
            await self.plan(guild, TOGETHER)

    async def on_event(self, event: Event) -> None:
        """Somebody joined; machines and those who were here before are not welcomed."""
        person = event.person
        if event.kind != "member_joined" or person is None or person.bot or person.persona:
            return
        if await self.host.db.read(partial(tables.known, event.guild.id, person.id)):
            return
        place = self.hall(event)
        ways = self.settings_for(event.guild).welcome
        shown = place is not None and bool({"channel", "thread"} & set(ways))
        where = place.id if place is not None and shown else ""
        at = event.at.timestamp()
        self.host.db.defer(partial(tables.joined, event.guild.id, person.id, at, where))
        if "dm" in ways:
            await self.tell(person, event.guild, place)
        if shown:
            await self.plan(event.guild.id, TOGETHER)

    def hall(self, event: Event) -> Channel | None:
        """Where people are welcomed in a guild; ``None`` if there is no such channel."""
        named = self.settings_for(event.guild).welcome_channel
        if named:
            return self.host.channel(named)
        if event.channel is not None:
            return event.channel
        there = {each.name.lstrip("#"): each for each in self.host.channels_in(event.guild)}
        found = next((there[name] for name in NAMES if name in there), None)
        return self.host.channel(found.id) if found is not None else None

    async def tell(self, person: Person, guild: Guild, place: Channel | None) -> None:
        """The direct message; in the channel for whoever takes none."""
        persona = next((each for each in self.host.personas if each.name == self.host.main), None)
        platform = self.host.platform(guild.platform)
        prefix = (platform.command_prefix if platform is not None else "") or "/"
        greeting = persona.greeting if persona is not None and persona.greeting else "Good day."
        text = (
            f"Welcome to {guild.name or 'our house'}, {person.name}! {greeting}\n\n"
            f"{menu(self.host.menu(person, guild), prefix)}\n\n"
            f"`{prefix}quiet on` ends messages that you did not ask for."
        )
        reply = Reply(text, persona=persona.name if persona is not None else "")
        key = f"welcome {guild.id} {person.id}"
        await self.host.push(person, reply, key, guild=guild, fallback=place, at_night=True)

    async def plan(self, guild: str, after: dt.timedelta) -> None:
        """Those who wait in a guild are welcomed soon, together."""
        if guild in self._planned:
            return
        self._planned.add(guild)
        job = self.plugin.welcome_together  # type: ignore[attr-defined]  # of its commands
        at = self.host.clock.now() + after
        await self.host.schedule.once(at, job, key=f"welcome {guild}", arguments={"guild": guild})

    async def welcome(self, guild: str) -> None:
        """Say it to those who wait."""
        self._planned.discard(guild)
        rows = await self.host.db.read(partial(tables.waiting, guild, MOST + 1))
        people = [await self.host.person(row.person, Guild(guild)) for row in rows[:MOST]]
        place = self.host.channel(rows[0].channel) if rows else None
        self.host.db.defer(partial(tables.welcomed, guild, [each.id for each in people]))
        if place is not None and people:
            await self._say(place, people, f"welcome {guild} {people[0].id}")
        if len(rows) > MOST:
            await self.plan(guild, PAUSE)

    async def _say(self, place: Channel, people: Sequence[Person], key: str) -> None:
        settings = self.settings_for(place)
        names = _and([each.name or each.id for each in people])
        text = settings.welcome_text.replace("{person}", names).replace("{guild}", place.guild.name)
        reply = Reply(text, mentions=tuple(each.id for each in people))
        thread = await self._thread(place, f"Welcome, {names}", key) if "thread" in settings.welcome else None
        if "channel" in settings.welcome or thread is None:
            await self.host.push(place, reply, key)
        if thread is not None:
            await self.host.push(thread, reply, f"{key} thread")

    async def _thread(self, place: Channel, name: str, key: str) -> Channel | None:
        """A thread below the channel; ``None`` where there can be none: then it is said in the channel."""
        if not self.host.can("thread", place):
            return None
        name = name if len(name) <= 80 else f"{name[:79]}…"
        try:
            made = await self.host.do(Action("thread", place.id, data={"name": name}), f"{key} begins")
        except PlatformError as error:
            self.host.log.warning("no thread to welcome in", guild=place.guild.id, reason=str(error))
            return None
        thread = Channel(made.id, place.guild, name, thread_of=place.id)
        self.host.meet(thread)
        return thread

    async def export_person(self, person: str) -> Mapping[str, Any]:
        """When somebody joined which guild."""
        return {"joined": await self.host.db.read(partial(tables.of_person, person))}

    async def forget_person(self, person: str, replacement: str) -> Mapping[str, int]:
        """Nothing is kept."""
        return {"butler_core_newcomer": await self.host.db.write(partial(tables.forget, person))}


def _and(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
