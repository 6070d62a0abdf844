"""What comes in: parsed once, journaled, remembered, queued (HOST-5)."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

import attrs
from attrs import define, field

from butler.engine.queues import Queues
from butler.errors import StoreError
from butler.model import Event, Message
from butler.services.bound import Bound
from butler.services.places import Places
from butler.services.text import parse
from butler.store.journal import Journal
from butler.store.recovery import Pending

if TYPE_CHECKING:
    from butler.host import Host

NAMING = frozenset({"member_joined", "member_changed", "interaction"})
"""Events that say what somebody is called, so that they are found by name before they have said a word."""
UNJOURNALED = frozenset({"typing"})
"""Events that mean nothing a moment later."""

AT_ONCE = 32
"""How many things of one guild are journaled at once; the others wait in their order."""


@define(eq=False)
class _Door:
    """One guild's way into the journal, there while somebody uses it: a burst waits here and not in the store."""

    guild: str
    inside: int = 0
    waiting: deque[_Guest] = field(factory=deque)


class _Guest:
    """Something on its way into the journal. The store tells it of the commit, and it tells whoever handed it over."""

    __slots__ = ("_incoming", "caller", "door", "item")

    def __init__(self, incoming: Incoming, item: Message | Event, door: _Door, caller: asyncio.Future[bool]) -> None:
        self._incoming = incoming
        self.item = item
        self.door = door
        self.caller = caller

    def done(self) -> bool:
        return False  # what was journaled is queued, whether or not somebody still waits for it

    def set_result(self, seq: int, /) -> None:
        if seq:
            self._incoming.queue(self.item)
        if not self.caller.done():
            self.caller.set_result(bool(seq))
        self.door.inside -= 1
        self._incoming.let_in(self.door)

    def set_exception(self, error: Exception, /) -> None:
        self.refuse(error)
        self.door.inside -= 1
        self._incoming.let_in(self.door)

    def refuse(self, error: Exception) -> None:
        """It is not kept, and whoever handed it over is told so."""
        if not self.caller.done():
            self.caller.set_exception(error)


class Incoming:
    """The door: platforms hand over what they saw, and are told once it is safe."""

    def __init__(self, journal: Journal, places: Places, queues: Queues, host: Host) -> None:
        self._journal = journal
        self._places = places
        self._contacts = host.contacts
        self._admissions = host.admissions
        self._queues = queues
        self.bound = Bound(host, "host")
        self._doors: dict[str, _Door] = {}

    async def receive(self, item: Message | Event) -> bool:
        """Returns after the commit: true if it is new. Raises ``StoreError`` if it could not be kept.

        Nothing is taken in from a guild that an operator refused.
        """
        if not self._admissions.is_welcome(item.guild):
            return False
        if isinstance(item, Message):
            self._places.meet(item)
            if item.channel.dm:
                self._contacts.meet(item)
        else:
            self._noticed(item)
            if item.kind in UNJOURNALED:
                self.queue(item)
                return True
        guild = item.guild.id
        door = self._doors.get(guild) or self._doors.setdefault(guild, _Door(guild))
        guest = _Guest(self, item, door, asyncio.get_running_loop().create_future())
        door.waiting.append(guest)
        self.let_in(door)
        return await guest.caller

    def let_in(self, door: _Door) -> None:
        """Number the next ones and give them to the store; nobody waits for one whose caller has gone."""
        while door.waiting and door.inside < AT_ONCE:
            guest = door.waiting.popleft()
            if guest.caller.cancelled():
                continue
            guest.item = self._numbered(guest.item)
            try:
                self._journal.receive(guest.item, guest)
            except StoreError as error:
                guest.refuse(error)
            else:
                door.inside += 1
        if not door.inside:
            self._doors.pop(door.guild, None)

    def queue(self, item: Message | Event) -> None:
        """Queue what the journal holds."""
        guild = item.channel.guild if item.channel else item.guild
        self._queues.put(guild.id, item.channel.id if item.channel else "", Pending(item))

    def _noticed(self, event: Event) -> None:
        if event.channel is not None:
            self._places.see(event.channel)
        if event.person is not None and event.person.name and event.kind in NAMING:
            self._places.know(event.guild, event.person)

    def _numbered(self, item: Message | Event) -> Message | Event:
        """With the journal's number; a message with what stands in its text, too."""
        seq = self._journal.next_seq()
        if isinstance(item, Message):
            found = parse(item.text)
            return item.arrived(seq, self.bound, item.links or found.links, item.emoji or found.emoji)
        return attrs.evolve(item, seq=seq)
