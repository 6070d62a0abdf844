"""Many rows in one statement: SQLite gives up Python's lock at every step, and under a busy event loop
each step then waits for it, so that the number of statements decides how fast the writer is.

Two shapes are widened, ``insert … values (…)`` and ``update table set a = ? where key = ?``; everything
else goes to ``executemany``. What comes of the rows is the same.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from attrs import frozen

_SIZES = (256, 64, 16, 4)
"""Few sizes, so that SQLite keeps the prepared statements."""
_VARIABLES = 32_000
_INSERT = re.compile(r"(\s*insert\s[^?]*?\svalues\s*)(\((?:[^()']|'[^']*')*\))([^?]*)", re.I | re.S)
_UPDATE = re.compile(r"\s*update\s+(\w+)\s+set\s+((?:\w+\s*=\s*\?\s*,?\s*)+)where\s+(\w+)\s*=\s*\?\s*", re.I)

Row = Sequence[Any]


@frozen
class Wide:
    """One statement in several widths: how many rows, and the text for so many."""

    widths: tuple[tuple[int, str], ...]
    last_wins: bool
    """Of rows with the same last parameter (the key of an update) only the last one is to be given."""


@functools.lru_cache(maxsize=1024)
def widened(sql: str) -> Wide | None:
    """The statement for several rows at once, or None if it is of no shape that can be widened."""
    found = _INSERT.fullmatch(sql)
    if found:
        head, row, tail = found.groups()
        return _wide(row.count("?"), lambda size: f"{head}{', '.join([row] * size)}{tail}", last_wins=False)
    found = _UPDATE.fullmatch(sql)
    if found:
        return _update(*found.groups())
    return None


def _update(table: str, assignments: str, key: str) -> Wide | None:
    columns = re.findall(r"(\w+)\s*=", assignments)
    row = f"({', '.join('?' * (len(columns) + 1))})"
    sets = ", ".join(f"{column} = given.column{place}" for place, column in enumerate(columns, 1))
    where = f"{table}.{key} = given.column{len(columns) + 1}"

    def text(size: int) -> str:
        return f"update {table} set {sets} from (values {', '.join([row] * size)}) as given where {where}"

    return _wide(len(columns) + 1, text, last_wins=True)


def _wide(parameters: int, text: Any, *, last_wins: bool) -> Wide | None:
    sizes = [size for size in _SIZES if parameters and size * parameters <= _VARIABLES]
    return Wide(tuple((size, text(size)) for size in sizes), last_wins) if sizes else None


def statements(wide: Wide, rows: Sequence[Row]) -> Iterator[tuple[str, list[Any]]]:
    """What to execute for the rows, in order; the last few that fill no width are left: see :func:`rest`."""
    at = 0
    for size, text in wide.widths:
        while len(rows) - at >= size:
            yield text, list(chain.from_iterable(rows[at : at + size]))
            at += size


def rest(wide: Wide, rows: Sequence[Row]) -> Sequence[Row]:
    """The rows that :func:`statements` leaves."""
    left = len(rows) % wide.widths[-1][0]
    return rows[len(rows) - left :] if left else ()


def distinct(wide: Wide, rows: Sequence[Row]) -> Sequence[Row]:
    """The rows without those that a later one of the same statement overwrites."""
    if not wide.last_wins:
        return rows
    by_key = {row[-1]: row for row in rows}
    return rows if len(by_key) == len(rows) else list(by_key.values())
