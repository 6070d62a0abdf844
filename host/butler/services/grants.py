"""Named grants: kept in the store, answered from memory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING

import attrs
import peewee
from attrs import frozen

from butler.clock import Clock
from butler.store.table import Table, create_tables

if TYPE_CHECKING:
    from butler.store.database import Database

EVERYWHERE = ""
"""The guild of a grant that holds in all of them."""


@frozen
class Given:
    """A grant as it was given: to whom, what, where, by whom, until when (``None``: until revoked)."""

    person: str
    name: str
    guild: str = EVERYWHERE
    by: str = ""
    until: dt.datetime | None = None


class GrantRow(Table):
    """One grant."""

    person = peewee.TextField()
    name = peewee.TextField()
    guild = peewee.TextField()
    by = peewee.TextField(index=True)
    until = peewee.DoubleField(null=True)
    """Seconds since 1970, or nothing."""

    class Meta:
        table_name = "host_grants"
        primary_key = peewee.CompositeKey("person", "name", "guild")


class Grants:
    """All grants of a host by person. The store is written first, memory follows."""

    def __init__(self, clock: Clock, database: Database | None) -> None:
        self._clock = clock
        self._database = database
        self._given: dict[str, dict[tuple[str, str], Given]] = {}

    async def start(self) -> None:
        """Make the table and read it; what has run out is deleted."""
        if self._database is not None:
            now = self._clock.now().timestamp()
            for given in await self._database.write(lambda: _load(now)):
                self._keep(given)

    def of(self, person: str) -> Iterator[Given]:
        """What a person holds now."""
        held = self._given.get(person)
        if held:
            now = self._clock.now()
            yield from (each for each in held.values() if each.until is None or now < each.until)

    async def put(self, given: Given) -> None:
        if self._database is not None:
            await self._database.write(lambda: _save(given))
        self._keep(given)

    async def drop(self, person: str, name: str, guild: str) -> bool:
        if self._database is not None:
            await self._database.write(lambda: _delete(person, name, guild))
        held = self._given.get(person, {})
        return held.pop((name, guild), None) is not None

    async def forget(self, person: str, replacement: str) -> int:
        if self._database is not None:
            await self._database.write(lambda: _forget(person, replacement))
        for held in self._given.values():
            held.update({key: attrs.evolve(each, by=replacement) for key, each in held.items() if each.by == person})
        return len(self._given.pop(person, {}))

    def _keep(self, given: Given) -> None:
        held = self._given.setdefault(given.person, {})
        now = self._clock.now()
        for key in [key for key, each in held.items() if each.until is not None and each.until <= now]:
            del held[key]
        held[given.name, given.guild] = given


def _load(now: float) -> list[Given]:
    create_tables([GrantRow])
    GrantRow.delete().where(GrantRow.until <= now).execute()
    return [Given(row.person, row.name, row.guild, row.by, _aware(row.until)) for row in GrantRow.select()]


def _aware(seconds: float | None) -> dt.datetime | None:
    return None if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC)


def _save(given: Given) -> None:
    changed = {"by": given.by, "until": given.until.timestamp() if given.until else None}
    key = {"person": given.person, "name": given.name, "guild": given.guild}
    GrantRow.insert(**key, **changed).on_conflict(conflict_target=list(key), update=changed).execute()


def _delete(person: str, name: str, guild: str) -> None:
    GrantRow.delete().where(GrantRow.person == person, GrantRow.name == name, GrantRow.guild == guild).execute()


def _forget(person: str, replacement: str) -> None:
    GrantRow.delete().where(GrantRow.person == person).execute()
    GrantRow.update(by=replacement).where(GrantRow.by == person).execute()
