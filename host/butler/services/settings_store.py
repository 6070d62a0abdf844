"""Changes of settings at run time, kept above the file (HOST-3)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from attrs import frozen

from butler.config.writing import Change
from butler.services.audit import INSERT, Row
from butler.store.database import Database, Tx

TABLES = (
    """create table if not exists host_settings (
        level text not null, place text not null, plugin text not null, key text not null,
        value text not null, who text not null, at double precision not null,
        primary key (level, place, plugin, key)
    )""",
)
_COLUMNS = "level, place, plugin, key, value, who, at"


@frozen
class Write:
    """A change and the line of the audit log that goes with it; ``drop`` takes the change back."""

    change: Change
    audit: Row
    drop: bool = False


class SettingsStore:
    """The table ``host_settings``; a change and its audit line are committed together."""

    def __init__(self, database: Database | None) -> None:
        self._database = database

    @property
    def durable(self) -> bool:
        """Whether changes outlive this object."""
        return self._database is not None

    async def start(self) -> list[Change]:
        """Make the table and read all changes. Without a database nothing is kept."""
        if self._database is None:
            return []
        await self._database.submit(_create, None)
        return await self.read()

    async def read(self) -> list[Change]:
        """All changes that hold now."""
        if self._database is None:
            return []
        rows = await self._database.query(f"select {_COLUMNS} from host_settings order by at")
        return [_change(row) for row in rows]

    async def write(self, write: Write) -> None:
        """Commit one."""
        if self._database is not None:
            await self._database.submit(_write, write)

    async def export_person(self, person: str) -> list[dict[str, Any]]:
        """What was set for a person, as plain JSON."""
        mine = [change for change in await self.read() if (change.level, change.place) == ("person", person)]
        return [{"plugin": each.plugin, "key": each.key, "value": each.value} for each in mine]

    async def forget_person(self, person: str, replacement: str) -> int:
        """Drop what was set for a person, and put ``replacement`` where they set something; returns how many rows."""
        if self._database is None:
            return 0
        return int(await self._database.submit(_forget, (person, replacement)))


def _change(row: Sequence[Any]) -> Change:
    level, place, plugin, key, value, who, at = row
    return Change(level, place, plugin, key, json.loads(value), who, float(at))


def _create(tx: Tx, rows: Sequence[None]) -> Sequence[None]:
    for statement in TABLES:
        tx.all(statement)
    return rows


def _write(tx: Tx, rows: Sequence[Write]) -> list[None]:
    for write in rows:
        change = write.change
        if write.drop:
            tx.all(
                "delete from host_settings where level = ? and place = ? and plugin = ? and key = ?",
                (change.level, change.place, change.plugin, change.key),
            )
        else:
            tx.all(
                f"insert into host_settings ({_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?) "
                "on conflict (level, place, plugin, key) do update "
                "set value = excluded.value, who = excluded.who, at = excluded.at",
                (
                    change.level,
                    change.place,
                    change.plugin,
                    change.key,
                    json.dumps(change.value),
                    change.who,
                    change.at,
                ),
            )
    tx.many(INSERT, [write.audit for write in rows])
    return [None] * len(rows)


def _forget(tx: Tx, rows: Sequence[tuple[str, str]]) -> list[int]:
    counts = []
    for person, replacement in rows:
        where = "level = 'person' and place = ?"
        found = tx.one(f"select count(*) from host_settings where ({where}) or who = ?", (person, person))
        tx.all(f"delete from host_settings where {where}", (person,))
        tx.all("update host_settings set who = ? where who = ?", (replacement, person))
        counts.append(int(found[0]) if found else 0)
    return counts
