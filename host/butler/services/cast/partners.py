"""Whom a conversation is with: the persona that it was handed over to, else the host's main one (HOST-14)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import peewee

from butler.errors import CommandError
from butler.model import Channel, Person, Persona
from butler.store.database import Database
from butler.store.table import Table, create_tables


class PartnerRow(Table):
    """One conversation that was handed over."""

    channel = peewee.TextField(primary_key=True)
    persona = peewee.TextField()
    by = peewee.TextField(index=True)

    class Meta:
        table_name = "host_partners"


class Partners:
    """Answers from memory; written through to the store."""

    def __init__(
        self, database: Database, main: str, known: Callable[[str], bool], changed: Callable[[], None]
    ) -> None:
        """``main``: the persona that lives wherever the host's own account is; ``changed`` is called after a change."""
        self._changed = changed
        self._database = database
        self._main = main
        self._known = known
        self._handed: dict[str, tuple[str, str]] = {}

    async def start(self) -> None:
        """Make the table and read it."""
        self._handed = {channel: (persona, by) for channel, persona, by in await self._database.write(_load)}

    async def hand_over(self, channel: Channel, persona: str, by: Person) -> None:
        """From now on a conversation of two is with a persona; the host's account speaks for it where it must.

        Raises ``CommandError`` for a persona that there is not, and where more than two take part: there they are
        called by their names.
        """
        if not self._known(persona):
            raise CommandError(f"there is no persona named {persona}", remedy="`/persona` lists them")
        if not channel.dm and channel.members > 2:
            raise CommandError("more than two are here", remedy=f"call {persona} by name, or talk to it in private")
        if persona == self._main:
            await self._database.write(lambda: _drop(channel.id))
            self._handed.pop(channel.id, None)
        else:
            await self._database.write(lambda: _save(channel.id, persona, by.id))
            self._handed[channel.id] = (persona, by.id)
        self._changed()

    def of(self, channel: str) -> str:
        """The persona that a conversation was handed over to, or ``""``."""
        return self._handed.get(channel, ("", ""))[0]

    def among(self, channel: Channel, living: Sequence[Persona]) -> str:
        """Who of those who live there answers when nobody is named; ``""``: all of them."""
        if not channel.dm and channel.members > 2:
            return ""
        names = [persona.name for persona in living]
        handed = self.of(channel.id)
        if handed in names:
            return handed
        return self._main if self._main in names else ""

    async def export_person(self, person: str) -> list[dict[str, Any]]:
        """What somebody handed over."""
        return [{"channel": channel, "persona": name} for channel, (name, by) in self._handed.items() if by == person]

    async def forget_person(self, person: str, _: str) -> int:
        """Their conversations are with the main persona again."""
        for channel in [channel for channel, (_, by) in self._handed.items() if by == person]:
            del self._handed[channel]
        self._changed()
        return await self._database.write(lambda: int(PartnerRow.delete().where(PartnerRow.by == person).execute()))


def _load() -> list[tuple[str, str, str]]:
    create_tables([PartnerRow])
    return [(row.channel, row.persona, row.by) for row in PartnerRow.select()]


def _save(channel: str, persona: str, by: str) -> None:
    changed = {"persona": persona, "by": by}
    PartnerRow.insert(channel=channel, **changed).on_conflict(
        conflict_target=[PartnerRow.channel], update=changed
    ).execute()


def _drop(channel: str) -> None:
    PartnerRow.delete().where(PartnerRow.channel == channel).execute()
