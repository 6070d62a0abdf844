"""What the host itself holds about a person, as plain JSON."""

from __future__ import annotations

from typing import Any, Final

from butler.store.database import Database

_QUERIES: Final = {
    "messages": (
        ("id", "guild", "channel", "at", "text"),
        "host_inbox where author = ? and kind in ('message', 'nudge') order by seq",
    ),
    "events": (
        ("kind", "guild", "channel", "at", "body"),
        "host_inbox where author = ? and kind not in ('message', 'nudge') order by seq",
    ),
    "reactions": (("target", "emoji"), "host_reactions where person = ? order by target, emoji"),
    "known as": (("guild", "name", "body"), "host_people where id = ? order by guild"),
    "documents": (("owner", "id", "at", "text", "meta"), "host_search_documents where author = ? order by owner, id"),
}


async def export(database: Database, person: str) -> dict[str, Any]:
    """Everything that the journal, the directory and the search keep under a person's id, by kind."""
    found = {}
    for kind, (columns, source) in _QUERIES.items():
        rows = await database.query(f"select {', '.join(columns)} from {source}", (person,))
        if rows:
            found[kind] = [dict(zip(columns, row, strict=True)) for row in rows]
    return found
