"""Everything is counted when it happens, for the day on which it was said by the guild's clock.

So nothing has to run at midnight for a day to be right: a host that was down then counts late what was said before.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from butler import Channel, Event, Guild, Message, Person

from butler_core.counting import tables
from butler_core.counting.commands import CountingCommands
from butler_core.counting.days import day_of, first_of, hour_of
from butler_core.counting.settings import CountingSettings
from butler_core.feature import Feature

_COMMAND = re.compile(r"[/!]\w")


class Counting(Feature):
    """Knows who was how active."""

    settings = CountingSettings
    tables = (tables.Tally, tables.HourTally, tables.Coming, tables.Seen)
    person_columns: ClassVar[Mapping[str, Sequence[str]]] = {
        "butler_core_tally": ("person",),
        "butler_core_seen": ("person",),
    }
    commands = CountingCommands

    async def on_message(self, message: Message) -> None:
        """Count it, for whom and where; commands are no conversation."""
        if message.kind != "message":
            return
        if not message.author.bot:
            self._seen(message.channel, message.author, message.at)
        if message.channel.dm or _COMMAND.match(message.text):
            return
        zone = self.host.zone(message.guild)
        day, bot = day_of(message.at, zone), message.author.bot
        where = {"guild": message.guild.id, "day": day, "channel": message.channel.id}
        here = {**where, "hour": hour_of(message.at, zone)}
        self.host.db.defer(partial(tables.add, tables.HourTally, here, {"messages": 1, "by_bots": int(bot)}))
        if not bot:
            words = len(self.host.parse(message.text).without_code.split())
            sums = {"messages": 1, "words": words, "links": len(message.links), "reactions": 0}
            self.host.db.defer(partial(tables.add, tables.Tally, {**where, "person": message.author.id}, sums))

    async def on_event(self, event: Event) -> None:
        """Count reactions, and who comes and goes."""
        day = day_of(event.at, self.host.zone(event.guild))
        if event.kind in {"member_joined", "member_left"}:
            joined = int(event.kind == "member_joined")
            where = {"guild": event.guild.id, "day": day}
            self.host.db.defer(partial(tables.add, tables.Coming, where, {"joined": joined, "gone": 1 - joined}))
        if event.person is None or event.channel is None or event.person.bot:
            return
        if event.kind in {"reaction_added", "voice_state", "member_joined"}:
            self._seen(event.channel, event.person, event.at)
        if event.channel.dm:
            return
        if event.kind == "reaction_added":
            where = {"guild": event.guild.id, "day": day, "channel": event.channel.id, "person": event.person.id}
            sums = {"messages": 0, "words": 0, "links": 0, "reactions": 1}
            self.host.db.defer(partial(tables.add, tables.Tally, where, sums))
        elif event.kind == "reaction_removed":
            args = (event.guild.id, day, event.person.id, event.channel.id)
            self.host.db.defer(partial(tables.take_back, *args))

    def _seen(self, channel: Channel, person: Person, at: dt.datetime) -> None:
        self.host.db.defer(partial(tables.seen, channel.guild.id, person.id, channel.id, at.timestamp()))

    async def top(self, guild: Guild, days: int) -> list[tuple[Person, list[int]]]:
        """Who was most active in the last days; a person's accounts count together."""
        since = first_of(days, self.host.clock.now(), self.host.zone(guild))
        together: dict[str, list[int]] = {}
        for person, *sums in await self.host.db.read(partial(tables.top, guild.id, since)):
            had = together.setdefault(self.host.who(person).id, [0] * len(tables.WHAT))
            together[self.host.who(person).id] = [had[at] + int(value) for at, value in enumerate(sums)]
        best = sorted(together.items(), key=lambda row: ([-value for value in row[1]], row[0]))
        return [(await self.host.person(person, guild), sums) for person, sums in best[:25]]

    async def prune(self, guild: Guild) -> None:
        """Forget what is too old."""
        days = self.settings_for(guild).tally_days
        before = first_of(days, self.host.clock.now(), self.host.zone(guild))
        self.host.db.defer(partial(tables.prune, guild.id, before))

    async def export_person(self, person: str) -> Mapping[str, Any]:
        """How active somebody was on each day."""
        return {"activity": await self.host.db.read(partial(tables.of_person, person))}

    async def forget_person(self, person: str, replacement: str) -> Mapping[str, int]:
        """The guild's sums stay."""
        return await self.host.db.write(partial(tables.forget, person, replacement))
