"""The plugin: what it hears, what it guards, what it keeps of whom."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from butler import Channel, Event, Message, Reply, Stop, every, hookimpl

from butler_moderation import tables
from butler_moderation.automod import Automod, reviewed
from butler_moderation.automod_commands import AutomodCommands
from butler_moderation.said import Said
from butler_moderation.settings import Settings
from butler_moderation.telling import Telling

KEPT = 366 * 86_400.0
"""For so long strikes are kept at most, whatever a guild lets count."""


class Moderation(AutomodCommands):
    """Keeps a guild's peace."""

    settings = Settings
    tables = tables.TABLES
    guards: ClassVar = frozenset({"on_message", "review_reply"})
    deadlines: ClassVar[Mapping[str, float]] = {"on_message": 5.0, "review_reply": 5.0}
    person_columns: ClassVar[Mapping[str, tuple[str, ...]]] = {"moderation_strike": ("person",)}

    async def start(self) -> None:
        """The host is there now."""
        self.telling = Telling(self)
        self.automod = Automod(self, self.telling)

    @hookimpl(tryfirst=True)
    async def on_message(self, message: Message) -> Stop | None:
        """Whatever breaks a rule goes no further."""
        if message.author.bot or message.kind != "message":
            return None
        return await self.automod.heard(message)

    @hookimpl
    async def on_event(self, event: Event) -> None:
        """What happens beside messages."""
        if event.kind == "edit":
            await self.automod.edited(event)

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
