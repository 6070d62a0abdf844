"""What waits for somebody (a question, a form, further pages) is still there after a restart."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any

import peewee
from attrs import frozen

from butler.clock import Clock
from butler.engine.unit import current
from butler.store.database import Database
from butler.store.table import Table, create_tables

HOST = "host"


class Waiting(Table):
    """One thing that waits, until a time (seconds since 1970)."""

    key = peewee.TextField(primary_key=True)
    kind = peewee.TextField()
    person = peewee.TextField(index=True)
    body = peewee.TextField()
    until = peewee.DoubleField(index=True)


@frozen
class Kept:
    """The same, read."""

    key: str
    kind: str
    person: str
    body: Mapping[str, Any]
    until: float


class Keep:
    """Keeps them in the store. What is kept while a message is handled is committed with it.

    Without a ``database`` nothing outlives the process.
    """

    def __init__(self, clock: Clock, database: Database | None = None) -> None:
        self._clock = clock
        self._database = database

    def now(self) -> float:
        """Seconds since 1970."""
        return self._clock.now().timestamp()

    @staticmethod
    def key() -> str:
        """A new key that nobody can guess."""
        return secrets.token_hex(8)

    async def start(self) -> None:
        """Make the table. Raises ``StoreError``."""
        if self._database is not None:
            await self._database.write(lambda: create_tables([Waiting]))

    async def all(self, kind: str) -> list[Kept]:
        """All of one kind that still wait, the oldest first."""
        now = self.now()
        return await self._read(lambda: _found((Waiting.kind == kind) & (Waiting.until > now))) or []

    async def get(self, key: str) -> Kept | None:
        """One by its key; ``None`` when it is gone or too old."""
        now = self.now()
        found = await self._read(lambda: _found((Waiting.key == key) & (Waiting.until > now)))
        return found[0] if found else None

    async def put(self, kind: str, key: str, person: str, body: Mapping[str, Any], until: float) -> None:
        """Keep one, in place of an earlier one of that key."""
        row: dict[str, Any] = {"key": key, "kind": kind, "person": person, "body": json.dumps(body), "until": until}
        fresh = {name: row[name] for name in ("kind", "person", "body", "until")}
        await self._write(
            lambda: Waiting.insert(row).on_conflict(conflict_target=[Waiting.key], update=fresh).execute()
        )

    async def drop(self, *keys: str) -> None:
        """Keep them no longer."""
        if keys:
            await self._write(lambda: Waiting.delete().where(Waiting.key.in_(keys)).execute())

    async def prune(self) -> None:
        """Drop what is too old."""
        now = self.now()
        await self._write(lambda: Waiting.delete().where(Waiting.until <= now).execute())

    async def _read(self, fn: Callable[[], list[Kept]]) -> list[Kept] | None:
        return None if self._database is None else await self._database.read(fn)

    async def _write(self, fn: Callable[[], Any]) -> None:
        unit = current()
        if self._database is None:
            return
        if unit is not None:
            unit.writes.append((HOST, fn))
        else:
            await self._database.write(fn)


def _found(where: Any) -> list[Kept]:
    rows = Waiting.select().where(where).order_by(Waiting.until)
    return [Kept(str(r.key), str(r.kind), str(r.person), json.loads(str(r.body)), float(str(r.until))) for r in rows]
