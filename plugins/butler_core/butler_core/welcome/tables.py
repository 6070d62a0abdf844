"""Who was welcomed where. The functions run in the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import peewee

from butler_core.kept import Kept


class Newcomer(Kept):
    """Somebody who joined a guild. The row stays, so that nobody is welcomed twice."""

    guild = peewee.TextField()
    person = peewee.TextField(index=True)
    at = peewee.DoubleField()
    """When, in seconds since 1970."""
    channel = peewee.TextField()
    """Where they wait to be welcomed; empty once they were."""

    class Meta:
        primary_key = peewee.CompositeKey("guild", "person")
        indexes = ((("guild", "channel"), False),)


def known(guild: str, person: str) -> bool:
    """Whether somebody was welcomed before."""
    return bool(Newcomer.select().where(Newcomer.guild == guild, Newcomer.person == person).exists())


def joined(guild: str, person: str, at: float, channel: str) -> None:
    """Somebody is there; ``channel``: where they wait."""
    Newcomer.insert(guild=guild, person=person, at=at, channel=channel).on_conflict_ignore().execute()


def waiting(guild: str, most: int) -> list[Newcomer]:
    """Those who wait in a guild, who came first first."""
    rows = Newcomer.select().where(Newcomer.guild == guild, Newcomer.channel != "")
    return list(rows.order_by(Newcomer.at, Newcomer.person).limit(most))


def guilds_that_wait() -> list[str]:
    """The guilds in which somebody waits."""
    rows: Any = Newcomer.select(Newcomer.guild).where(Newcomer.channel != "").distinct()
    return [guild for (guild,) in rows.tuples()]


def welcomed(guild: str, people: Sequence[str]) -> None:
    """They wait no more."""
    Newcomer.update(channel="").where(Newcomer.guild == guild, Newcomer.person.in_(people)).execute()


def of_person(person: str) -> list[dict[str, Any]]:
    """The guilds that somebody joined, and when."""
    rows: Any = Newcomer.select(Newcomer.guild, Newcomer.at).where(Newcomer.person == person)
    return list(rows.dicts())


def forget(person: str) -> int:
    """Nothing of it is kept."""
    return int(Newcomer.delete().where(Newcomer.person == person).execute())
