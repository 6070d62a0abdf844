"""Direct conversations: whose they are, which guild they belong to, and who takes none (HOST-3, CORE-2)."""

from __future__ import annotations

from typing import Any

import attrs
import peewee
from attrs import frozen

from butler.clock import Clock
from butler.model import Message
from butler.store.database import Database
from butler.store.table import Table, create_tables


@frozen
class Contact:
    """One person's direct conversation with the host. ``channel`` is ``""`` while there is none."""

    person: str
    channel: str = ""
    guild: str = ""
    """The guild whose push opened it: settings, zone, budget and plugins come from there; ``""``: from none."""
    opened: float = 0.0
    """When a push opened it; 0 where the person did."""
    closed: float = 0.0
    """When the person was found to take none; 0: they do, as far as is known."""
    pushed: float = 0.0
    """When something was last pushed there."""


class ContactRow(Table):
    """One contact."""

    person = peewee.TextField(primary_key=True)
    channel = peewee.TextField(index=True)
    guild = peewee.TextField()
    opened = peewee.DoubleField()
    closed = peewee.DoubleField()
    pushed = peewee.DoubleField()

    class Meta:
        table_name = "host_contacts"


class Contacts:
    """Answers from memory; written through to the store."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._people: dict[str, Contact] = {}
        self._channels: dict[str, Contact] = {}
        self.homes: dict[str, str] = {}
        """Channels of direct conversations that belong to a guild, and which."""

    async def start(self) -> None:
        """Make the table and read it."""
        for contact in await self._database.write(_load):
            self._know(contact)

    def __iter__(self) -> Any:
        return iter([*self._people.values()])

    def of(self, person: str) -> Contact:
        """What is known of an account."""
        return self._people.get(person) or Contact(person)

    def at(self, channel: str) -> Contact | None:
        """Whose conversation a channel is, if it is a known one."""
        return self._channels.get(channel)

    def meet(self, message: Message) -> None:
        """Somebody wrote to the host alone: there they can be reached."""
        if not message.channel.dm or message.author.bot or message.kind != "message":
            return
        known = self._people.get(message.author.id)
        if known is None or known.channel != message.channel.id or known.closed:
            self._keep(attrs.evolve(self.of(message.author.id), channel=message.channel.id, closed=0.0))

    async def opened(self, person: str, channel: str, guild: str) -> Contact:
        """A push opened a conversation; it belongs to a guild if it was of none before."""
        now = self._clock.now().timestamp()
        before = self.of(person)
        contact = attrs.evolve(before, channel=channel, guild=before.guild or guild, opened=now, closed=0.0)
        await self._keep(contact)
        return contact

    async def closed(self, person: str) -> None:
        """Somebody takes no direct messages."""
        await self._keep(attrs.evolve(self.of(person), closed=self._clock.now().timestamp()))

    def pushed(self, person: str) -> None:
        """Something was pushed to somebody."""
        self._keep(attrs.evolve(self.of(person), pushed=self._clock.now().timestamp()))

    def _keep(self, contact: Contact) -> Any:
        self._know(contact)
        return self._database.submit(_save, contact)

    def _know(self, contact: Contact) -> None:
        self._people[contact.person] = contact
        if contact.channel:
            self._channels[contact.channel] = contact
            if contact.guild:
                self.homes[contact.channel] = contact.guild

    async def export_person(self, person: str) -> list[dict[str, Any]]:
        """The conversation of an account."""
        return [attrs.asdict(self._people[person])] if person in self._people else []

    async def forget_person(self, person: str, _: str) -> int:
        """Nothing is known of an account's conversation."""
        contact = self._people.pop(person, None)
        if contact is not None:
            self._channels.pop(contact.channel, None)
            self.homes.pop(contact.channel, None)
        return await self._database.write(lambda: int(ContactRow.delete().where(ContactRow.person == person).execute()))


def _load() -> list[Contact]:
    create_tables([ContactRow])
    return [
        Contact(row.person, row.channel, row.guild, row.opened, row.closed, row.pushed) for row in ContactRow.select()
    ]


def _save(tx: Any, contacts: Any) -> list[None]:
    tx.many(
        "insert into host_contacts (person, channel, guild, opened, closed, pushed) values (?, ?, ?, ?, ?, ?) "
        "on conflict (person) do update set channel = excluded.channel, guild = excluded.guild, "
        "opened = excluded.opened, closed = excluded.closed, pushed = excluded.pushed",
        [attrs.astuple(contact) for contact in {contact.person: contact for contact in contacts}.values()],
    )
    return [None] * len(contacts)
