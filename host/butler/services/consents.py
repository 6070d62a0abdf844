"""What people agreed to: kept until they take it back; nobody agrees for somebody else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from butler.clock import Clock
from butler.services.identity import Links
from butler.store.database import Database, Tx

TRAINING = "training"
"""That one's own conversations with personas, and how one rated replies, may be exported to train models (LLM-8)."""

TABLE = """create table if not exists host_consents (
    person text not null, what text not null, at double precision not null, primary key (person, what)
)"""


class Consents:
    """Who agreed to what. Answers from the store. What one account of a person agreed to holds for all of them."""

    def __init__(self, database: Database, clock: Clock, links: Links) -> None:
        self._links = links
        self._database = database
        self._clock = clock

    async def start(self) -> None:
        """Make the table. Raises ``StoreError``."""
        await self._database.submit(_create, None)

    async def agree(self, person: str, what: str) -> None:
        """Somebody agrees; holds when this returns."""
        await self._database.submit(_agree, (person, what, self._clock.now().timestamp()))

    async def withdraw(self, person: str, what: str) -> None:
        """Somebody takes it back; harmless if they never agreed."""
        for account in self._links.accounts(person):
            await self._database.submit(_withdraw, (account, what))

    async def of(self, what: str) -> frozenset[str]:
        """Everybody who agrees to it."""
        rows = await self._database.query("select person from host_consents where what = ?", (what,))
        return frozenset(account for (person,) in rows for account in self._links.accounts(person))

    async def export_person(self, person: str) -> list[dict[str, Any]]:
        """What somebody agreed to, as plain JSON."""
        rows = await self._database.query("select what, at from host_consents where person = ?", (person,))
        return [{"what": what, "at": at} for what, at in rows]

    async def forget_person(self, person: str, replacement: str) -> int:
        """Drop it all; returns how many there were."""
        held = len(await self.export_person(person))
        await self._database.submit(_withdraw, (person, ""))
        return held


def _create(tx: Tx, rows: Sequence[None]) -> Sequence[None]:
    tx.all(TABLE)
    return rows


def _agree(tx: Tx, rows: Sequence[tuple[str, str, float]]) -> list[None]:
    sql = "insert into host_consents (person, what, at) values (?, ?, ?) on conflict (person, what) do nothing"
    tx.many(sql, list(rows))
    return [None] * len(rows)


def _withdraw(tx: Tx, rows: Sequence[tuple[str, str]]) -> list[None]:
    sql = "delete from host_consents where person = ? and (? = '' or what = ?)"
    tx.many(sql, [(person, what, what) for person, what in rows])
    return [None] * len(rows)
