"""Questions, who has yet to answer, and how answers sounded. What was answered is not kept.

The functions run in the store.
"""

from __future__ import annotations

from typing import Any

import peewee

from butler_core.kept import Kept
from butler_core.targets import Aimed


class Gauge(Aimed):
    """A question that is asked again and again."""

    id = peewee.BigAutoField()
    guild = peewee.TextField()
    question = peewee.TextField()
    every = peewee.DoubleField()
    """Seconds."""
    by = peewee.TextField()
    running = peewee.BooleanField(default=True)

    class Meta:
        indexes = ((("guild",), False),)


class GaugeWait(Kept):
    """Somebody who was asked and has not answered."""

    person = peewee.TextField(primary_key=True)
    gauge = peewee.BigIntegerField()
    asked = peewee.DoubleField()


class GaugeAnswer(Kept):
    """How somebody's answer sounded."""

    gauge = peewee.BigIntegerField()
    asked = peewee.DoubleField()
    person = peewee.TextField()
    score = peewee.DoubleField()

    class Meta:
        primary_key = peewee.CompositeKey("gauge", "asked", "person")


def put(**fields: Any) -> int:
    """Ask something from now on; its number."""
    return int(Gauge.create(**fields).id)


def one(number: int, guild: str = "") -> Gauge | None:
    """One by its number (in a guild)."""
    rows = Gauge.select().where(Gauge.id == number)
    found: Gauge | None = (rows.where(Gauge.guild == guild) if guild else rows).first()
    return found


def of_guild(guild: str) -> list[Gauge]:
    """All of a guild, the newest first."""
    return [*Gauge.select().where(Gauge.guild == guild).order_by(Gauge.id.desc())]


def stop(number: int) -> None:
    """Ask it no more; what was answered stays."""
    Gauge.update(running=False).where(Gauge.id == number).execute()
    GaugeWait.delete().where(GaugeWait.gauge == number).execute()


def wait(number: int, people: list[str], asked: float) -> None:
    """People are asked."""
    for person in people:
        row = GaugeWait.insert(person=person, gauge=number, asked=asked)
        changed = {GaugeWait.gauge: number, GaugeWait.asked: asked}
        row.on_conflict(conflict_target=[GaugeWait.person], update=changed).execute()


def waiting(person: str) -> tuple[int, float] | None:
    """What somebody was asked, and when."""
    row = GaugeWait.get_or_none(GaugeWait.person == person)
    return (row.gauge, row.asked) if row is not None else None


def answered(person: str) -> None:
    """They have answered."""
    GaugeWait.delete().where(GaugeWait.person == person).execute()


def answer(number: int, asked: float, person: str, score: float) -> None:
    """How it sounded."""
    GaugeAnswer.insert(gauge=number, asked=asked, person=person, score=score).on_conflict_ignore().execute()


def answers(number: int) -> list[tuple[float, float]]:
    """When it was asked, and how an answer sounded."""
    rows: Any = GaugeAnswer.select(GaugeAnswer.asked, GaugeAnswer.score).where(GaugeAnswer.gauge == number)
    return [*rows.order_by(GaugeAnswer.asked).tuples()]


def of_person(person: str) -> list[dict[str, Any]]:
    """What somebody asked, and how their answers sounded."""
    mine: Any = Gauge.select().where(Gauge.by == person)
    told: Any = GaugeAnswer.select().where(GaugeAnswer.person == person)
    return [*mine.dicts(), *told.dicts()]


def forget(person: str, replacement: str) -> dict[str, int]:
    """Scores stay in their sums, under another id."""
    Gauge.update(by=replacement).where(Gauge.by == person).execute()
    waits = GaugeWait.delete().where(GaugeWait.person == person).execute()
    rows: list[Any] = [*GaugeAnswer.select().where(GaugeAnswer.person == person)]
    GaugeAnswer.delete().where(GaugeAnswer.person == person).execute()
    for row in rows:
        answer(row.gauge, row.asked, replacement, row.score)
    return {"butler_core_gauge_answer": len(rows), "butler_core_gauge_wait": int(waits)}
