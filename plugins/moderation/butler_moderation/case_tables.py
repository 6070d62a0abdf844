"""What is kept of each thing that was done: a case with a number, until when it holds, and whether it was appealed."""

from __future__ import annotations

from typing import Any

import peewee
from butler import Table
from peewee import fn

OPEN, LIFTED, ENDED, FAILED = "open", "lifted", "ended", "failed"


class Case(Table):
    """One case of a guild."""

    id = peewee.BigAutoField()
    guild = peewee.TextField()
    number = peewee.IntegerField()
    do = peewee.TextField()
    person = peewee.TextField()
    """Whom it is about; empty for what is done to a channel."""
    name = peewee.TextField()
    by = peewee.TextField()
    """Who did it; ``rule NAME`` for a rule."""
    reason = peewee.TextField()
    channel = peewee.TextField()
    at = peewee.DoubleField()
    until = peewee.DoubleField(null=True)
    """Seconds since 1970; nothing: until it is lifted by hand, or nothing lasts."""
    how = peewee.TextField(default="")
    """In which way it holds, where there are several: ``timeout``, ``role ID``, ``hush``."""
    state = peewee.TextField(default=OPEN)
    appeal = peewee.TextField(default="")
    answer = peewee.TextField(default="")
    """What became of the appeal."""

    class Meta:
        table_name = "moderation_case"
        indexes = ((("guild", "number"), True), (("guild", "person"), False), (("state", "do"), False))


def last_number(guild: str) -> int:
    """The highest number of a guild so far."""
    return int(Case.select(fn.max(Case.number)).where(Case.guild == guild).scalar() or 0)


def keep(row: dict[str, Any]) -> None:
    """Write a case, once."""
    Case.insert(row).on_conflict_ignore().execute()


def find(guild: str, number: int) -> Case | None:
    """A case by its number."""
    found: Case | None = Case.get_or_none(Case.guild == guild, Case.number == number)
    return found


def of(guild: str, person: str, most: int = 100) -> list[Case]:
    """Somebody's cases in a guild, the newest first."""
    rows = Case.select().where(Case.guild == guild, Case.person == person)
    return list(rows.order_by(Case.number.desc()).limit(most))


def anywhere(person: str, number: int) -> list[Case]:
    """The cases of that number that are about somebody, in whatever guild."""
    return list(Case.select().where(Case.person == person, Case.number == number))


def standing(guild: str, do: str, person: str) -> list[Case]:
    """What holds against somebody now, of a kind."""
    return list(Case.select().where(Case.guild == guild, Case.do == do, Case.person == person, Case.state == OPEN))


def hushed() -> list[tuple[str, str]]:
    """Whose messages are taken away: guild and person."""
    rows: Any = Case.select(Case.guild, Case.person).where(Case.state == OPEN, Case.do == "mute", Case.how == "hush")
    return list(rows.tuples())


def change(guild: str, number: int, **fields: Any) -> int:
    """Change a case; how many that were."""
    return int(Case.update(**fields).where(Case.guild == guild, Case.number == number).execute())


def of_person(person: str) -> list[dict[str, Any]]:
    """Cases about somebody, and those that they made."""
    rows: Any = Case.select().where((Case.person == person) | (Case.by == person)).order_by(Case.id).dicts()
    return list(rows)


def forget(person: str, replacement: str) -> int:
    """Put another id in somebody's place; bans keep their sums, the words go."""
    about = {"person": replacement, "name": "", "reason": "", "appeal": "", "answer": ""}
    rows = Case.update(**about).where(Case.person == person).execute()
    return int(rows + Case.update(by=replacement).where(Case.by == person).execute())
