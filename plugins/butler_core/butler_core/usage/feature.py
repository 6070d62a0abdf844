"""Counts answers; tokens and money are in the host's own ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from butler import Message, Persona, Reply

from butler_core.feature import Feature
from butler_core.usage import tables
from butler_core.usage.commands import UsageCommands


class Usage(Feature):
    """Who talks with whom, how much."""

    tables = (tables.Exchange,)
    person_columns: ClassVar[Mapping[str, Sequence[str]]] = {"butler_core_exchange": ("person",)}
    commands = UsageCommands

    async def on_reply(self, message: Message, reply: Reply, persona: Persona | None) -> None:
        """A persona answered a person."""
        if persona is None or message.kind == "nudge" or message.author.bot:
            return
        day = int(self.host.clock.now().timestamp()) // tables.DAY
        where = (message.guild.id, message.author.id, persona.name, message.channel.dm)
        self.host.db.defer(partial(tables.answered, day, *where))

    async def answers(self, accounts: Sequence[str], days: int) -> list[tuple[str, bool, int]]:
        """Persona, whether in private, and how often, in the last days."""
        since = int(self.host.clock.now().timestamp()) // tables.DAY - days
        return await self.host.db.read(partial(tables.of_people, accounts, since))

    async def export_person(self, person: str) -> Mapping[str, Any]:
        """How often personas answered somebody."""
        return {"answers": await self.host.db.read(partial(tables.exported, person))}

    async def forget_person(self, person: str, replacement: str) -> Mapping[str, int]:
        """Nothing is kept."""
        return {"butler_core_exchange": await self.host.db.write(partial(tables.forget, person))}
