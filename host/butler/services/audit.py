"""Who changed what: settings, plugins, personas, grants (OPS-6)."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import secrets
from collections.abc import Callable, Sequence
from typing import Any

from attrs import frozen

from butler.clock import Clock
from butler.store.database import Database, Tx

TABLES = (
    """create table if not exists host_audit (
        id text primary key, at double precision not null, who text not null, what text not null,
        place text not null, before text not null, after text not null
    )""",
    "create index if not exists host_audit_who on host_audit (who)",
)
INSERT = "insert into host_audit (id, at, who, what, place, before, after) values (?, ?, ?, ?, ?, ?, ?)"
LONGEST = 4_000
"""Characters that are kept of a former or new value."""

Row = tuple[str, float, str, str, str, str, str]


@frozen
class Entry:
    """One change: at what time, by whom, of what, where, from what to what (as JSON, ``""``: nothing)."""

    id: str
    at: dt.datetime
    who: str
    what: str
    place: str
    before: str
    after: str


class Audit:
    """Writes and reads the log of changes. Secrets are masked by ``scrub`` before anything is written."""

    def __init__(self, database: Database | None, clock: Clock, scrub: Callable[[str], str]) -> None:
        self._database = database
        self._clock = clock
        self._scrub = scrub
        self._number = itertools.count()

    async def start(self) -> None:
        """Make the table."""
        if self._database is not None:
            await self._database.submit(_create, None)

    def row(self, who: str, what: str, place: str, before: Any, after: Any) -> Row:
        """A line of the log, to be inserted with the change itself (``INSERT``)."""
        at = self._clock.now().timestamp()
        identifier = f"{round(at * 1e6):020d}-{next(self._number):06d}-{secrets.token_hex(4)}"
        return identifier, at, who, what, place, self._shown(before), self._shown(after)

    def _shown(self, value: Any) -> str:
        text = "" if value is None else self._scrub(json.dumps(value, ensure_ascii=False, default=str))
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"

    async def note(self, who: str, what: str, *, place: str = "", before: Any = None, after: Any = None) -> None:
        """Write down a change that was made: ``note(call.person.id, "persona Luna prompt", before=…, after=…)``."""
        if self._database is not None:
            await self._database.submit(_insert, self.row(who, what, place, before, after))

    async def entries(self, limit: int = 50, *, before: str = "", what: str = "") -> list[Entry]:
        """The newest entries, newest first; ``before`` an id, ``what`` the beginning of what was changed."""
        if self._database is None:
            return []
        rows = await self._database.query(
            "select id, at, who, what, place, before, after from host_audit "
            "where (? = '' or id < ?) and substr(what, 1, ?) = ? order by id desc limit ?",
            (before, before, len(what), what, limit),
        )
        return [Entry(row[0], dt.datetime.fromtimestamp(row[1], dt.UTC), *row[2:]) for row in rows]

    async def prune(self, days: float) -> None:
        """Forget entries that are older than so many days."""
        if self._database is not None:
            await self._database.submit(_prune, self._clock.now().timestamp() - days * 86_400)

    async def export_person(self, person: str) -> list[dict[str, Any]]:
        """What the log holds of a person, as plain JSON."""
        if self._database is None:
            return []
        rows = await self._database.query(
            "select at, what, place, before, after from host_audit where who = ? or place = ? order by id",
            (person, f"person {person}"),
        )
        return [dict(zip(("at", "what", "place", "before", "after"), row, strict=True)) for row in rows]

    async def forget_person(self, person: str, replacement: str) -> int:
        """Put ``replacement`` in a person's place; returns in how many entries."""
        if self._database is None:
            return 0
        return int(await self._database.submit(_forget, (person, replacement)))


def _create(tx: Tx, rows: Sequence[None]) -> Sequence[None]:
    for statement in TABLES:
        tx.all(statement)
    return rows


def _insert(tx: Tx, rows: Sequence[Row]) -> list[None]:
    tx.many(INSERT, rows)
    return [None] * len(rows)


def _prune(tx: Tx, rows: Sequence[float]) -> list[None]:
    tx.all("delete from host_audit where at < ?", (max(rows),))
    return [None] * len(rows)


def _forget(tx: Tx, rows: Sequence[tuple[str, str]]) -> list[int]:
    counts = []
    for person, replacement in rows:
        place = f"person {person}"
        found = tx.one("select count(*) from host_audit where who = ? or place = ?", (person, place))
        tx.all(
            "update host_audit set before = '', after = '', place = ? where place = ?", (f"person {replacement}", place)
        )
        tx.all("update host_audit set who = ? where who = ?", (replacement, person))
        counts.append(int(found[0]) if found else 0)
    return counts
