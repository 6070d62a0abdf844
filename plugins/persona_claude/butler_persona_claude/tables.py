"""What is kept: votes, who is given the better model, who is shut down, moods, bonds, and how much was said.

The functions run in the store: give them to ``self.host.db.read``, ``write`` or ``defer``.
"""

from __future__ import annotations

from typing import Any

import peewee
from butler import Channel, Table

HOUR = 3600.0
DAY = 86_400.0


class Poll(Table):
    """A vote was taken in a channel."""

    id = peewee.BigAutoField()
    channel = peewee.TextField()
    at = peewee.DoubleField(index=True)
    """Seconds since 1970."""


class Premium(Table):
    """Somebody who is given the better model."""

    person = peewee.TextField(primary_key=True)


class Down(Table):
    """A character that an operator shut down."""

    persona = peewee.TextField(primary_key=True)


class Mood(Table):
    """In which mode a character is in a channel, and how often it has spoken in it."""

    persona = peewee.TextField()
    channel = peewee.TextField()
    mode = peewee.IntegerField(default=0)
    before = peewee.IntegerField(default=0)
    """The mode before."""
    replies = peewee.IntegerField(default=0)

    class Meta:
        primary_key = peewee.CompositeKey("persona", "channel")


class Talk(Table):
    """How much somebody and a character said to each other; no contents."""

    persona = peewee.TextField()
    person = peewee.TextField()
    place = peewee.TextField()
    """``dm``, or the id of a guild."""
    messages = peewee.IntegerField(default=0)
    first = peewee.DoubleField()
    last = peewee.DoubleField()
    seq = peewee.BigIntegerField(default=0)
    """The journal's number of the last message that was counted."""

    class Meta:
        primary_key = peewee.CompositeKey("persona", "person", "place")


class Bond(Table):
    """What somebody is to a character in private, or in a guild."""

    persona = peewee.TextField()
    person = peewee.TextField()
    place = peewee.TextField()
    kind = peewee.TextField()
    stage = peewee.IntegerField(default=0)
    evidence = peewee.TextField(default="")
    """The person's own words that moved it last."""
    source = peewee.TextField(default="")
    """The id of the message with them."""
    judged = peewee.IntegerField(default=0)
    """After how many messages it was looked at last."""

    class Meta:
        primary_key = peewee.CompositeKey("persona", "person", "place")


class Begin(Table):
    """Where a conversation began anew."""

    channel = peewee.TextField(primary_key=True)
    seq = peewee.BigIntegerField()


TABLES = (Poll, Premium, Down, Mood, Talk, Bond, Begin)
PERSONS: tuple[Any, ...] = (Premium, Talk, Bond)


def polled(channel: str, at: float, most: int) -> bool:
    """Enter a vote, unless there were as many in the last hour as there may be; whether it was entered."""
    Poll.delete().where(Poll.at < at - HOUR).execute()
    if Poll.select().where(Poll.channel == channel).count() >= most:
        return False
    Poll.create(channel=channel, at=at)
    return True


def toggled(table: Any, field: Any, value: str) -> bool:
    """Put in a row, or take it out if it was there; whether it is there now."""
    if table.delete().where(field == value).execute():
        return False
    table.insert({field.name: value}).execute()
    return True


def count_talk(persona: str, person: str, place: str, at: float, seq: int) -> None:
    """One more answer to somebody; the same message counts once."""
    key = {"persona": persona, "person": person, "place": place}
    where = [getattr(Talk, name) == value for name, value in key.items()]
    Talk.insert(**key, first=at, last=at).on_conflict_ignore().execute()
    Talk.update(messages=Talk.messages + 1, last=at, seq=seq).where(*where, Talk.seq < seq).execute()


def begin(channel: str, seq: int) -> None:
    """A conversation begins anew with a number of the journal."""
    Begin.insert(channel=channel, seq=seq).on_conflict(conflict_target=[Begin.channel], update={"seq": seq}).execute()


def talkers() -> list[tuple[str, int]]:
    """Who talks to characters, and how many answers they had; the most first."""
    total = peewee.fn.SUM(Talk.messages)
    rows: Any = Talk.select(Talk.person, total).group_by(Talk.person).order_by(total.desc(), Talk.person)
    return [(person, int(count)) for person, count in rows.tuples()]


def of_person(person: str) -> dict[str, list[dict[str, Any]]]:
    """Every row in which a person is named."""
    return {name_of(table): list(table.select().where(table.person == person).dicts()) for table in PERSONS}


def forget(person: str) -> dict[str, int]:
    """Delete every row in which a person is named."""
    return {name_of(table): int(table.delete().where(table.person == person).execute()) for table in PERSONS}


def name_of(table: Any) -> str:
    """What a table is called in the store."""
    return str(table._meta.table_name)


def place_of(channel: Channel) -> str:
    """Where something is known: in private, or in a guild."""
    return "dm" if channel.dm else channel.guild.id
