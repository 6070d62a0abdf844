"""Sums for each day, and who was last seen when. The functions run in the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import peewee
from peewee import fn

from butler_core.kept import Kept

Ids = Sequence[str]
"""All accounts of one person."""
WHAT = ("messages", "words", "links", "reactions")


class Tally(Kept):
    """What somebody did in a channel on a day."""

    guild = peewee.TextField()
    day = peewee.TextField()
    """``2026-03-29``, by the guild's clock."""
    person = peewee.TextField()
    channel = peewee.TextField()
    messages = peewee.IntegerField(default=0)
    words = peewee.IntegerField(default=0)
    links = peewee.IntegerField(default=0)
    reactions = peewee.IntegerField(default=0)

    class Meta:
        primary_key = peewee.CompositeKey("guild", "day", "person", "channel")


class HourTally(Kept):
    """What was said in a channel in an hour of a day."""

    guild = peewee.TextField()
    day = peewee.TextField()
    channel = peewee.TextField()
    hour = peewee.SmallIntegerField()
    messages = peewee.IntegerField(default=0)
    by_bots = peewee.IntegerField(default=0)

    class Meta:
        primary_key = peewee.CompositeKey("guild", "day", "channel", "hour")


class Coming(Kept):
    """Who came and went on a day."""

    guild = peewee.TextField()
    day = peewee.TextField()
    joined = peewee.IntegerField(default=0)
    gone = peewee.IntegerField(default=0)

    class Meta:
        primary_key = peewee.CompositeKey("guild", "day")


class Seen(Kept):
    """When somebody last said or did something."""

    guild = peewee.TextField()
    person = peewee.TextField()
    channel = peewee.TextField()
    at = peewee.DoubleField()
    """Seconds since 1970."""

    class Meta:
        primary_key = peewee.CompositeKey("guild", "person")
        indexes = ((("guild", "at"), False),)


def add(model: type[Any], where: Mapping[str, Any], sums: Mapping[str, int]) -> None:
    """Add to the sums of a row, which is made if it is not there."""
    row = model.insert(**where, **sums)
    names = model._meta.primary_key.field_names
    more = {name: getattr(model, name) + getattr(peewee.EXCLUDED, name) for name in sums}
    row.on_conflict(conflict_target=[getattr(model, name) for name in names], update=more).execute()


def seen(guild: str, person: str, channel: str, at: float) -> None:
    """Somebody was there; what is older than what is known changes nothing."""
    row = Seen.insert(guild=guild, person=person, channel=channel, at=at)
    target = [Seen.guild, Seen.person]
    newer = {Seen.at: at, Seen.channel: channel}
    row.on_conflict(conflict_target=target, update=newer, where=Seen.at < at).execute()


def take_back(guild: str, day: str, person: str, channel: str) -> None:
    """A reaction was taken back."""
    mine = (Tally.guild == guild) & (Tally.day == day) & (Tally.person == person) & (Tally.channel == channel)
    Tally.update(reactions=Tally.reactions - 1).where(mine, Tally.reactions > 0).execute()


def top(guild: str, since: str, most: int = 500) -> list[tuple[Any, ...]]:
    """Who said most since a day: person, messages, words, links, reactions."""
    sums = [fn.sum(getattr(Tally, name)) for name in WHAT]
    rows: Any = Tally.select(Tally.person, *sums).where(Tally.guild == guild, Tally.day >= since)
    return [*rows.group_by(Tally.person).order_by(sums[0].desc(), Tally.person).limit(most).tuples()]


def of(guild: str, people: Ids, since: str) -> tuple[int, ...]:
    """What somebody did since a day."""
    sums = [fn.sum(getattr(Tally, name)) for name in WHAT]
    rows: Any = Tally.select(*sums).where(Tally.guild == guild, Tally.person.in_(people), Tally.day >= since)
    return tuple(int(each or 0) for each in rows.tuples().get())


def favourite(guild: str, people: Ids, since: str) -> str:
    """The channel in which somebody said most."""
    most = fn.sum(Tally.messages)
    rows = Tally.select(Tally.channel).where(Tally.guild == guild, Tally.person.in_(people), Tally.day >= since)
    found = rows.group_by(Tally.channel).order_by(most.desc(), Tally.channel).limit(1).scalar()
    return str(found or "")


def last_seen(guilds: Ids, people: Ids) -> float:
    """When somebody was last seen (in some guilds); 0: never."""
    return float(Seen.select(fn.max(Seen.at)).where(Seen.guild.in_(guilds), Seen.person.in_(people)).scalar() or 0)


def silent(guild: str, before: float, since: float = 0.0, most: int = 1000) -> list[tuple[str, str, float]]:
    """Who was last seen in a time: person, channel and when, the longest silent first."""
    rows: Any = Seen.select(Seen.person, Seen.channel, Seen.at)
    rows = rows.where(Seen.guild == guild, Seen.at <= before, Seen.at > since)
    return [*rows.order_by(Seen.at, Seen.person).limit(most).tuples()]


def prune(guild: str, before: str) -> int:
    """Forget the days before one."""
    return sum(
        int(each.delete().where(each.guild == guild, each.day < before).execute())
        for each in (Tally, HourTally, Coming)
    )


def of_person(person: str) -> list[dict[str, Any]]:
    """Every row of somebody."""
    days: Any = Tally.select().where(Tally.person == person).order_by(Tally.day, Tally.channel)
    there: Any = Seen.select().where(Seen.person == person)
    return [*days.dicts(), *there.dicts()]


def forget(person: str, replacement: str) -> dict[str, int]:
    """The sums stay, under another id."""
    rows: list[dict[str, Any]] = [*Tally.select().where(Tally.person == person).dicts()]
    Tally.delete().where(Tally.person == person).execute()
    for row in rows:
        where = {"guild": row["guild"], "day": row["day"], "channel": row["channel"], "person": replacement}
        add(Tally, where, {name: row[name] for name in WHAT})
    gone = Seen.delete().where(Seen.person == person).execute()
    return {"butler_core_tally": len(rows), "butler_core_seen": int(gone)}
