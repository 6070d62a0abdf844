"""The plugin: what it hears, what it guards, what it keeps of whom."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from butler import Channel, Event, Message, Persona, Reply, Stop, every, hookimpl, job

from butler_moderation import door_tables, tables
from butler_moderation.appeals import Appeals
from butler_moderation.automod import Automod, reviewed
from butler_moderation.automod_commands import AutomodCommands
from butler_moderation.case_commands import CaseCommands
from butler_moderation.cases import Cases
from butler_moderation.chronicle import Chronicle, ChronicleCommands
from butler_moderation.hierarchy import Hierarchy
from butler_moderation.place_commands import PlaceCommands
from butler_moderation.raid import RaidCommands, Raids
from butler_moderation.role_commands import RoleCommands
from butler_moderation.roles import Roles
from butler_moderation.said import Said
from butler_moderation.set_up import SetUp
from butler_moderation.settings import Settings
from butler_moderation.telling import Telling

KEPT = 366 * 86_400.0
"""For so long strikes are kept at most, whatever a guild lets count."""


class Moderation(
    AutomodCommands, CaseCommands, PlaceCommands, Appeals, RaidCommands, RoleCommands, ChronicleCommands, SetUp
):
    """Keeps a guild's peace."""

    settings = Settings
    tables = tables.TABLES
    guards: ClassVar = frozenset({"on_message", "review_reply"})
    deadlines: ClassVar[Mapping[str, float]] = {"on_message": 5.0, "review_reply": 5.0}
    person_columns: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "moderation_strike": ("person",),
        "moderation_case": ("person", "by"),
        "moderation_held": ("person",),
        "moderation_sticky": ("person",),
        "moderation_log": ("person",),
    }

    async def start(self) -> None:
        """The host is there now."""
        self.telling = Telling(self)
        self.hierarchy = Hierarchy(self)
        self.cases = Cases(self, self.telling, self.case_is_due)
        self.automod = Automod(self, self.telling, self.cases)
        self.raids = Raids(self, self.telling)
        self.roles = Roles(self, self.join_is_due)
        self.chronicle = Chronicle(self)
        for part in (self.cases, self.raids, self.roles):
            await part.start()

    @hookimpl(tryfirst=True)
    async def on_message(self, message: Message) -> Stop | None:
        """Whatever breaks a rule goes no further."""
        if message.author.bot or message.kind != "message":
            return None
        self.chronicle.heard(message)
        if self.cases.is_hushed(message.guild.id, message.author.id):
            return await self.automod.hush(message)
        return await self.automod.heard(message)

    @hookimpl
    async def on_event(self, event: Event) -> None:
        """What happens beside messages."""
        place, person = self.some_channel(event), event.person
        if event.kind == "edit":
            await self.automod.edited(event)
        elif event.kind.startswith("reaction_") and person and place:
            await self.roles.reacted(event, person, place)
        elif event.kind == "member_joined" and person and place:
            await self.raids.joined(event, person, place)
            await self.cases.again(event.guild, person, place)
            if not self.raids.is_locked(event.guild):
                await self.roles.joined(person, place)
        elif event.kind == "member_left" and person:
            await self.roles.left(event, person)
        await self.chronicle.happened(event, quiet=self.raids.is_locked(event.guild) and event.kind == "member_joined")

    def some_channel(self, event: Event) -> Channel | None:
        """A channel of the guild in which something happened."""
        return event.channel or next((each for each in self.host.channels if each.guild.id == event.guild.id), None)

    async def reviews(self, channel: Channel) -> bool:
        """Not where a guild has no rules."""
        return not channel.dm and not (await self.automod.rules(channel.guild.id)).is_empty

    @hookimpl(trylast=True)
    async def review_reply(self, reply: Reply, persona: Persona | None, channel: Channel | None) -> Stop | None:
        """No persona says what nobody may say here (MOD-7); managers read in the log what it was."""
        if channel is None or channel.dm:
            return None
        if persona is None and (reply.ephemeral or channel.id == self.settings_for(channel).log_channel):
            return None
        rules = await self.automod.rules(channel.guild.id)
        if rules.is_empty:
            return None
        said = Said.typed(reply.markdown, self.host.parse(reply.markdown))
        return reviewed(await self.automod.judge(rules, said))

    @job
    async def case_is_due(self, guild: str, number: int) -> None:
        """Take back what a case did, now that its time has come."""
        await self.cases.due(guild, number)

    @job
    async def join_is_due(self, channel: str, person: str) -> None:
        """Give the roles of somebody who joined a while ago, if the door is not locked."""
        place = self.host.channel(channel)
        if place is not None and not self.raids.is_locked(place.guild):
            await self.roles.change(
                person, place, self.settings_for(place.guild).join_roles, [], "has been here a while"
            )

    @every(hours=24)
    async def tidy(self) -> None:
        """Let go of strikes that count nowhere any more, and of old lines of the log."""
        now = self.host.clock.now().timestamp()
        await self.host.db.write(partial(tables.lapse, now - KEPT))
        await self.host.db.write(partial(door_tables.fade, now - self.settings_for().log_days * 86_400))

    async def export_person(self, person: str) -> Mapping[str, Any]:
        """What was counted against somebody."""
        return await self.host.db.read(partial(tables.of_person, person))

    async def forget_person(self, person: str, replacement: str) -> Mapping[str, int]:
        """Counts stay under another id."""
        self.automod.recent.forget(person)
        return await self.host.db.write(partial(tables.forget, person, replacement))
