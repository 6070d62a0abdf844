"""What is known of the guilds: channels, roles, who is who. Kept small, so that a thousand guilds fit."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from butler import Channel, Guild, Person, Rank

from butler_discord.ids import DM_GUILD, native, ours
from butler_discord.known import THREADS, Known, Room
from butler_discord.permissions import MANAGE_GUILD, Overwrite, of_channel, of_guild, rank_of

JSON = dict[str, Any]

MOST_PEOPLE = 20_000
DMS = Guild(DM_GUILD, "Discord DMs")


class Guilds:
    """All guilds of one bot, kept up to date from the gateway."""

    def __init__(self, owners: Collection[str] = ()) -> None:
        self.me = 0
        self.owners = frozenset(each if each.startswith("discord:") else ours(each) for each in owners)
        self.known: dict[int, Known] = {}
        self.rooms: dict[int, Known] = {}
        """Channel and thread ids to their guild."""
        self._people: OrderedDict[tuple[int, int], tuple[Any, Person]] = OrderedDict()

    # --- keeping up ---------------------------------------------------------------------------------

    def enter(self, raw: JSON) -> Known:
        """A guild as GUILD_CREATE tells it."""
        guild = int(raw["id"])
        before = self.known.get(guild)
        known = Known(guild, raw["name"], int(raw.get("owner_id") or 0), int(raw.get("member_count") or 0))
        known.boosts = int(raw.get("premium_subscription_count") or 0)
        known.hall = int(raw.get("system_channel_id") or 0)
        if before is not None:
            known.accepted, known.since = before.accepted, before.since
        for role in raw.get("roles", ()):
            self.role(known, role)
        for each in (*raw.get("channels", ()), *raw.get("threads", ())):
            self.room(known, each)
        for state in raw.get("voice_states", ()):
            if state.get("channel_id"):
                known.voice[int(state["user_id"])] = int(state["channel_id"])
        for member in raw.get("members", ()):
            if int(member["user"]["id"]) == self.me:
                known.held = tuple(map(int, member.get("roles", ())))
            elif len(self._people) < MOST_PEOPLE:
                self.person(member["user"], member, known)
        self.known[guild] = known
        return known

    def leave(self, guild: int) -> Known | None:
        """A guild is gone."""
        known = self.known.pop(guild, None)
        for room in known.rooms if known else ():
            self.rooms.pop(room, None)
        return known

    def role(self, known: Known, raw: JSON) -> None:
        """A role is there, or changed."""
        role = int(raw["id"])
        known.roles[role] = int(raw.get("permissions") or 0)
        known.role_names[role] = sys.intern(str(raw.get("name", "")))
        known.role_places[role] = int(raw.get("position") or 0)
        known.generation += 1

    def drop_role(self, known: Known, role: int) -> None:
        """A role is gone."""
        known.roles.pop(role, None)
        known.role_names.pop(role, None)
        known.role_places.pop(role, None)
        known.generation += 1

    def room(self, known: Known, raw: JSON) -> Room:
        """A channel or thread is there, or changed."""
        overwrites = tuple(
            Overwrite(int(each["id"]), int(each.get("allow") or 0), int(each.get("deny") or 0))
            for each in raw.get("permission_overwrites", ())
        )
        room = Room(
            int(raw["id"]), int(raw["type"]), str(raw.get("name") or ""), int(raw.get("parent_id") or 0),
            bool(raw.get("nsfw")), overwrites, int(raw.get("last_message_id") or 0),
        )  # fmt: skip
        known.rooms[room.id] = room
        self.rooms[room.id] = known
        return room

    def drop_room(self, room: int) -> None:
        """A channel or thread is gone, and the threads of a channel with it."""
        known = self.rooms.pop(room, None)
        if known is None:
            return
        known.rooms.pop(room, None)
        for thread in [each.id for each in known.rooms.values() if each.parent == room and each.kind in THREADS]:
            known.rooms.pop(thread, None)
            self.rooms.pop(thread, None)

    def counted(self, known: Known, members: int) -> None:
        """So many are in the guild now."""
        before, known.members = rounded(known.members), max(0, members)
        if rounded(known.members) != before:
            for room in known.rooms.values():
                room.shown = None

    # --- as the host knows it -----------------------------------------------------------------------

    def channel(self, identifier: int) -> Channel | None:
        """A channel of a guild, or ``None``."""
        known = self.rooms.get(identifier)
        return None if known is None else self.shown(known, known.rooms[identifier])

    def shown(self, known: Known, room: Room) -> Channel:
        """A room as the host knows it."""
        if room.shown is None:
            parent = known.rooms.get(room.parent)
            thread = room.kind in THREADS
            restricted = room.age_restricted or bool(thread and parent and parent.age_restricted)
            room.shown = Channel(
                ours(room.id), known.guild(), room.name, members=rounded(known.members),
                age_restricted=restricted, thread_of=ours(room.parent) if thread else "",
            )  # fmt: skip
        return room.shown

    def person(self, user: Mapping[str, Any], member: Mapping[str, Any] | None, known: Known | None) -> Person:
        """Somebody, with the name and the rank that they have there."""
        identifier = int(user["id"])
        nick = member.get("nick") if member else None
        name = nick or user.get("global_name") or user.get("username") or str(identifier)
        roles = tuple(member.get("roles", ())) if member else ()
        pending = bool(member and member.get("pending"))
        seen = (name, roles, pending, known.generation if known else 0)
        key = (known.id if known else 0, identifier)
        before = self._people.get(key)
        if before is not None and before[0] == seen:
            return before[1]
        rank = self.rank(identifier, roles, known, pending=pending)
        person = Person(
            ours(identifier),
            name,
            bool(user.get("bot") or user.get("system")),
            rank=rank,
            roles=tuple(map(ours, roles)),
        )
        self._people[key] = (seen, person)
        if len(self._people) > MOST_PEOPLE:
            self._people.popitem(last=False)
        return person

    def remembered(self, user: int, known: Known) -> Person | None:
        """Somebody as they were last told of in a guild."""
        before = self._people.get((known.id, user))
        return before[1] if before is not None else None

    def somebody(self, user: int, known: Known | None) -> Person:
        """Somebody of whom only the id is told; with what is remembered of them."""
        before = self.remembered(user, known) if known else None
        return before or Person(ours(user), str(user), rank=self.rank(user, (), known))

    def rank(self, user: int, roles: Iterable[int | str], known: Known | None, *, pending: bool = False) -> Rank:
        """What somebody ranks in a guild; in private everybody is a member."""
        if ours(user) in self.owners:
            return Rank.OWNER
        if known is None:
            return Rank.MEMBER
        permissions = of_guild(known.id, known.roles, map(int, roles))
        return rank_of(permissions, owner=user == known.owner, pending=pending)

    # --- what the bot may ---------------------------------------------------------------------------

    def may(self, channel: Channel | int) -> int:
        """The bot's permissions in a channel of a guild; 0 where it is not known."""
        identifier = channel if isinstance(channel, int) else native(channel.id)
        known = self.rooms.get(identifier)
        if known is None:
            return 0
        room = known.rooms[identifier]
        if room.kind in THREADS and room.parent in known.rooms:
            room = known.rooms[room.parent]
        if known.owner == self.me:
            return of_channel(of_guild(known.id, {known.id: 8}, ()), known.id, self.me, known.held, ())
        base = of_guild(known.id, known.roles, known.held)
        return of_channel(base, known.id, self.me, known.held, room.overwrites)

    def may_in(self, known: Known) -> int:
        """The bot's permissions in a guild."""
        return of_guild(known.id, known.roles, known.held)

    def manages(self, known: Known) -> bool:
        """Whether the bot may see a guild's invites."""
        return bool(self.may_in(known) & MANAGE_GUILD)


def rounded(count: int) -> int:
    """A number of members to two digits, so that a channel does not change with everybody who comes and goes."""
    if count < 20:
        return max(2, count)
    step = 10 ** (len(str(count)) - 2)
    return int(count // step * step)


def channel_of(raw: JSON, name: str = "") -> Channel:
    """A private channel."""
    return Channel(ours(raw["id"]), DMS, name, dm=True)
