"""What managers wait for, and the moods of those who talk. The functions run in the store."""

from __future__ import annotations

from typing import Any

import peewee

from butler_core.counting.tables import Seen
from butler_core.kept import Kept
from butler_core.targets import Target


class Trigger(Kept):
    """Something that is said or done when something happens."""

    id = peewee.BigAutoField()
    guild = peewee.TextField()
    kind = peewee.TextField()
    """``silent``, ``joins``, ``role`` or ``mood``."""
    value = peewee.TextField()
    """Seconds of silence, a role's id, or a mood."""
    to_kind = peewee.TextField()
    """As in ``targets``, or ``them``: whoever it is about."""
    to = peewee.TextField()
    to_name = peewee.TextField()
    text = peewee.TextField()
    by = peewee.TextField()
    looked = peewee.DoubleField()
    """Until when silences were looked at."""

    class Meta:
        indexes = ((("guild",), False),)

    @property
    def target(self) -> Target:
        """Who is told."""
        kind: Any = self.to_kind
        return Target(kind, self.to, self.to_name)


class MoodRow(Kept):
    """How somebody sounded lately."""

    guild = peewee.TextField()
    person = peewee.TextField()
    mood = peewee.DoubleField()
    count = peewee.IntegerField()

    class Meta:
        primary_key = peewee.CompositeKey("guild", "person")


def put(**fields: Any) -> int:
    """Wait for something; its number."""
    return int(Trigger.create(**fields).id)


def everything() -> list[Trigger]:
    """All of all guilds."""
    return [*Trigger.select().order_by(Trigger.id)]


def drop(number: int) -> None:
    """Wait no more."""
    Trigger.delete().where(Trigger.id == number).execute()


def looked(number: int, at: float) -> None:
    """Silences were looked at."""
    Trigger.update(looked=at).where(Trigger.id == number).execute()


def fell_silent(guild: str, after: float, until: float) -> list[tuple[str, float]]:
    """Who was last seen in a span of time."""
    rows: Any = Seen.select(Seen.person, Seen.at).where(Seen.guild == guild, Seen.at > after, Seen.at <= until)
    return [*rows.order_by(Seen.at).limit(500).tuples()]


def mood(guild: str, person: str) -> tuple[float, int]:
    """How somebody sounded lately, and in how many messages."""
    row = MoodRow.get_or_none(MoodRow.guild == guild, MoodRow.person == person)
    return (row.mood, row.count) if row is not None else (0.0, 0)


def feels(guild: str, person: str, mood: float, count: int) -> None:
    """How they sound now."""
    row = MoodRow.insert(guild=guild, person=person, mood=mood, count=count)
    changed = {MoodRow.mood: mood, MoodRow.count: count}
    row.on_conflict(conflict_target=[MoodRow.guild, MoodRow.person], update=changed).execute()


def of_person(person: str) -> list[dict[str, Any]]:
    """What somebody set up, and how they sounded."""
    mine: Any = Trigger.select().where((Trigger.by == person) | (Trigger.to == person)).order_by(Trigger.id)
    moods: Any = MoodRow.select().where(MoodRow.person == person)
    return [*mine.dicts(), *moods.dicts()]


def forget(person: str, replacement: str) -> dict[str, int]:
    """The guild's triggers stay, those that tell them go, and so does their mood."""
    gone = Trigger.delete().where(Trigger.to == person).execute()
    changed = Trigger.update(by=replacement).where(Trigger.by == person).execute()
    moods = MoodRow.delete().where(MoodRow.person == person).execute()
    return {"butler_core_trigger": int(gone) + int(changed), "butler_core_mood_row": int(moods)}
