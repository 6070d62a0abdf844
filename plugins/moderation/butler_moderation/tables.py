"""What moderation keeps: rules and strikes.

The functions run in the store: give them to ``self.host.db.read``, ``write`` or ``defer``.
"""

from __future__ import annotations

from typing import Any

import peewee
from butler import JSONField, Table
from peewee import fn

from butler_moderation import case_tables, door_tables
from butler_moderation.case_tables import Case
from butler_moderation.door_tables import DOOR_TABLES


class RuleRow(Table):
    """A rule of a guild."""

    guild = peewee.TextField()
    name = peewee.TextField()
    body = JSONField()

    class Meta:
        table_name = "moderation_rule"
        primary_key = peewee.CompositeKey("guild", "name")


class Strike(Table):
    """Points against somebody, by a rule; a message counts once."""

    id = peewee.BigAutoField()
    guild = peewee.TextField()
    person = peewee.TextField()
    points = peewee.IntegerField()
    rule = peewee.TextField()
    cause = peewee.TextField(unique=True)
    """The id of the message, of an edit with its number."""
    at = peewee.DoubleField()
    """Seconds since 1970."""

    class Meta:
        table_name = "moderation_strike"
        indexes = ((("guild", "person", "at"), False),)


TABLES = (RuleRow, Strike, Case, *DOOR_TABLES)


def rules_of(guild: str) -> list[tuple[str, dict[str, Any]]]:
    """A guild's rules, by name."""
    rows: Any = RuleRow.select(RuleRow.name, RuleRow.body).where(RuleRow.guild == guild).order_by(RuleRow.name)
    return [(row.name, row.body) for row in rows]


def keep_rule(guild: str, name: str, body: dict[str, Any]) -> None:
    """Write a rule, in place of one of the same name."""
    key = [RuleRow.guild, RuleRow.name]
    RuleRow.insert(guild=guild, name=name, body=body).on_conflict(
        conflict_target=key, update={RuleRow.body: body}
    ).execute()


def drop_rule(guild: str, name: str) -> int:
    """Take a rule away; how many that were."""
    return int(RuleRow.delete().where(RuleRow.guild == guild, RuleRow.name == name).execute())


def replace_rules(guild: str, rules: dict[str, dict[str, Any]]) -> None:
    """These are a guild's rules from now on."""
    RuleRow.delete().where(RuleRow.guild == guild).execute()
    for name, body in rules.items():
        keep_rule(guild, name, body)


def strikes_of(guild: str, person: str, since: float) -> int:
    """The strikes of somebody that still count."""
    found = Strike.select(fn.sum(Strike.points)).where(
        Strike.guild == guild, Strike.person == person, Strike.at > since
    )
    return int(found.scalar() or 0)


def strike(guild: str, person: str, points: int, rule: str, cause: str, at: float) -> None:
    """Count strikes, once for each cause; those that nobody will ask for any more go."""
    row = {"guild": guild, "person": person, "points": points, "rule": rule, "cause": cause, "at": at}
    Strike.insert(row).on_conflict_ignore().execute()


def pardon(guild: str, person: str) -> int:
    """Take somebody's strikes away; how many rows that were."""
    return int(Strike.delete().where(Strike.guild == guild, Strike.person == person).execute())


def lapse(before: float) -> int:
    """Delete what happened before a time."""
    return int(Strike.delete().where(Strike.at < before).execute())


def of_person(person: str) -> dict[str, list[dict[str, Any]]]:
    """What is kept of somebody, as plain values."""
    rows: Any = Strike.select().where(Strike.person == person).order_by(Strike.id).dicts()
    return {"strikes": list(rows), "cases": case_tables.of_person(person), **door_tables.of_person(person)}


def forget(person: str, replacement: str) -> dict[str, int]:
    """Put another id in somebody's place, and take the words away."""
    change = {"person": replacement, "cause": Strike.id.cast("text").concat(f" {replacement}")}
    strikes = Strike.update(change).where(Strike.person == person).execute()
    cases = case_tables.forget(person, replacement)
    return {"moderation_strike": strikes, "moderation_case": cases, **door_tables.forget(person)}
