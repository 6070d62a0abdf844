"""What comes in: parsed once, journaled, remembered, queued (HOST-5)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import attrs
from attrs import define, field

from butler.engine.queues import Queues
from butler.model import Event, Message
from butler.services.bound import Bound
from butler.services.places import Places
from butler.services.text import parse
from butler.store.journal import Journal
from butler.store.recovery import Pending

if TYPE_CHECKING:
    from butler.host import Host

NAMING = frozenset({"member_joined", "member_changed"})
"""Events that say what somebody is called, so that they are found by name before they have said a word."""
UNJOURNALED = frozenset({"typing"})
"""Events that mean nothing a moment later."""

AT_ONCE = 32
"""How many things of one guild are journaled at once; the others wait in their order."""


@define(eq=False)
class _Door:
    """One guild's way into the journal, there while somebody uses it."""

    way: asyncio.Semaphore = field(factory=lambda: asyncio.Semaphore(AT_ONCE))
    users: int = 0


class Incoming:
    """The door: platforms hand over what they saw, and are told once it is safe."""

    def __init__(self, journal: Journal, places: Places, queues: Queues, host: Host) -> None:
        self._journal = journal
        self._places = places
        self._queues = queues
        self.bound = Bound(host, "host")
        self._doors: dict[str, _Door] = {}

    async def receive(self, item: Message | Event) -> bool:
        """Returns after the commit: true if it is new. Raises ``StoreError`` if it could not be kept."""
        if isinstance(item, Message):
            item = self._parsed(item)
            self._places.meet(item)
        else:
            self._noticed(item)
        if isinstance(item, Event) and item.kind in UNJOURNALED:
            self.queue(item)
            return True
        seq = await self._journaled(item)
        if seq:
            self.queue(attrs.evolve(item, seq=seq))
        return bool(seq)

    async def _journaled(self, item: Message | Event) -> int:
        """Through the guild's own door, so that a burst in one guild waits there and not in the store."""
        guild = item.guild.id
        door = self._doors.get(guild) or self._doors.setdefault(guild, _Door())
        door.users += 1
        try:
            async with door.way:
                return await self._journal.receive(item)
        finally:
            door.users -= 1
            if not door.users:
                del self._doors[guild]

    def queue(self, item: Message | Event) -> None:
        """Queue what the journal holds."""
        guild = item.channel.guild if item.channel else item.guild
        self._queues.put(guild.id, item.channel.id if item.channel else "", Pending(item))

    def _noticed(self, event: Event) -> None:
        if event.channel is not None:
            self._places.see(event.channel)
        if event.person is not None and event.kind in NAMING:
            self._places.know(event.guild, event.person)

    def _parsed(self, message: Message) -> Message:
        found = parse(message.text)
        return attrs.evolve(
            message, host=self.bound, links=message.links or found.links, emoji=message.emoji or found.emoji
        )
