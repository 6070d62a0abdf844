"""What happens is compared with what managers wait for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from butler import CommandError, Event, Guild, Message, Person, PlatformError, Reply

from butler_core.feature import Feature
from butler_core.sending import Sending
from butler_core.sentiment import Vader
from butler_core.triggers import tables
from butler_core.triggers.commands import TriggerCommands
from butler_core.triggers.tables import Trigger

MOST = 50
"""Triggers of one guild."""
WEIGHT = 0.4
"""How much the last message counts in somebody's mood."""
ENOUGH = 3
"""Messages before a mood is one."""


class Triggers(Feature):
    """Waits for what managers want to be waited for."""

    tables = (tables.Trigger, tables.MoodRow)
    person_columns: ClassVar[Mapping[str, Sequence[str]]] = {
        "butler_core_trigger": ("by", "to"),
        "butler_core_mood_row": ("person",),
    }
    commands = TriggerCommands

    async def start(self) -> None:
        """Read what is waited for."""
        self.vader = Vader()
        await self.read()

    async def read(self) -> None:
        """Read it again, after a change."""
        self.known: dict[str, list[Trigger]] = {}
        for trigger in await self.host.db.read(tables.everything):
            self.known.setdefault(trigger.guild, []).append(trigger)

    def of(self, guild: str, kind: str) -> list[Trigger]:
        """What is waited for in a guild."""
        return [each for each in self.known.get(guild, ()) if each.kind == kind]

    # --- what happens ---------------------------------------------------------------------------------

    async def on_event(self, event: Event) -> None:
        """Somebody joined, or gained a role."""
        if event.person is None or event.person.bot or event.guild.id not in self.known:
            return
        if event.kind == "member_joined":
            for trigger in self.of(event.guild.id, "joins"):
                await self.fire(trigger, event.guild, event.person, f"{event.id or event.seq}")
        if event.kind == "member_changed":
            before = (event.data.get("before") or {}).get("roles")
            gained = {*event.data.get("roles", event.person.roles)} - {*(before or ())}
            for trigger in self.of(event.guild.id, "role"):
                if before is not None and trigger.value in gained:
                    await self.fire(trigger, event.guild, event.person, f"{event.id or event.seq}")

    async def on_message(self, message: Message) -> None:
        """Somebody's mood may have fallen."""
        waits = self.of(message.guild.id, "mood") if message.guild.id in self.known else []
        if not waits or message.author.bot or message.kind != "message" or message.text.startswith(("/", "!")):
            return
        guild, person = message.guild.id, message.author.id
        before, count = await self.host.db.read(partial(tables.mood, guild, person))
        score = await self.vader.score(message.text)
        mood = score if not count else (1 - WEIGHT) * before + WEIGHT * score
        self.host.db.defer(partial(tables.feels, guild, person, mood, count + 1))
        for trigger in waits:
            low = float(trigger.value)
            fell = mood < low and (before >= low or count + 1 == ENOUGH)
            if count + 1 >= ENOUGH and fell:
                await self.fire(trigger, message.guild, message.author, message.id)

    async def look(self) -> None:
        """Who has been silent for long enough since this was last looked at?"""
        now = self.host.clock.now().timestamp()
        guilds = {guild.id: guild for guild in self.host.guilds}
        for trigger in [each for known in self.known.values() for each in known if each.kind == "silent"]:
            if trigger.guild in guilds:
                length = float(trigger.value)
                span = (trigger.guild, trigger.looked - length, now - length)
                for account, at in await self.host.db.read(partial(tables.fell_silent, *span)):
                    person = await self.host.person(account, guilds[trigger.guild])
                    await self.fire(trigger, guilds[trigger.guild], person, f"{account} {at:.0f}")
                trigger.looked = now
                self.host.db.defer(partial(tables.looked, trigger.id, now))

    # --- what follows ---------------------------------------------------------------------------------

    async def fire(self, trigger: Trigger, guild: Guild, person: Person, cause: str) -> None:
        """Say it or do it, once for each cause."""
        try:
            if trigger.text.startswith("/"):
                await self._order(trigger, guild, person)
            else:
                await self._say(trigger, guild, person, f"trigger {trigger.id} {cause}")
        except (CommandError, PlatformError) as error:
            self.host.log.warning("a trigger could not do its work", number=trigger.id, reason=str(error))

    async def _say(self, trigger: Trigger, guild: Guild, person: Person, key: str) -> None:
        text = trigger.text.replace("{person}", person.name).replace("{guild}", guild.name)
        if trigger.to_kind == "them":
            await self.host.push(person, text, key, guild=guild)
        else:
            await self.plugin.feature(Sending).say(trigger.target, guild, Reply(text, mentions=(person.id,)), key)

    async def _order(self, trigger: Trigger, guild: Guild, person: Person) -> None:
        channel = self.host.channel(trigger.to)
        if channel is None:
            raise CommandError("its channel is gone")
        by = await self.host.person(trigger.by, guild)
        outcome = await self.host.order(trigger.text.replace("{person}", person.id), by, channel)
        self.host.log.info("a trigger gave a command", number=trigger.id, outcome=outcome)

    async def export_person(self, person: str) -> Mapping[str, Any]:
        """What somebody set up."""
        return {"triggers": await self.host.db.read(partial(tables.of_person, person))}

    async def forget_person(self, person: str, replacement: str) -> Mapping[str, int]:
        """The guild's triggers stay."""
        counts = await self.host.db.write(partial(tables.forget, person, replacement))
        await self.read()
        return counts
