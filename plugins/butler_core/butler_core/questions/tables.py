"""Questions of the last hour, and who was refused in it. The functions run in the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import peewee

from butler_core.kept import Kept

HOUR = 3600.0


class Question(Kept):
    """One that was answered."""

    key = peewee.TextField(primary_key=True)
    """The message's id, so that each counts once."""
    person = peewee.TextField(index=True)
    at = peewee.DoubleField(index=True)


class Refusal(Kept):
    """When somebody was told last that it was enough."""

    person = peewee.TextField(primary_key=True)
    at = peewee.DoubleField(index=True)


def recent(accounts: Sequence[str], since: float) -> tuple[dict[str, float], float]:
    """What somebody asked since then, and when they were refused last (0: not since)."""
    rows: Any = Question.select(Question.key, Question.at).where(Question.person.in_(accounts), Question.at > since)
    refused = Refusal.select(peewee.fn.max(Refusal.at)).where(Refusal.person.in_(accounts), Refusal.at > since).scalar()
    return dict(rows.tuples()), float(refused or 0.0)


def answered(key: str, person: str, at: float) -> None:
    """A question was answered; what lies more than an hour back is dropped."""
    Question.insert(key=key, person=person, at=at).on_conflict_ignore().execute()
    Question.delete().where(Question.at <= at - HOUR).execute()


def refused(person: str, at: float) -> None:
    """Somebody was told."""
    Refusal.insert(person=person, at=at).on_conflict(conflict_target=[Refusal.person], update={"at": at}).execute()
    Refusal.delete().where(Refusal.at <= at - HOUR).execute()


def of_person(person: str) -> dict[str, Any]:
    """When somebody asked, and was refused."""
    asked: Any = Question.select().where(Question.person == person)
    told: Any = Refusal.select().where(Refusal.person == person)
    return {"questions": [row.at for row in asked], "questions_refused": [row.at for row in told]}


def forget(person: str, replacement: str) -> dict[str, int]:
    """Nothing of it is kept."""
    return {
        "butler_core_question": int(Question.delete().where(Question.person == person).execute()),
        "butler_core_refusal": int(Refusal.delete().where(Refusal.person == person).execute()),
    }
