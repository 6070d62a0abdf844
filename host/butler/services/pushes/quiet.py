"""Who wants to be told nothing that they did not ask for (CORE-4)."""

from __future__ import annotations

from typing import Any

import peewee

from butler.clock import Clock
from butler.model import Person
from butler.services.identity.links import Links
from butler.store.database import Database
from butler.store.table import Table, create_tables


class QuietRow(Table):
    """An account that wants quiet."""

    account = peewee.TextField(primary_key=True)
    at = peewee.DoubleField()

    class Meta:
        table_name = "host_quiet"


class Quiet:
    """Answers from memory. What one account of a person said holds for all of them."""

    def __init__(self, database: Database, clock: Clock, links: Links) -> None:
        self._database = database
        self._clock = clock
        self._links = links
        self._wanted: dict[str, float] = {}

    async def start(self) -> None:
        """Make the table and read it."""
        self._wanted = dict(await self._database.write(_load))

    def is_wanted(self, person: Person | str) -> bool:
        """Whether somebody wants to be told nothing unasked."""
        return any(account in self._wanted for account in self._links.who(person).accounts)

    async def set(self, person: Person | str, on: bool) -> None:
        """Somebody wants quiet, or no longer; holds once this returns."""
        who = self._links.who(person)
        account = person if isinstance(person, str) else person.id
        now = self._clock.now().timestamp()
        if on:
            await self._database.write(lambda: _save(account, now))
            self._wanted[account] = now
        else:
            await self._database.write(lambda: _drop(who.accounts))
            for each in who.accounts:
                self._wanted.pop(each, None)

    async def export_person(self, person: str) -> list[dict[str, Any]]:
        """Since when an account wants quiet."""
        return [{"since": self._wanted[person]}] if person in self._wanted else []

    async def forget_person(self, person: str, _: str) -> int:
        """Nothing is known of what an account wanted."""
        self._wanted.pop(person, None)
        return await self._database.write(lambda: _drop((person,)))


def _load() -> list[tuple[str, float]]:
    create_tables([QuietRow])
    return [(row.account, row.at) for row in QuietRow.select()]


def _save(account: str, now: float) -> None:
    QuietRow.insert(account=account, at=now).on_conflict_ignore().execute()


def _drop(accounts: tuple[str, ...]) -> int:
    return int(QuietRow.delete().where(QuietRow.account.in_(accounts)).execute())
