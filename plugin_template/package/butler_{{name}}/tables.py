"""What is kept. The functions run in the store: give them to ``self.host.db.read``, ``write`` or ``defer``."""

from __future__ import annotations

from typing import Any

import peewee
from butler import Table


class Said(Table):
    """Somebody said the word."""

    message = peewee.TextField(unique=True)
    """The message's id, so that each counts once."""
    guild = peewee.TextField()
    person = peewee.TextField()
    word = peewee.TextField()
    at = peewee.DoubleField()
    """Seconds since 1970."""


def count(guild: str, person: str, word: str) -> int:
    """How often somebody said a word."""
    return int(Said.select().where(Said.guild == guild, Said.person == person, Said.word == word).count())


def note(**columns: Any) -> None:
    """Keep that somebody said it, once."""
    Said.insert(columns).on_conflict_ignore().execute()


def of_person(person: str) -> list[dict[str, Any]]:
    """All that is kept of somebody."""
    rows: Any = Said.select().where(Said.person == person)
    return list(rows.dicts())


def forget(person: str) -> int:
    """Delete it; how many rows there were."""
    return int(Said.delete().where(Said.person == person).execute())
