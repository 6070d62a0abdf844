"""What a database's tables look like, said so that either engine can make them again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import attrs
from attrs import frozen

from butler.store.link import Dialect, Link

_KINDS = (
    ("boolean", "BOOL"),
    ("json", "JSON"),
    ("uuid", "UUID"),
    ("timestamp", "DATETIME|TIMESTAMP"),
    ("date", "DATE"),
    ("integer", r"\b(BIG|SMALL|TINY|MEDIUM)?INT(EGER|\d)?\b"),
    ("text", "CHAR|TEXT|CLOB"),
    ("time", "TIME"),
    ("blob", "BLOB|BYTEA"),
    ("real", "REAL|FLOA|DOUB"),
    ("numeric", "DECIMAL|NUMERIC"),
)
_TYPES: dict[Dialect, dict[str, str]] = {
    "sqlite": {"boolean": "BOOLEAN", "json": "JSON_TEXT", "uuid": "UUID_TEXT", "timestamp": "DATETIME"},
    "postgresql": {"blob": "bytea", "json": "jsonb", "real": "double precision", "integer": "bigint"},
}
OTHER = "other"
"""The kind of a column that only its own engine knows, like a search vector."""


@frozen
class Column:
    """One column. ``native`` and ``default`` are in the words of the engine that it came from."""

    name: str
    kind: str
    native: str
    required: bool = False
    default: str = ""
    counts: bool = False
    """It numbers its rows itself."""


@frozen
class Reference:
    """A foreign key."""

    columns: tuple[str, ...]
    table: str
    to: tuple[str, ...]
    on_delete: str = ""


@frozen
class Shape:
    """One table. ``indexes`` are statements of the engine that it came from; the code makes its own anyway."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    references: tuple[Reference, ...] = ()
    indexes: tuple[str, ...] = ()

    @property
    def portable(self) -> bool:
        """Whether the other engine can hold it."""
        return all(column.kind != OTHER for column in self.columns)


def kind_of(native: str) -> str:
    """The kind behind a declared type; it decides how values are written down."""
    for kind, pattern in _KINDS if "[" not in native else ():
        if re.search(pattern, native, re.I):
            return kind
    return OTHER


def quoted(names: str | Iterable[str]) -> str:
    """Names in SQL."""
    return ", ".join('"' + name.replace('"', '""') + '"' for name in ([names] if isinstance(names, str) else names))


def create(shape: Shape, target: Dialect, source: Dialect) -> str:
    """The statement that makes the table; on PostgreSQL without its references: see :func:`refer`."""
    parts = [_column(column, shape, target, source) for column in shape.columns]
    if shape.key and not _key_in_column(shape, target):
        parts.append(f"primary key ({quoted(shape.key)})")
    parts += [f"unique ({quoted(columns)})" for columns in shape.unique]
    if target == "sqlite":
        parts += [_reference(reference) for reference in shape.references]
    return f"create table {quoted(shape.name)} ({', '.join(parts)})"


def refer(shape: Shape) -> list[str]:
    """The statements that add a table's references once all rows are there (PostgreSQL)."""
    return [f"alter table {quoted(shape.name)} add {_reference(reference)}" for reference in shape.references]


def _key_in_column(shape: Shape, target: Dialect) -> bool:
    return target == "sqlite" and any(column.counts for column in shape.columns)


def _column(column: Column, shape: Shape, target: Dialect, source: Dialect) -> str:
    words = [quoted(column.name)]
    same = target == source
    if column.counts:
        small = same and column.native == "integer"
        words.append("integer primary key" if target == "sqlite" else "serial" if small else "bigserial")
        return " ".join(words)
    words.append(column.native if same else _TYPES[target].get(column.kind, column.kind))
    if column.required:
        words.append("not null")
    if column.default and (same or re.fullmatch(r"-?\d+(\.\d+)?|'[^']*'", column.default)):
        words.append(f"default {column.default}")
    return " ".join(words)


def _reference(reference: Reference) -> str:
    text = f"foreign key ({quoted(reference.columns)}) references {quoted(reference.table)} ({quoted(reference.to)})"
    return f"{text} on delete {reference.on_delete}" if reference.on_delete else text


