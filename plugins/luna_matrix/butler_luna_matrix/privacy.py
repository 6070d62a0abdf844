"""What is kept about a person, given out and erased (HOST-22)."""

from __future__ import annotations

from typing import Any

from butler_luna_matrix.memory import Database
from butler_luna_matrix.tables import Reaction


async def export(db: Database, person: str) -> dict[str, Any]:
    """The reactions of a person that are remembered by their events."""

    def find() -> list[dict[str, Any]]:
        rows = Reaction.select().where(Reaction.person == person).order_by(Reaction.at)
        return [{"event": row.event, "target": row.target, "emoji": row.emoji, "at": row.at} for row in rows]

    found = await db.read(find)
    return {"reactions": found} if found else {}


async def forget(db: Database, person: str) -> dict[str, int]:
    """Erase them; returns how many there were."""
    return {
        "luna_matrix_reaction": await db.write(
            lambda: int(Reaction.delete().where(Reaction.person == person).execute())
        )
    }
