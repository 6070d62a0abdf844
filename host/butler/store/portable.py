"""Rows as JSON Lines, one list of values a line, that both engines read back (OPS-10)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import IO, Any

from butler.errors import StoreError
from butler.store.link import Dialect, Link
from butler.store.shape import OTHER, Column, Shape, quoted
from butler.store.sql import clean

_AS_TEXT = frozenset({"timestamp", "date", "time", "numeric", "json", "uuid", OTHER})
"""Kinds that PostgreSQL writes as text by itself, in the form in which SQLite keeps them."""
_CHUNK = 1_000


def dump(link: Link, shape: Shape, file: IO[bytes]) -> int:
    """Write all rows of a table, as they are in the open transaction; returns how many."""
    encoders = [_ENCODERS.get(column.kind) for column in shape.columns]
    written = 0
    for row in _read(link, shape):
        values = [
            encode(value) if encode and value is not None else value
            for encode, value in zip(encoders, row, strict=True)
        ]
        file.write(json.dumps(values, separators=(",", ":")).encode() + b"\n")
        written += 1
    return written


def _read(link: Link, shape: Shape) -> Iterable[tuple[Any, ...]]:
    if link.dialect == "sqlite":
        return link.stream(f"select {quoted(column.name for column in shape.columns)} from {quoted(shape.name)}")
    names = [f"{quoted(column.name)}{'::text' * (column.kind in _AS_TEXT)}" for column in shape.columns]
    return link.stream(f"select {', '.join(names)} from {quoted(shape.name)}")


def load(link: Link, shape: Shape, lines: Iterable[bytes]) -> int:
    """Insert the rows into the table, which exists and is empty; returns how many. Raises StoreError at a bad one."""
    places = ", ".join(_place(column, link.dialect) for column in shape.columns)
    names = quoted(column.name for column in shape.columns)
    sql = f"insert into {quoted(shape.name)} ({names}) values ({places})"
    decoders = [_DECODERS[link.dialect].get(column.kind) for column in shape.columns]
    loaded = 0
    for chunk in _chunks(lines):
        rows = [_decoded(json.loads(line), decoders) for line in chunk]
        try:
            link.many(sql, rows)
        except Exception as error:
            if link.trouble(error):
                raise
            raise StoreError(
                f"rows {loaded + 1} to {loaded + len(rows)} of {shape.name} cannot be restored: {error}",
                remedy="nothing was changed; restore to the engine that the backup is of",
            ) from error
        loaded += len(rows)
    if link.dialect == "postgresql":
        _count_on(link, shape)
    return loaded


def _chunks(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    iterator = iter(lines)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk


def _place(column: Column, target: Dialect) -> str:
    if target == "sqlite" or column.kind not in _AS_TEXT:
        return "?"
    return f"?::{column.native if column.kind == OTHER else 'jsonb' if column.kind == 'json' else column.kind}"


def _decoded(values: Sequence[Any], decoders: Sequence[Callable[[Any], Any] | None]) -> list[Any]:
    pairs = zip(values, decoders, strict=True)
    return [decode(value) if decode and value is not None else value for value, decode in pairs]


def _count_on(link: Link, shape: Shape) -> None:
    """The next row that the table numbers itself gets a number above all that were loaded."""
    for column in shape.columns:
        if column.counts:
            link.execute(
                f"select setval(pg_get_serial_sequence(?, ?), coalesce(max({quoted(column.name)}), 0) + 1, false) "
                f"from {quoted(shape.name)}",
                (quoted(shape.name), column.name),
            )


def _text(value: Any) -> str:
    return clean(value if isinstance(value, str) else str(value))


def _from_base64(value: str) -> bytes:
    return base64.b64decode(value)


_ENCODERS: dict[str, Callable[[Any], Any]] = {
    "blob": lambda value: base64.b64encode(value if isinstance(value, bytes) else str(value).encode()).decode(),
    "boolean": bool,
}
_DECODERS: dict[Dialect, dict[str, Callable[[Any], Any]]] = {
    "sqlite": {"blob": _from_base64, "uuid": lambda value: value.replace("-", "")},
    "postgresql": {
        "blob": _from_base64,
        "text": _text,
        **dict.fromkeys(_AS_TEXT, _text),
        "real": float,
        "integer": int,
    },
}
