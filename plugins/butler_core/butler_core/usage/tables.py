"""How often personas answered whom, by day. The functions run in the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import peewee

from butler_core.kept import Kept

DAY = 86_400
KEPT_DAYS = 400


class Exchange(Kept):
    """Answers of a persona to a person on one day (of UTC)."""

    day = peewee.IntegerField()
    """Days since 1970."""
    guild = peewee.TextField()
    person = peewee.TextField(index=True)
    persona = peewee.TextField()
    private = peewee.BooleanField()
    """Whether that was by direct message."""
    count = peewee.IntegerField()

    class Meta:
        primary_key = peewee.CompositeKey("day", "guild", "person", "persona", "private")


def answered(day: int, guild: str, person: str, persona: str, private: bool) -> None:
    """A persona answered somebody."""
    key = {"day": day, "guild": guild, "person": person, "persona": persona, "private": private}
    row = Exchange.insert(**key, count=1)
    row.on_conflict(conflict_target=list(key), update={"count": Exchange.count + 1}).execute()
    Exchange.delete().where(Exchange.day < day - KEPT_DAYS).execute()


def of_people(accounts: Sequence[str], since: int) -> list[tuple[str, bool, int]]:
    """Persona, whether in private, and how often, since a day."""
    count = peewee.fn.sum(Exchange.count)
    rows: Any = Exchange.select(Exchange.persona, Exchange.private, count)
    rows = rows.where(Exchange.person.in_(accounts), Exchange.day >= since)
    return list(rows.group_by(Exchange.persona, Exchange.private).order_by(Exchange.persona).tuples())


def exported(person: str) -> list[dict[str, Any]]:
    """All rows of somebody."""
    rows: Any = Exchange.select().where(Exchange.person == person)
    return list(rows.dicts())


def forget(person: str) -> int:
    """Nothing of it is kept."""
    return int(Exchange.delete().where(Exchange.person == person).execute())
