"""What is known of the rooms: who is in them, what they are called, who may what. Read once, then kept up to date."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Container, Mapping
from fnmatch import fnmatchcase
from typing import Any

from attrs import define, field, frozen
from butler import Channel, Guild, Person, PlatformError, Rank

from butler_luna_matrix.contents import inner, texts
from butler_luna_matrix.ids import DM_GUILD, localpart, ours, server_of, thread_channel

JSON = dict[str, Any]

KEPT_ROOMS = 2000
"""So many rooms are kept in memory; of others the state is read again when something happens there."""


@define
class Room:
    """A room's state as far as the host needs it; :meth:`apply` takes in one state event."""

    id: str
    name: str = ""
    alias: str = ""
    creators: set[str] = field(factory=set)
    sovereign: bool = False
    """Since room version 12 creators may everything and stand in no list of power levels."""
    joined: dict[str, str] = field(factory=dict)
    """User to display name."""
    invited: set[str] = field(factory=set)
    levels: dict[str, int] = field(factory=dict)
    usual_level: int = 0
    parents: set[str] = field(factory=set)
    children: set[str] = field(factory=set)
    pinned: tuple[str, ...] = ()
    flagged_direct: bool = False
    encrypted: bool = False

    def apply(self, event: Mapping[str, Any]) -> None:
        """Take in a state event; others change nothing."""
        take = _TAKERS.get(str(event.get("type")))
        if take is not None and isinstance(event.get("state_key"), str):
            take(self, event, inner(event, "content"))

    @property
    def direct(self) -> bool:
        """A conversation of two: so flagged, or without a name. One that a third person joined is none any more."""
        people = len(self.joined) + len(self.invited)
        return people <= 2 and (self.flagged_direct or not (self.name or self.alias))

    @property
    def server(self) -> str:
        """The homeserver that the room belongs to: in its id, or since version 12 its creator's."""
        return server_of(self.id) or next((server_of(user) for user in sorted(self.creators)), "")

    def level_of(self, user: str) -> int:
        """The power level of a user."""
        return self.levels.get(user, self.usual_level)


def _member(room: Room, event: Mapping[str, Any], content: JSON) -> None:
    user, membership = event["state_key"], content.get("membership")
    room.joined.pop(user, None)
    room.invited.discard(user)
    before = inner(event, "unsigned", "prev_content")
    if content.get("is_direct") is True or before.get("is_direct") is True:
        room.flagged_direct = True
    if membership == "join":
        room.joined[user] = _text(content.get("displayname")) or localpart(user)
    elif membership == "invite":
        room.invited.add(user)


def _create(room: Room, event: Mapping[str, Any], content: JSON) -> None:
    version = str(content.get("room_version", "1"))
    room.sovereign = version.isdecimal() and int(version) >= 12
    room.creators = {str(event.get("sender", "")), *texts(content.get("additional_creators"))}


def _name(room: Room, event: Mapping[str, Any], content: JSON) -> None:
    room.name = _text(content.get("name"))


def _alias(room: Room, event: Mapping[str, Any], content: JSON) -> None:
    room.alias = _text(content.get("alias"))


def _levels(room: Room, event: Mapping[str, Any], content: JSON) -> None:
    users = inner(content, "users")
    room.levels = {user: level for user, level in users.items() if isinstance(level, int)}
    usual = content.get("users_default")
    room.usual_level = usual if isinstance(usual, int) else 0


def _parent(room: Room, event: Mapping[str, Any], content: JSON) -> None:
    (room.parents.add if content.get("via") else room.parents.discard)(event["state_key"])


def _child(room: Room, event: Mapping[str, Any], content: JSON) -> None:
    (room.children.add if content.get("via") else room.children.discard)(event["state_key"])


def _pinned(room: Room, event: Mapping[str, Any], content: JSON) -> None:
    room.pinned = tuple(texts(content.get("pinned")))


def _encryption(room: Room, event: Mapping[str, Any], content: JSON) -> None:
    room.encrypted = True


