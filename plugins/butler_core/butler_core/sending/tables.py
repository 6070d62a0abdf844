"""Messages that are planned. The functions run in the store."""

from __future__ import annotations

from typing import Any

import peewee

from butler_core.targets import Aimed


class Planned(Aimed):
    """A message that is said later, once or again and again."""

    id = peewee.BigAutoField()
    guild = peewee.TextField()
    kind = peewee.TextField()
    """``once``, ``every`` or ``cron``."""
    spec = peewee.TextField()
    """A timestamp, seconds, or a cron line."""
    persona = peewee.TextField()
    text = peewee.TextField()
    by = peewee.TextField()
    paused = peewee.BooleanField(default=False)

    class Meta:
        indexes = ((("guild",), False),)


def put(**fields: Any) -> int:
    """Plan one; its number."""
    return int(Planned.create(**fields).id)


def one(number: int, guild: str = "") -> Planned | None:
    """One by its number (in a guild)."""
    rows = Planned.select().where(Planned.id == number)
    found: Planned | None = (rows.where(Planned.guild == guild) if guild else rows).first()
    return found


def of_guild(guild: str) -> list[Planned]:
    """All of a guild."""
    return [*Planned.select().where(Planned.guild == guild).order_by(Planned.id)]


def pause(number: int, on: bool) -> None:
    """Pause it, or not."""
    Planned.update(paused=on).where(Planned.id == number).execute()


def drop(number: int) -> int:
    """It is over."""
    return int(Planned.delete().where(Planned.id == number).execute())


def of_person(person: str) -> list[dict[str, Any]]:
    """What somebody planned, and what is planned for them."""
    mine: Any = Planned.select().where((Planned.by == person) | (Planned.to == person)).order_by(Planned.id)
    return [*mine.dicts()]


def forget(person: str, replacement: str) -> int:
    """What was planned by them stays the guild's; what was for them goes."""
    gone = Planned.delete().where(Planned.to == person).execute()
    return int(gone) + int(Planned.update(by=replacement).where(Planned.by == person).execute())
