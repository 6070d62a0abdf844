"""The full text over memories as each engine keeps it: FTS5 on SQLite, tsvector on PostgreSQL; the same words in both.

The functions run in the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from butler_memory.scopes import tokens_of
from butler_memory.tables import Item
from butler_memory.words import stems

_CREATE = {
    "sqlite": ("create virtual table if not exists memory_search_index using fts5(scope, words, tokenize='ascii')",),
    "postgresql": (
        "create table if not exists memory_search_index (rowid bigint primary key, words tsvector not null)",
        "create index if not exists memory_search_index_words on memory_search_index using gin (words)",
    ),
}
_PAGES = 500


def _engine() -> tuple[Any, str]:
    database = Item._meta.database
    return database, "sqlite" if database.param == "?" else "postgresql"


def create() -> None:
    """Make the index; where it is new, of all memories."""
    database, dialect = _engine()
    for statement in _CREATE[dialect]:
        database.execute_sql(statement)
    if not database.execute_sql("select rowid from memory_search_index limit 1").fetchone():
        put(Item.select().where(Item.state == "current"))


def put(items: Iterable[Item]) -> None:
    """Index memories that are not in it."""
    database, dialect = _engine()
    for item in items:
        said, scope = stems(f"{item.name} {item.slot} {item.text}"), tokens_of(item)
        if dialect == "sqlite":
            database.execute_sql(
                "insert into memory_search_index (rowid, scope, words) values (?, ?, ?)",
                (item.id, " ".join(scope), " ".join(said)),
            )
        else:
            vector = " ".join(f"'{word}':{at}" for at, word in enumerate([*scope, *said][:16_000], 1))
            database.execute_sql(
                "insert into memory_search_index (rowid, words) values (%s, %s::tsvector)", (item.id, vector)
            )


def take(items: Iterable[int]) -> None:
    """Take memories out of it."""
    database, _ = _engine()
    for item in items:
        database.execute_sql(f"delete from memory_search_index where rowid = {database.param}", (item,))


def find(scope: Sequence[str], wanted: Sequence[str], most: int) -> list[int]:
    """The memories with any of the words, those that the engine thinks best first."""
    if not wanted or not scope:
        return []
    database, dialect = _engine()
    if dialect == "sqlite":
        said = " OR ".join(f'"{word}"' for word in wanted)
        query = f"scope : ({' OR '.join(scope)}) AND words : ({said})"
        sql = (
            "select rowid from memory_search_index where memory_search_index match ? "
            "order by bm25(memory_search_index, 0.0, 1.0) limit ?"
        )
    else:
        said = " | ".join(f"'{word}'" for word in wanted)
        query = f"({' | '.join(scope)}) & ({said})"
        sql = (
            "select rowid from memory_search_index, (select %s::tsquery as wanted) q where words @@ q.wanted "
            "order by ts_rank(words, q.wanted, 1) desc limit %s"
        )
    return [row[0] for row in database.execute_sql(sql, (query, most)).fetchall()]


def scrub(begin: bool = True) -> bool:
    """Rewrite a part of the index's files without what was taken out; whether something is left to do."""
    database, dialect = _engine()
    if dialect != "sqlite":
        return False
    before = database.execute_sql("select total_changes()").fetchone()[0]
    pages = -_PAGES if begin else _PAGES
    database.execute_sql("insert into memory_search_index (memory_search_index, rank) values ('merge', ?)", (pages,))
    return bool(database.execute_sql("select total_changes()").fetchone()[0] - before >= 2)