_TAKERS: Mapping[str, Callable[[Room, Mapping[str, Any], JSON], None]] = {
    "m.room.member": _member,
    "m.room.create": _create,
    "m.room.name": _name,
    "m.room.canonical_alias": _alias,
    "m.room.power_levels": _levels,
    "m.space.parent": _parent,
    "m.space.child": _child,
    "m.room.pinned_events": _pinned,
    "m.room.encryption": _encryption,
}


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


@frozen
class Place:
    """Where something happened: the channel, and who people are there."""

    room: Room
    channel: Channel
    ranks: Room
    """The room whose power levels count: the space where the room belongs to one, else the room itself."""

    def thread(self, root: str) -> Channel:
        """The channel of a thread below an event of this room."""
        channel = self.channel
        return Channel(
            thread_channel(self.room.id, root),
            channel.guild,
            channel.name,
            channel.dm,
            channel.members,
            thread_of=channel.id,
        )


class Rooms:
    """The rooms of one account. ``read`` gives the state events of a room and raises ``PlatformError``."""

    def __init__(
        self,
        read: Callable[[str], Awaitable[list[JSON]]],
        *,
        own: Container[str] = (),
        owners: Collection[str] = (),
        bots: Collection[str] = (),
    ) -> None:
        self._read = read
        self._own = own
        self._owners = frozenset(owners)
        self._bots = tuple(bots)
        self._rooms: OrderedDict[str, Room] = OrderedDict()
        self.joined: set[str] = set()
        """The rooms that the account is in."""
        self.direct: set[str] = set()
        """Those that the account's own list says are direct conversations."""

    def known(self, room_id: str) -> Room | None:
        """The room if it is in memory."""
        return self._rooms.get(room_id)

    def forget(self, room_id: str) -> None:
        """Have its state read again when something happens there."""
        self._rooms.pop(room_id, None)

    async def get(self, room_id: str) -> Room:
        """The room, its state read from the homeserver where needed. Raises ``PlatformError``."""
        room = self._rooms.get(room_id)
        if room is None:
            room = Room(room_id)
            for event in await self._read(room_id):
                room.apply(event)
            # whoever was faster has taken in events since
            room = self._rooms.setdefault(room_id, room)
            if len(self._rooms) > KEPT_ROOMS:
                self._rooms.popitem(last=False)
        self._rooms.move_to_end(room_id)
        room.flagged_direct |= room_id in self.direct
        return room

    async def place(self, room_id: str) -> Place:
        """The host's view of a room. Raises ``PlatformError``."""
        room = await self.get(room_id)
        space = None if room.direct else await self._space(room)
        if room.direct:
            guild = Guild(DM_GUILD, "Matrix DMs")
        elif space is not None:
            guild = Guild(ours(space.id), space.name or space.alias)
        else:
            guild = Guild(ours(room.server), room.server)
        channel = Channel(ours(room_id), guild, self._label(room), room.direct, len(room.joined))
        return Place(room, channel, space or room)

    async def _space(self, room: Room) -> Room | None:
        """The space that a room belongs to. Both must say so, or a room could put itself under a foreign guild."""
        for parent in sorted(room.parents & self.joined):
            try:
                space = await self.get(parent)
            except PlatformError:
                continue
            if room.id in space.children:
                return space
        return None

    def _label(self, room: Room) -> str:
        others = sorted(name for user, name in room.joined.items() if user not in self._own)
        return room.name or room.alias or ", ".join(others[:3])

    def person(self, place: Place, user: str, *, machine: bool = False) -> Person:
        """Who a user is in a place."""
        name = place.room.joined.get(user) or localpart(user)
        bot = machine or user in self._own or any(fnmatchcase(user, pattern) for pattern in self._bots)
        return Person(ours(user), name, bot, rank=self._rank(place, user))

    def _rank(self, place: Place, user: str) -> Rank:
        """A space's power levels rank people; a lone room's do not: everybody may make one, and they share a guild."""
        if user in self._owners:
            return Rank.OWNER
        if place.channel.dm or place.ranks is place.room:
            return Rank.MEMBER
        level = place.ranks.level_of(user)
        if user in place.ranks.creators and (level >= 100 or place.ranks.sovereign):
            return Rank.OWNER
        return (
            Rank.ADMIN if level >= 100 else Rank.MANAGER if level >= 50 else Rank.MEMBER if level >= 0 else Rank.GUEST
        )
