"""The full text over memories as each engine keeps it: FTS5 on SQLite, tsvector on PostgreSQL; the same words in both.

The functions run in the store.
"""

from __future__ import annotations

import heapq
import math
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
COMMON = 1000
"""A word that stands in more memories than this says little of any of them."""


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
    """The memories with any of the words, those with the most telling ones first, newer before older.

    Of a word that stands in very many of them those count that hold a rarer one as well, or the newest.
    """
    if not wanted or not scope:
        return []
    lists = {word: _with(scope, [word]) for word in wanted}
    rare = [word for word, rows in lists.items() if 0 < len(rows) <= COMMON]
    if rare:
        lists |= {word: _with(scope, rare, word) for word, rows in lists.items() if len(rows) > COMMON}
    points: dict[int, float] = {}
    for rows in lists.values():
        weight = math.log(1 + 10 * COMMON / (1 + len(rows)))
        for row in rows:
            points[row] = points.get(row, 0.0) + weight
    return heapq.nlargest(most, points, key=lambda row: (points[row], row))


def _with(scope: Sequence[str], words: Sequence[str], besides: str = "") -> list[int]:
    """The newest memories with one of the words, and one besides; one more than ``COMMON`` where there are more."""
    database, dialect = _engine()
    if dialect == "sqlite":
        said = " OR ".join(f'"{word}"' for word in words)
        also = f' AND words : "{besides}"' if besides else ""
        query = f"words : ({said}){also} AND scope : ({' OR '.join(scope)})"
        where = "memory_search_index match ?"
    else:
        said = " | ".join(f"'{word}'" for word in words)
        also = f" & '{besides}'" if besides else ""
        query = f"({said}){also} & ({' | '.join(scope)})"
        where = "words @@ %s::tsquery"
    sql = f"select rowid from memory_search_index where {where} order by rowid desc limit {COMMON + 1}"
    return [row[0] for row in database.execute_sql(sql, (query,)).fetchall()]


def scrub(begin: bool = True) -> bool:
    """Rewrite a part of the index's files without what was taken out; whether something is left to do."""
    database, dialect = _engine()
    if dialect != "sqlite":
        return False
    before = database.execute_sql("select total_changes()").fetchone()[0]
    pages = -_PAGES if begin else _PAGES
    database.execute_sql("insert into memory_search_index (memory_search_index, rank) values ('merge', ?)", (pages,))
    return bool(database.execute_sql("select total_changes()").fetchone()[0] - before >= 2)
