"""Which guilds, channels and people the host has met: for ticks, names typed in commands, and pushes.

A row is written only when something about it changed, so a busy channel costs nothing.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import attrs

from butler.model import Channel, Guild, Message, Person, Rank
from butler.store.database import Database, Tx

MOST_PEOPLE = 20_000
"""How many people are remembered in memory; the others are read from the store when asked for."""

TABLES = (
    "create table if not exists host_guilds (id text primary key, name text not null)",
    """create table if not exists host_channels (
        id text primary key, guild text not null, name text not null, body text not null
    )""",
    """create table if not exists host_people (
        guild text not null, id text not null, name text not null, folded text not null, body text not null,
        primary key (guild, id)
    )""",
    "create index if not exists host_people_folded on host_people (guild, folded)",
)


class Places:
    """Remembers guilds and channels in memory, people in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._guilds: dict[str, Guild] = {}
        self._channels: dict[str, Channel] = {}
        self._people: OrderedDict[tuple[str, str], Person] = OrderedDict()

    async def start(self) -> None:
        """Make the tables and read what is known."""
        await self._database.submit(_create, None)
        for identifier, name in await self._database.query("select id, name from host_guilds"):
            self._guilds[identifier] = Guild(identifier, name)
        for identifier, guild, name, body in await self._database.query(
            "select id, guild, name, body from host_channels"
        ):
            home = self._guilds.get(guild, Guild(guild))
            self._channels[identifier] = Channel(identifier, home, name, **json.loads(body))

    def meet(self, message: Message) -> None:
        """Remember where and by whom something was said, if that is news."""
        self.see(message.channel)
        self.know(message.channel.guild, message.author)

    def know(self, guild: Guild, person: Person) -> None:
        """Remember somebody in a guild, if they are news."""
        key = (guild.id, person.id)
        known = self._people.get(key)
        if known is not None and (known is person or known == person):
            self._people.move_to_end(key)
            return
        self._people[key] = person
        if len(self._people) > MOST_PEOPLE:
            self._people.popitem(last=False)
        self._database.submit(_person, (guild.id, person))

    def see(self, channel: Channel) -> None:
        """Remember a channel and its guild, if they are news."""
        if self._channels.get(channel.id) == channel:
            return
        self._channels[channel.id] = channel
        self._guilds[channel.guild.id] = channel.guild
        self._database.submit(_place, channel)

    @property
    def guilds(self) -> Sequence[Guild]:
        """All guilds that the host knows."""
        return tuple(self._guilds.values())

    def guild(self, identifier: str) -> Guild:
        """A guild by id; a bare one if nothing is known of it."""
        return self._guilds.get(identifier) or Guild(identifier)

    def at(self, identifier: str) -> Channel | None:
        """A channel by id, or ``None``."""
        return self._channels.get(identifier)

    def channels_of(self, guild: str) -> list[Channel]:
        """The channels of a guild that the host knows."""
        return [channel for channel in self._channels.values() if channel.guild.id == guild]

    async def person(self, text: str, channel: Channel) -> list[Person]:
        """Whom a typed name may mean here: by id, by exact name, else by the beginning of the name."""
        wanted = text.removeprefix("@").casefold()
        if not wanted:
            return []
        ids = (text, f"{channel.platform}:{text}", f"{channel.platform}:{text.removeprefix('@')}")
        rows = await self._database.query(
            "select id, name, body, folded from host_people where guild = ? and "
            "(id in (?, ?, ?) or folded = ? or substr(folded, 1, ?) = ?) order by folded limit 20",
            (channel.guild.id, *ids, wanted, len(wanted), wanted),
        )
        exact = [row for row in rows if wanted == row[3] or row[0].endswith(text)]
        return [_person_from(row) for row in exact or rows]

    async def channel(self, text: str, channel: Channel) -> list[Channel]:
        """Which channel of the same guild a typed name may mean."""
        wanted = text.removeprefix("#").casefold()
        there = self.channels_of(channel.guild.id)
        exact = [
            each for each in there if text in (each.id, each.id.partition(":")[2]) or each.name.casefold() == wanted
        ]
        return exact or [each for each in there if wanted and each.name.casefold().startswith(wanted)]

    async def known(self, identifier: str, guild: str = "") -> Person:
        """A person by id; a bare one if nothing is known of them. What holds in another guild does not hold there."""
        if guild and (guild, identifier) in self._people:
            return self._people[guild, identifier]
        rows = await self._database.query(
            "select id, name, body, folded, guild from host_people where id = ? "
            "order by case when guild = ? then 0 else 1 end limit 1",
            (identifier, guild),
        )
        if not rows:
            return Person(identifier, identifier.partition(":")[2])
        person = _person_from(rows[0][:4])
        return person if not guild or rows[0][4] == guild else attrs.evolve(person, rank=Rank.MEMBER, roles=())

    def clear(self) -> None:
        """Take everything out of memory (the store was emptied)."""
        self._guilds.clear()
        self._channels.clear()
        self._people.clear()

    def forget(self, person: str) -> None:
        """Take somebody out of memory (the store is the privacy service's)."""
        for key in [key for key in self._people if key[1] == person]:
            del self._people[key]


def _create(tx: Tx, rows: Sequence[None]) -> Sequence[None]:
    for statement in TABLES:
        tx.all(statement)
    return rows


def _place(tx: Tx, channels: Sequence[Channel]) -> list[None]:
    tx.many(
        "insert into host_guilds (id, name) values (?, ?) on conflict (id) do update set name = excluded.name",
        [(channel.guild.id, channel.guild.name) for channel in channels],
    )
    tx.many(
        "insert into host_channels (id, guild, name, body) values (?, ?, ?, ?) on conflict (id) do update "
        "set guild = excluded.guild, name = excluded.name, body = excluded.body",
        [(channel.id, channel.guild.id, channel.name, _channel_body(channel)) for channel in channels],
    )
    return [None] * len(channels)


def _channel_body(channel: Channel) -> str:
    return json.dumps(
        {
            "dm": channel.dm,
            "members": channel.members,
            "age_restricted": channel.age_restricted,
            "thread_of": channel.thread_of,
        }
    )


def _person(tx: Tx, rows: Sequence[tuple[str, Person]]) -> list[None]:
    tx.many(
        "insert into host_people (guild, id, name, folded, body) values (?, ?, ?, ?, ?) on conflict (guild, id) "
        "do update set name = excluded.name, folded = excluded.folded, body = excluded.body",
        [(guild, p.id, p.name, p.name.casefold(), _person_body(p)) for guild, p in rows],
    )
    return [None] * len(rows)


def _person_body(person: Person) -> str:
    return json.dumps({"bot": person.bot, "persona": person.persona, "rank": person.rank, "roles": person.roles})


def _person_from(row: Sequence[Any]) -> Person:
    body = json.loads(row[2])
    return Person(row[0], row[1], body["bot"], body["persona"], Rank(body["rank"]), tuple(body["roles"]))
