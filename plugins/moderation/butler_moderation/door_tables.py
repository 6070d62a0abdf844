"""What is kept of raids, of roles that people take, and of what happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import peewee
from butler import JSONField, Table


class Door(Table):
    """A guild whose door is locked."""

    guild = peewee.TextField(primary_key=True)
    at = peewee.DoubleField()
    why = peewee.TextField()

    class Meta:
        table_name = "moderation_door"


class Held(Table):
    """Somebody who waits behind a locked door, with the role that holds them."""

    guild = peewee.TextField()
    person = peewee.TextField()
    role = peewee.TextField()

    class Meta:
        table_name = "moderation_held"
        primary_key = peewee.CompositeKey("guild", "person")


class Panel(Table):
    """A message by which people give themselves roles."""

    id = peewee.BigAutoField()
    guild = peewee.TextField()
    channel = peewee.TextField()
    message = peewee.TextField(index=True)
    how = peewee.TextField()
    """``buttons``, ``menu`` or ``reactions``."""
    one = peewee.BooleanField()
    """Only one of its roles at a time."""
    title = peewee.TextField()
    entries = JSONField()
    """Role ids, each with its label and emoji."""

    class Meta:
        table_name = "moderation_panel"


class Sticky(Table):
    """The roles that somebody had when they left, and gets again."""

    guild = peewee.TextField()
    person = peewee.TextField()
    roles = JSONField()

    class Meta:
        table_name = "moderation_sticky"
        primary_key = peewee.CompositeKey("guild", "person")


class Happened(Table):
    """A line of the log."""

    id = peewee.BigAutoField()
    guild = peewee.TextField()
    at = peewee.DoubleField(index=True)
    kind = peewee.TextField()
    person = peewee.TextField(index=True)
    channel = peewee.TextField()
    text = peewee.TextField()
    seq = peewee.BigIntegerField(unique=True)
    """The journal's number of what happened, so that it stands there once."""

    class Meta:
        table_name = "moderation_log"


DOOR_TABLES = (Door, Held, Panel, Sticky, Happened)


def locked() -> list[str]:
    """The guilds whose door is locked."""
    rows: Any = Door.select(Door.guild)
    return [row.guild for row in rows]


def lock(guild: str, at: float, why: str) -> None:
    """A door is locked."""
    Door.insert(guild=guild, at=at, why=why).on_conflict_ignore().execute()


def hold(guild: str, person: str, role: str) -> None:
    """Somebody waits."""
    Held.insert(guild=guild, person=person, role=role).on_conflict_ignore().execute()


def held(guild: str) -> list[tuple[str, str]]:
    """Who waits, with the role that holds them."""
    rows: Any = Held.select(Held.person, Held.role).where(Held.guild == guild).order_by(Held.person)
    return list(rows.tuples())


def unlock(guild: str) -> None:
    """A door is open again, and nobody waits."""
    Door.delete().where(Door.guild == guild).execute()
    Held.delete().where(Held.guild == guild).execute()


def stick(guild: str, person: str, roles: list[str]) -> None:
    """Somebody left with these roles."""
    key = [Sticky.guild, Sticky.person]
    row = {"guild": guild, "person": person, "roles": roles}
    Sticky.insert(row).on_conflict(conflict_target=key, update={Sticky.roles: roles}).execute()


def unstick(guild: str, person: str) -> list[str]:
    """The roles with which somebody left."""
    found = Sticky.get_or_none(Sticky.guild == guild, Sticky.person == person)
    return list(found.roles) if found is not None else []


def panels() -> list[Panel]:
    """Every panel."""
    return list(Panel.select())


def log(row: dict[str, Any]) -> None:
    """Write a line of the log, once."""
    Happened.insert(row).on_conflict_ignore().execute()


def logged(guild: str, person: str, kind: str, most: int = 200) -> list[Happened]:
    """The last lines of a guild's log, those of a person or kind alone if one is named; the newest first."""
    rows = Happened.select().where(Happened.guild == guild)
    rows = rows.where(Happened.person == person) if person else rows
    rows = rows.where(Happened.kind == kind) if kind else rows
    return list(rows.order_by(Happened.id.desc()).limit(most))


def fade(before: float) -> int:
    """Delete lines from before a time."""
    return int(Happened.delete().where(Happened.at < before).execute())


OF_PEOPLE: Mapping[str, Any] = {
    "moderation_held": Held, "moderation_sticky": Sticky, "moderation_log": Happened,
}  # fmt: skip


def of_person(person: str) -> dict[str, list[dict[str, Any]]]:
    """What is kept of somebody, as plain values."""
    return {name: list(each.select().where(each.person == person).dicts()) for name, each in OF_PEOPLE.items()}


def forget(person: str) -> dict[str, int]:
    """Delete what is kept of somebody."""
    return {name: int(each.delete().where(each.person == person).execute()) for name, each in OF_PEOPLE.items()}
