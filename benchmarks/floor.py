"""The store's floor: the statements of a host's writer thread, replayed in one loop over raw sqlite3."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from attrs import define, field
from butler.store.sqlite import SqliteLink

PRAGMAS = ("journal_mode = wal", "synchronous = full", "foreign_keys = 1", "temp_store = memory", "secure_delete = 1")
"""As the store sets them."""

Statement = tuple[str, Sequence[Any]]


@define(eq=False)
class Tape:
    """What a store did: its transactions, each a list of statements with their rows."""

    transactions: list[list[tuple[str, list[Sequence[Any]]]]] = field(factory=list)

    @property
    def rows(self) -> int:
        """How many rows were handed to statements."""
        return sum(len(rows) for transaction in self.transactions for _, rows in transaction)


@contextmanager
def recording() -> Iterator[Tape]:
    """Keep what every writing connection of this process does meanwhile."""
    tape = Tape()
    begin, execute, many = SqliteLink.begin, SqliteLink.execute, SqliteLink.many

    def kept_begin(link: SqliteLink) -> None:
        begin(link)
        if not link._reading:
            tape.transactions.append([])

    def kept_execute(link: SqliteLink, sql: str, params: Sequence[Any] = ()) -> Any:
        if not link._reading and tape.transactions:
            tape.transactions[-1].append((sql, [tuple(params)]))
        return execute(link, sql, params)

    def kept_many(link: SqliteLink, sql: str, rows: Sequence[Sequence[Any]]) -> int:
        tape.transactions[-1].append((sql, [tuple(row) for row in rows]))
        return many(link, sql, rows)

    with ExitStack() as stack:
        for name, kept in (("begin", kept_begin), ("execute", kept_execute), ("many", kept_many)):
            stack.enter_context(patch.object(SqliteLink, name, kept))
        yield tape


def connect(path: Path) -> sqlite3.Connection:
    """A raw connection with the store's own pragmas; transactions are begun by hand."""
    connection = sqlite3.connect(path, isolation_level=None, cached_statements=512)
    for pragma in PRAGMAS:
        connection.execute(f"pragma {pragma}")
    return connection


def replay(tape: Tape, warm: int) -> float:
    """Seconds that the transactions after the first ``warm`` take, on a fresh file on the same disk."""
    with tempfile.TemporaryDirectory(prefix="butler-bench-") as folder:
        connection = connect(Path(folder) / "floor.db")
        _play(connection, tape.transactions[:warm])
        started = time.perf_counter()
        _play(connection, tape.transactions[warm:])
        seconds = time.perf_counter() - started
        connection.close()
    return seconds


def _play(connection: sqlite3.Connection, transactions: list[list[tuple[str, list[Sequence[Any]]]]]) -> None:
    for transaction in transactions:
        connection.execute("begin immediate")
        for sql, rows in transaction:
            if sql.lstrip().startswith("select"):
                connection.execute(sql, rows[0]).fetchall()
            elif len(rows) == 1:
                connection.execute(sql, rows[0])
            else:
                connection.executemany(sql, rows)
        connection.execute("commit")


def commits(number: int, pause: float = 0.002) -> list[float]:
    """Seconds of so many times two small commits in a row, with pauses between them as a paced load has."""
    found = []
    with tempfile.TemporaryDirectory(prefix="butler-bench-") as folder:
        connection = connect(Path(folder) / "commit.db")
        connection.execute("create table rows (id integer primary key, body text)")
        for _ in range(number):
            started = time.perf_counter()
            for _ in range(2):
                connection.execute("begin immediate")
                connection.execute("insert into rows (body) values (?)", ("x" * 200,))
                connection.execute("commit")
            found.append(time.perf_counter() - started)
            time.sleep(pause)
        connection.close()
    return found
