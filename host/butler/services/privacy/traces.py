"""Every column of every table that can hold an id: where a person still stands, and putting another id there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from functools import partial
from typing import Any, Final

from attrs import frozen

from butler.services.privacy.identity import Identity
from butler.store.database import Database, Tx

_PAGE: Final = 200
"""Rows that are changed in one transaction, so that nobody waits for it."""
_APART: Final = {("host_inbox", "text"), ("host_search_documents", "text")}
"""What people said is indexed for search, and is changed together with the index."""
_COLUMNS: Final = {
    "sqlite": "select m.name, p.name, upper(p.type) from sqlite_master m join pragma_table_info(m.name) p "
    "where m.type = 'table' and m.sql not like 'create virtual%' order by 1, 2",
    "postgresql": "select table_name, column_name, upper(data_type) from information_schema.columns "
    "where table_schema = current_schema() order by 1, 2",
}
_TEXTUAL: Final = ("CHAR", "TEXT", "CLOB", "JSON")


@frozen
class Column:
    """A column that can hold text."""

    table: str
    name: str
    kind: str = "TEXT"


async def text_columns(database: Database) -> list[Column]:
    """All columns of all tables that can hold an id, search indexes (``PLUGIN_search_index``) aside."""
    rows = await database.query(_COLUMNS[database.dialect])
    found = (Column(*row) for row in rows if "_search_index" not in row[0] and not row[0].startswith("sqlite_"))
    textual = (each for each in found if not each.kind or any(word in each.kind for word in _TEXTUAL))
    return [each for each in textual if (each.table, each.name) not in _APART]


@frozen
class Change:
    """A value to put in the place of another."""

    column: Column
    key: Any
    old: str
    new: str


async def replace_all(database: Database, columns: Sequence[Column], who: Identity) -> tuple[dict[str, int], list[str]]:
    """Put the replacement wherever the person stands in these columns: rows by table, and columns that refused it."""
    done: dict[str, int] = {}
    left: list[str] = []
    for column in columns:
        changed, refused = await _replace(database, column, who)
        if changed:
            done[column.table] = done.get(column.table, 0) + changed
        if refused:
            left.append(f"{column.table}.{column.name} ({refused} rows)")
    return done, left


async def _replace(database: Database, column: Column, who: Identity) -> tuple[int, int]:
    """Put the replacement wherever the person stands in a column; how many rows were changed, how many refused it."""
    changed = refused = 0
    async for page in _pages(database, column, who):
        changes = [Change(column, key, text, new) for key, text in page if (new := who.replaced(text)) != text]
        done: Sequence[bool] = await database.submit(_apply_all, changes) if changes else ()
        changed += sum(done)
        refused += len(done) - sum(done)
    return changed, refused


async def _pages(database: Database, column: Column, who: Identity) -> AsyncIterator[list[tuple[Any, str]]]:
    last: Any = "(0,0)" if database.dialect == "postgresql" else -(2**63)
    while True:
        rows = await database.query(_select(database.dialect, column, len(who.forms)), (last, *who.forms, _PAGE))
        if not rows:
            return
        last = rows[-1][0]
        yield [(row[0], row[1]) for row in rows]


def _select(dialect: str, column: Column, forms: int) -> str:
    if dialect == "postgresql":
        text, table = f'"{column.name}"::text', f'"{column.table}"'
        where = " or ".join([f"strpos({text}, ?) > 0"] * forms)
        return f"select ctid::text, {text} from {table} where ctid > ?::tid and ({where}) order by ctid limit ?"
    where = " or ".join([f'instr("{column.name}", ?) > 0'] * forms)
    return (
        f'select rowid, cast("{column.name}" as text) from "{column.table}" '
        f"where rowid > ? and ({where}) order by rowid limit ?"
    )


def _apply_all(tx: Tx, rows: Sequence[Sequence[Change]]) -> list[list[bool]]:
    return [[tx.unit(partial(_apply, tx, change), "privacy") is None for change in changes] for changes in rows]


def _apply(tx: Tx, change: Change) -> None:
    name = f'"{change.column.name}"'
    if tx.dialect == "postgresql":
        cast = "::jsonb" if change.column.kind == "JSONB" else "::json" if change.column.kind == "JSON" else ""
        sql = f'update "{change.column.table}" set {name} = ?{cast} where ctid = ?::tid and {name}::text = ?'
    else:
        sql = f'update "{change.column.table}" set {name} = ? where rowid = ? and {name} = ?'
    tx.many(sql, [(change.new, change.key, change.old)])


async def blank_free_text(
    database: Database, table: str, columns: Sequence[Column], ids: Collection[str], who: Identity
) -> int:
    """In the rows that name the person in one of the columns ``ids``: empty what was written in words.

    For tables whose plugin is gone: what holds spaces is taken for free text, ids and kinds stay. Returns
    how many rows there were, or -1 if the table refused it.
    """
    named = [each.name for each in columns if each.table == table and each.name in ids]
    free = [each.name for each in columns if each.table == table and each.name not in ids and "JSON" not in each.kind]
    if not named or not free:
        return 0
    sets = ", ".join(f'"{name}" = case when "{name}" like \'% %\' then \'\' else "{name}" end' for name in free)
    where = " or ".join(f'"{name}" = ?' for name in named)
    sql = f'update "{table}" set {sets} where {where} returning 1'
    count: int = await database.submit(_blank, (sql, [who.person] * len(named)))
    return count


def _blank(tx: Tx, rows: Sequence[tuple[str, list[Any]]]) -> list[int]:
    counts = []
    for sql, params in rows:
        found: list[Any] = []
        refused = tx.unit(
            partial(lambda sql, params, found: found.extend(tx.all(sql, params)), sql, params, found), "privacy"
        )
        counts.append(-1 if refused else len(found))
    return counts


def by_owner(columns: Sequence[Column], names: Collection[str]) -> Mapping[str, list[Column]]:
    """Columns by the plugin whose prefix their table has: the longest name that fits, else what stands before ``_``."""
    found: dict[str, list[Column]] = {}
    for column in columns:
        fitting = [name for name in names if column.table.startswith(f"{name}_")]
        owner = max(fitting, key=len) if fitting else column.table.partition("_")[0]
        found.setdefault(owner, []).append(column)
    return found
