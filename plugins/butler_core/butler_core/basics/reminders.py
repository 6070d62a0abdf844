"""Reminders: what somebody wants to be told, when, and where. The functions run in the store."""

from __future__ import annotations

from typing import Any

import peewee

from butler_core.kept import Kept


class Reminder(Kept):
    """One that waits."""

    id = peewee.BigAutoField()
    person = peewee.TextField(index=True)
    guild = peewee.TextField()
    channel = peewee.TextField()
    """Where it was asked for; it is said there if the person takes no direct messages."""
    text = peewee.TextField()
    at = peewee.DoubleField()
    """Seconds since 1970."""


def of_person(accounts: tuple[str, ...]) -> list[Reminder]:
    """Those of somebody, the next first."""
    return list(Reminder.select().where(Reminder.person.in_(accounts)).order_by(Reminder.at, Reminder.id))


def add(person: str, guild: str, channel: str, text: str, at: float) -> int:
    """Write one; its number."""
    return int(Reminder.create(person=person, guild=guild, channel=channel, text=text, at=at).id)


def one(number: int) -> Reminder | None:
    """One by its number."""
    found: Reminder | None = Reminder.get_or_none(Reminder.id == number)
    return found


def drop(number: int) -> None:
    """It was said, or is not wanted any more."""
    Reminder.delete().where(Reminder.id == number).execute()


def exported(person: str) -> list[dict[str, Any]]:
    """All that is kept of somebody."""
    rows: Any = Reminder.select(Reminder.text, Reminder.at, Reminder.channel).where(Reminder.person == person)
    return list(rows.dicts())
