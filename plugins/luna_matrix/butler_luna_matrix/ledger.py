"""What was begun and has not ended, step by step: written before a step is tried (LUNA-8)."""

from __future__ import annotations

import json
from typing import Any

import attrs

from butler_luna_matrix.memory import Database
from butler_luna_matrix.tables import Life


@attrs.frozen
class Entry:
    """One spawn or despawn under way."""

    name: str
    what: str
    user: str
    room: str = ""
    key: str = ""
    begun: tuple[str, ...] = ()
    trouble: str = ""


class Ledger:
    """Reads and writes what is under way."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def open(self) -> list[Entry]:
        """Everything that has not ended."""

        def find() -> list[Entry]:
            return [_entry(row) for row in Life.select().order_by(Life.name)]

        return await self._db.read(find)

    async def get(self, name: str) -> Entry | None:
        """What is under way for a name."""
        return next((entry for entry in await self.open() if entry.name.casefold() == name.casefold()), None)

    async def keep(self, entry: Entry, **changes: Any) -> Entry:
        """Write an entry, changed; returns it after the commit."""
        entry = attrs.evolve(entry, **changes)
        row = {**attrs.asdict(entry), "begun": json.dumps(entry.begun)}
        changed = {key: value for key, value in row.items() if key != "name"}
        put = Life.insert(row).on_conflict(conflict_target=[Life.name], update=changed)
        await self._db.write(put.execute)
        return entry

    async def done(self, entry: Entry) -> None:
        """It has ended."""
        await self._db.write(lambda: Life.delete().where(Life.name == entry.name).execute())


def _entry(row: Life) -> Entry:
    begun = tuple(json.loads(str(row.begun)))
    return Entry(str(row.name), str(row.what), str(row.user), str(row.room), str(row.key), begun, str(row.trouble))
