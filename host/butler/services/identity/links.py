"""Which accounts belong to one person. Asked in memory; what others keep stays under the account it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import peewee
from attrs import frozen

from butler.clock import Clock
from butler.model import Person
from butler.store.database import Database
from butler.store.table import Table, create_tables

Listener = Callable[[frozenset[str]], None]
"""Told which accounts were linked or unlinked."""


@frozen
class Who:
    """A person, whichever account they use.

    Keep things under the account that they came from, and ask for them by all :attr:`accounts`: so they belong to the
    person as long as the accounts are linked, and are each account's own again when they are not. What is counted or
    compared goes by :attr:`id`.
    """

    id: str
    """The account that was there first; it stays the same while accounts are added."""
    accounts: tuple[str, ...]
    """All of them, in the order in which they were linked."""


class LinkRow(Table):
    """One account that is linked."""

    account = peewee.TextField(primary_key=True)
    person = peewee.TextField(index=True)
    """The id of the person: their first account."""
    at = peewee.DoubleField()

    class Meta:
        table_name = "host_links"


class Links:
    """The links of a host."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._people: dict[str, Who] = {}
        """Account to person, for those that are linked."""
        self._listeners: list[Listener] = []

    async def start(self) -> None:
        """Make the table and read it."""
        groups: dict[str, list[str]] = {}
        for account, person in await self._database.write(_load):
            groups.setdefault(person, []).append(account)
        self._people = {}
        for accounts in groups.values():
            self._know(accounts)

    def listen(self, listener: Listener) -> None:
        """Have ``listener`` called after each change."""
        self._listeners.append(listener)

    def who(self, person: Person | str) -> Who:
        """The person behind an account."""
        account = person if isinstance(person, str) else person.id
        return self._people.get(account) or Who(account, (account,))

    def accounts(self, account: str) -> tuple[str, ...]:
        """All accounts of the person behind one; just that one where nothing is linked."""
        who = self._people.get(account)
        return (account,) if who is None else who.accounts

    async def link(self, first: str, second: str) -> Who:
        """Have two accounts, with all that are linked to them, belong to one person; holds once this returns."""
        accounts = list(dict.fromkeys((*self.accounts(first), *self.accounts(second))))
        await self._put(accounts)
        return self.who(first)

    async def unlink(self, account: str) -> bool:
        """Have an account stand by itself again. False: it was not linked."""
        if account not in self._people:
            return False
        left = [each for each in self.accounts(account) if each != account]
        gone = [account] if len(left) > 1 else [account, *left]
        await self._database.write(lambda: _drop(gone))
        for each in gone:
            self._people.pop(each, None)
        if len(left) > 1:
            await self._put(left)
        self._tell([account, *left])
        return True

    async def _put(self, accounts: list[str]) -> None:
        now = self._clock.now().timestamp()
        await self._database.write(lambda: _save(accounts, now))
        self._know(accounts)
        self._tell(accounts)

    def _know(self, accounts: list[str]) -> None:
        who = Who(accounts[0], tuple(accounts))
        self._people.update(dict.fromkeys(accounts, who))

    def _tell(self, accounts: Iterable[str]) -> None:
        changed = frozenset(accounts)
        for listener in self._listeners:
            listener(changed)

    async def export_person(self, person: str) -> list[str]:
        """The other accounts of a person."""
        return [each for each in self.accounts(person) if each != person]

    async def forget_person(self, person: str, _: str) -> int:
        """An account stands by itself, and nothing is known of a link."""
        return int(await self.unlink(person))


def _load() -> list[tuple[str, str]]:
    create_tables([LinkRow])
    return [(row.account, row.person) for row in LinkRow.select().order_by(LinkRow.at, LinkRow.account)]


def _save(accounts: list[str], now: float) -> None:
    for place, account in enumerate(accounts):
        changed: dict[str, Any] = {"person": accounts[0], "at": now + place / 1000}
        LinkRow.insert(account=account, **changed).on_conflict(
            conflict_target=[LinkRow.account], update=changed
        ).execute()


def _drop(accounts: list[str]) -> None:
    LinkRow.delete().where(LinkRow.account.in_(accounts)).execute()