def shapes(link: Link) -> list[Shape]:
    """All tables of the database behind a connection, by name."""
    return _of_sqlite(link) if link.dialect == "sqlite" else _of_postgresql(link)


def _rows(link: Link, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    return link.execute(sql, params).fetchall()  # type: ignore[no-any-return]


def _of_sqlite(link: Link) -> list[Shape]:
    found = _rows(link, "select name from pragma_table_list where schema = 'main' and type = 'table' order by name")
    return [_sqlite_table(link, name) for (name,) in found if not name.startswith("sqlite_")]


def _sqlite_table(link: Link, name: str) -> Shape:
    info = _rows(link, 'select name, type, "notnull", dflt_value, pk from pragma_table_info(?) order by cid', (name,))
    key = tuple(row[0] for row in sorted(info, key=lambda row: row[4]) if row[4])
    columns = tuple(
        Column(
            column,
            kind_of(native) if native else "text",
            native,
            bool(required),
            default or "",
            counts=key == (column,) and native.upper() == "INTEGER",
        )
        for column, native, required, default, _ in info
    )
    unique = _rows(link, "select name from pragma_index_list(?) where origin = 'u' order by seq", (name,))
    return Shape(
        name,
        columns,
        key,
        tuple(
            tuple(row[0] for row in _rows(link, "select name from pragma_index_info(?) order by seqno", index))
            for index in unique
        ),
        _sqlite_references(link, name),
    )


def _sqlite_references(link: Link, name: str) -> tuple[Reference, ...]:
    sql = 'select id, "table", "from", "to", on_delete from pragma_foreign_key_list(?) order by id, seq'
    by_id: dict[int, Reference] = {}
    for number, table, column, to, on_delete in _rows(link, sql, (name,)):
        so_far = by_id.setdefault(number, Reference((), table, (), "" if on_delete == "NO ACTION" else on_delete))
        by_id[number] = attrs.evolve(so_far, columns=(*so_far.columns, column), to=(*so_far.to, to or "id"))
    return tuple(by_id.values())


_COLUMNS = """
    select a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
    from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = ?::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum
"""
_CONSTRAINTS = """
    select c.contype::text, c.confdeltype::text, coalesce(f.relname, ''),
        array(select attname::text from unnest(c.conkey) with ordinality as k(n, i)
              join pg_attribute on attrelid = c.conrelid and attnum = k.n order by i),
        array(select attname::text from unnest(c.confkey) with ordinality as k(n, i)
              join pg_attribute on attrelid = c.confrelid and attnum = k.n order by i)
    from pg_constraint c left join pg_class f on f.oid = c.confrelid
    where c.conrelid = ?::regclass order by c.conname
"""
_INDEXES = """
    select pg_get_indexdef(i.indexrelid) from pg_index i
    where i.indrelid = ?::regclass and not exists (select 1 from pg_constraint c where c.conindid = i.indexrelid)
    order by 1
"""
_ON_DELETE = {"c": "cascade", "n": "set null", "d": "set default", "r": "restrict"}


def _of_postgresql(link: Link) -> list[Shape]:
    sql = "select tablename from pg_tables where schemaname = current_schema() order by 1"
    return [_postgresql_table(link, name) for (name,) in _rows(link, sql)]


def _postgresql_table(link: Link, name: str) -> Shape:
    columns = tuple(
        Column(
            column,
            kind_of(native),
            native,
            required,
            "" if (default or "").startswith("nextval(") else default or "",
            counts=(default or "").startswith("nextval("),
        )
        for column, native, required, default in _rows(link, _COLUMNS, (quoted(name),))
    )
    constraints = _rows(link, _CONSTRAINTS, (quoted(name),))
    return Shape(
        name,
        columns,
        next((tuple(row[3]) for row in constraints if row[0] == "p"), ()),
        tuple(tuple(row[3]) for row in constraints if row[0] == "u"),
        tuple(
            Reference(tuple(row[3]), row[2], tuple(row[4]), _ON_DELETE.get(row[1], ""))
            for row in constraints
            if row[0] == "f"
        ),
        tuple(row[0].replace(" ON public.", " ON ") for row in _rows(link, _INDEXES, (quoted(name),))),
    )
