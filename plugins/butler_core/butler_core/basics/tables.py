"""Commands that managers wrote. The functions run in the store."""

from __future__ import annotations

from typing import Any

import peewee

from butler_core.kept import Kept


class CustomCommand(Kept):
    """A command of a guild's own."""

    guild = peewee.TextField()
    name = peewee.TextField()
    text = peewee.TextField()
    by = peewee.TextField()
    """Who wrote it."""
    uses = peewee.IntegerField(default=0)

    class Meta:
        primary_key = peewee.CompositeKey("guild", "name")


def everything() -> list[tuple[str, str, str]]:
    """Guild, name and text of all of them."""
    rows: Any = CustomCommand.select(CustomCommand.guild, CustomCommand.name, CustomCommand.text)
    return list(rows.tuples())


def save(guild: str, name: str, text: str, by: str) -> None:
    """Write or rewrite one."""
    changed = {"text": text, "by": by}
    row = CustomCommand.insert(guild=guild, name=name, uses=0, **changed)
    row.on_conflict(conflict_target=[CustomCommand.guild, CustomCommand.name], update=changed).execute()


def _one(guild: str, name: str) -> Any:
    return (CustomCommand.guild == guild) & (CustomCommand.name == name)


def drop(guild: str, name: str) -> None:
    """Delete one."""
    CustomCommand.delete().where(_one(guild, name)).execute()


def uses(guild: str, name: str) -> int:
    """How often it was used."""
    return int(CustomCommand.select(CustomCommand.uses).where(_one(guild, name)).scalar() or 0)


def used(guild: str, name: str) -> None:
    """It was used."""
    CustomCommand.update(uses=CustomCommand.uses + 1).where(_one(guild, name)).execute()


def by_person(person: str) -> list[dict[str, Any]]:
    """Those that somebody wrote."""
    rows: Any = CustomCommand.select(CustomCommand.guild, CustomCommand.name, CustomCommand.text)
    return list(rows.where(CustomCommand.by == person).dicts())


def forget(person: str, replacement: str) -> int:
    """They stay the guild's; who wrote them is forgotten."""
    return int(CustomCommand.update(by=replacement).where(CustomCommand.by == person).execute())
