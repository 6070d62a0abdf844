"""Which columns hold person ids, as plugins declared it: kept for when their packages are gone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from butler.store.database import Database, Tx

TABLE: Final = """create table if not exists host_person_columns (
    plugin text not null,
    in_table text not null,
    in_column text not null,
    primary key (plugin, in_table, in_column)
)"""
_OWN: Final = (
    ("host_people", "id"), ("host_inbox", "author"), ("host_reactions", "person"), ("host_grants", "person"),
    ("host_search_documents", "author"), ("host_audit", "who"),
    ("host_links", "account"), ("host_sessions", "by"), ("host_quiet", "account"), ("host_partners", "by"),
    ("host_admissions", "by"), ("host_contacts", "person"),
)  # fmt: skip

Declared = Mapping[str, Mapping[str, Sequence[str]]]
"""Plugin to table to columns."""


def create(tx: Tx, rows: Sequence[None]) -> Sequence[None]:
    """Make the table."""
    tx.all(TABLE)
    return rows


def put(tx: Tx, rows: Sequence[tuple[str, Mapping[str, Sequence[str]]]]) -> list[None]:
    """Keep what a plugin declares now."""
    for plugin, tables in rows:
        tx.many("delete from host_person_columns where plugin = ?", [(plugin,)])
        found = sorted({(plugin, table, column) for table, its in tables.items() for column in its})
        if found:
            tx.many("insert into host_person_columns (plugin, in_table, in_column) values (?, ?, ?)", found)
    return [None] * len(rows)


async def read(database: Database) -> Declared:
    """What all plugins ever declared."""
    found: dict[str, dict[str, list[str]]] = {}
    for plugin, table, column in await database.query("select plugin, in_table, in_column from host_person_columns"):
        found.setdefault(plugin, {}).setdefault(table, []).append(column)
    return found


async def export(database: Database, person: str, loaded: Collection[str]) -> dict[str, Any]:
    """What stands under a person's id in the tables of plugins that are not loaded."""
    there = await _there(database)
    parts: dict[str, Any] = {}
    for plugin, tables in (await read(database)).items():
        for table, its in tables.items() if plugin not in loaded else ():
            columns = there.get(table, [])
            where = " or ".join(f'"{column}" = ?' for column in its if column in columns)
            if where:
                sql = f'select * from "{table}" where {where}'
                rows = await database.query(sql, [person] * where.count("?"))
                if rows:
                    parts.setdefault(plugin, {})[table] = [dict(zip(columns, row, strict=True)) for row in rows]
    return parts


async def people(database: Database) -> set[str]:
    """Every person id that stands anywhere as such."""
    there = await _there(database)
    found: set[str] = set()
    for table, column in [*_OWN, *_flat(await read(database))]:
        if column in there.get(table, []):
            sql = f'select distinct "{column}" from "{table}"'
            found.update(str(row[0]) for row in await database.query(sql) if row[0])
    return found


def _flat(declared: Declared) -> Iterator[tuple[str, str]]:
    for tables in declared.values():
        for table, its in tables.items():
            yield from ((table, column) for column in its)


_THERE: Final = {
    "sqlite": "select m.name, p.name from sqlite_master m join pragma_table_info(m.name) p "
    "where m.type = 'table' order by m.name, p.cid",
    "postgresql": "select table_name, column_name from information_schema.columns "
    "where table_schema = current_schema() order by table_name, ordinal_position",
}


async def _there(database: Database) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for table, column in await database.query(_THERE[database.dialect]):
        found.setdefault(table, []).append(column)
    return found
