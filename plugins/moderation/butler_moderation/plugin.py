"""The plugin: what it hears, what it guards, what it keeps of whom."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from butler import Channel, Event, Message, Reply, Stop, every, hookimpl, job

from butler_moderation import tables
from butler_moderation.appeals import Appeals
from butler_moderation.automod import Automod, reviewed
from butler_moderation.automod_commands import AutomodCommands
from butler_moderation.case_commands import CaseCommands
from butler_moderation.cases import Cases
from butler_moderation.hierarchy import Hierarchy
from butler_moderation.place_commands import PlaceCommands
from butler_moderation.said import Said
from butler_moderation.settings import Settings
from butler_moderation.telling import Telling

KEPT = 366 * 86_400.0
"""For so long strikes are kept at most, whatever a guild lets count."""


class Moderation(AutomodCommands, CaseCommands, PlaceCommands, Appeals):
    """Keeps a guild's peace."""

    settings = Settings
    tables = tables.TABLES
    guards: ClassVar = frozenset({"on_message", "review_reply"})
    deadlines: ClassVar[Mapping[str, float]] = {"on_message": 5.0, "review_reply": 5.0}
    person_columns: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "moderation_strike": ("person",),
        "moderation_case": ("person", "by"),
    }

    async def start(self) -> None:
        """The host is there now."""
        self.telling = Telling(self)
        self.hierarchy = Hierarchy(self)
        self.cases = Cases(self, self.telling, self.case_is_due)
        self.automod = Automod(self, self.telling, self.cases)
        await self.cases.start()

    @hookimpl(tryfirst=True)
    async def on_message(self, message: Message) -> Stop | None:
        """Whatever breaks a rule goes no further."""
        if message.author.bot or message.kind != "message":
            return None
        if self.cases.is_hushed(message.guild.id, message.author.id):
            return await self.automod.hush(message)
        return await self.automod.heard(message)

    @hookimpl
    async def on_event(self, event: Event) -> None:
        """What happens beside messages."""
        if event.kind == "edit":
            await self.automod.edited(event)
        elif event.kind == "member_joined" and event.person and (place := self.some_channel(event)):
            await self.cases.again(event.guild, event.person, place)

    def some_channel(self, event: Event) -> Channel | None:
        """A channel of the guild in which something happened."""
        return event.channel or next((each for each in self.host.channels if each.guild.id == event.guild.id), None)

    @hookimpl(trylast=True)
    async def review_reply(self, reply: Reply, channel: Channel | None) -> Stop | None:
        """No persona says what nobody may say here (MOD-7); managers read in the log what it was."""
        if channel is None or channel.dm or reply.ephemeral:
            return None
        if channel.id == self.settings_for(channel).log_channel:
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

    @every(hours=24)
    async def tidy(self) -> None:
        """Let go of strikes that count nowhere any more."""
        before = self.host.clock.now().timestamp() - KEPT
        await self.host.db.write(partial(tables.lapse, before))

    async def export_person(self, person: str) -> Mapping[str, Any]:
        """What was counted against somebody."""
        return await self.host.db.read(partial(tables.of_person, person))

    async def forget_person(self, person: str, replacement: str) -> Mapping[str, int]:
        """Counts stay under another id."""
        self.automod.recent.forget(person)
        return await self.host.db.write(partial(tables.forget, person, replacement))
