"""What is kept of a person: shown whole, and gone without a trace. The functions run in the store."""

from __future__ import annotations

from typing import Any

from butler_memory import keeping
from butler_memory.tables import Core, Follow, Item, Work


def export(person: str) -> dict[str, Any]:
    """Every row about a person or of their words."""
    items: Any = Item.select().where((Item.by == person) | (Item.about == person)).order_by(Item.id)
    cores: Any = Core.select().where(Core.person == person).order_by(Core.id)
    works: Any = Work.select().where(Work.person == person).order_by(Work.id)
    follows: Any = Follow.select().where(Follow.person == person)
    found = {"memories": items, "core": cores, "to look at": works, "follow": follows}
    return {name: rows for name, query in found.items() if (rows := list(query.dicts()))}


def forget(person: str) -> dict[str, int]:
    """Delete them; returns how many rows of each table."""
    mine = Item.select(Item.id).where((Item.by == person) | (Item.about == person))
    return {
        "memory_item": keeping.drop([row.id for row in mine]),
        "memory_core": Core.delete().where(Core.person == person).execute(),
        "memory_work": Work.delete().where(Work.person == person).execute(),
        "memory_follow": Follow.delete().where(Follow.person == person).execute(),
    }
