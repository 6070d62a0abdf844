"""Who was asked how they are, and when. The functions run in the store."""

from __future__ import annotations

from typing import Any

import peewee
from peewee import fn

from butler_core.counting.tables import Seen
from butler_core.kept import Kept


class CheckIn(Kept):
    """The last time that somebody was asked."""

    person = peewee.TextField(primary_key=True)
    guild = peewee.TextField()
    at = peewee.DoubleField()


def silent(since: float) -> list[tuple[str, str, float]]:
    """Everybody who was seen since then: account, guild and when, in all guilds and in private."""
    rows: Any = Seen.select(Seen.person, Seen.guild, fn.max(Seen.at)).where(Seen.at > since)
    return [*rows.group_by(Seen.person, Seen.guild).order_by(Seen.person, Seen.guild).tuples()]


def asked() -> dict[str, float]:
    """When each account was asked."""
    rows: Any = CheckIn.select(CheckIn.person, CheckIn.at)
    return dict(rows.tuples())


def ask(person: str, guild: str, at: float) -> None:
    """Somebody is asked."""
    row = CheckIn.insert(person=person, guild=guild, at=at)
    row.on_conflict(conflict_target=[CheckIn.person], update={CheckIn.guild: guild, CheckIn.at: at}).execute()


def of_person(person: str) -> list[dict[str, Any]]:
    """When somebody was asked."""
    rows: Any = CheckIn.select().where(CheckIn.person == person)
    return [*rows.dicts()]


def forget(person: str) -> int:
    """Nobody asked them."""
    return int(CheckIn.delete().where(CheckIn.person == person).execute())
