"""The store as one SQLite file in WAL mode: durable at every commit, readers beside the one writer."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import peewee

from butler.errors import StoreError
from butler.store.link import Dialect, Guarded, chain, touched_the_transaction, wrote_while_reading
from butler.store.rows import distinct, rest, statements, widened
from butler.store.trouble import Trouble

PATIENCE = 0.25
"""Seconds that SQLite itself waits for another process's lock before it counts as trouble."""

_REASONS = {
    sqlite3.SQLITE_BUSY: ("another process holds the lock of {path}", "close what has it open"),
    sqlite3.SQLITE_PROTOCOL: ("another process holds the lock of {path}", "close what has it open"),
    sqlite3.SQLITE_FULL: ("the disk is full, {path} cannot grow", "make room there"),
    sqlite3.SQLITE_READONLY: ("{path} is read-only", "make the file and its folder writable"),
    sqlite3.SQLITE_IOERR: ("the disk under {path} fails", "look at the system's log and at free space"),
    sqlite3.SQLITE_CANTOPEN: ("{path} cannot be opened", "see that its folder exists and may be written"),
}
_PASSING = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_PROTOCOL})
_ASKING = frozenset(
    {
        "foreign_key_check",
        "table_info",
        "table_xinfo",
        "index_list",
        "index_info",
        "index_xinfo",
        "foreign_key_list",
        "table_list",
    }
)
_ALWAYS = frozenset({sqlite3.SQLITE_TRANSACTION, sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH})


class _Models(Guarded, peewee.SqliteDatabase):
    """SQLite as peewee sees it, with the guard; declared types say what a column holds, also to a restore."""

    field_types = {  # noqa: RUF012 - as peewee has it
        **peewee.SqliteDatabase.field_types,
        "BIGINT": "BIGINT",
        "BOOL": "BOOLEAN",
        "DOUBLE": "DOUBLE",
        "JSON": "JSON_TEXT",
        "SMALLINT": "SMALLINT",
        "UUID": "UUID_TEXT",
    }


class SqliteLink:
    """A connection to the file; ``reading`` ones cannot write."""

    dialect: Dialect = "sqlite"

    def __init__(self, path: str, *, reading: bool = False) -> None:
        self.path = path
        self._reading = reading
        pragmas = {
            "journal_mode": "wal",
            "synchronous": "full",
            "foreign_keys": 1,
            "temp_store": "memory",
            "journal_size_limit": 64 * 2**20,
            "query_only": int(reading),
            "secure_delete": 1,  # what is deleted is overwritten: forgetting means the file, too
        }
        self.models: Guarded = _Models(
            self._address("rw" if reading else "rwc"),
            uri=True,
            pragmas=pragmas,
            timeout=PATIENCE,
            autoconnect=False,
            returning_clause=True,
            check_same_thread=False,  # interrupt() is called by the thread that watches the limit
            cached_statements=512,
        )
        self.models.standing = self.in_transaction
        self._connection: sqlite3.Connection | None = None

    @property
    def _raw(self) -> sqlite3.Connection:
        assert self._connection is not None, "used before open()"
        return self._connection

    def _address(self, mode: str) -> str:
        return f"file:{quote(self.path)}?mode={mode}"

    def open(self) -> None:
        if self._connection is None:
            if self.models.database.endswith("rwc"):
                private(self.path)
            self.models.connect()
            # a file that was moved away meanwhile is waited for, not replaced by an empty one
            self.models.database = self._address("rw")
            self._connection = self.models.connection()  # type: ignore[no-untyped-call]
            self._connection.set_authorizer(self._allows)

    def close(self) -> None:
        self.models.leave()
        with contextlib.suppress(peewee.PeeweeException, sqlite3.Error):
            if self._connection is not None:
                self._connection.rollback()  # a cursor that somebody still holds would keep the lock past close()
        with contextlib.suppress(peewee.PeeweeException, sqlite3.Error):
            self.models.close()
        self._connection = None

    def begin(self) -> None:
        self._raw.execute("begin" if self._reading else "begin immediate")

    def commit(self) -> None:
        self._raw.commit()

    def rollback(self) -> None:
        self._raw.rollback()

    def in_transaction(self) -> bool:
        return self._raw.in_transaction

    def execute(self, sql: str, params: Sequence[Any] = ()) -> Any:
        return self._raw.execute(sql, params)

    def stream(self, sql: str) -> Iterator[tuple[Any, ...]]:
        yield from self._raw.execute(sql)

    def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> int:
        wide = widened(sql) if len(rows) > 1 else None
        if wide is None:
            return self._raw.executemany(sql, rows).rowcount
        rows = distinct(wide, rows)
        changed = sum([self._raw.execute(text, params).rowcount for text, params in statements(wide, rows)])
        left = rest(wide, rows)
        return changed + (self._raw.executemany(sql, left).rowcount if left else 0)

    def interrupt(self) -> None:
        with contextlib.suppress(sqlite3.Error, AssertionError):
            self._raw.interrupt()

    def copy_to(self, target: sqlite3.Connection) -> None:
        """Copy the whole database into another connection's, one state of it, while others write."""
        self._raw.backup(target)

    def ledger(self) -> None:
        return None

    def settled(self, ledger: None) -> bool:
        return False  # a commit of SQLite that fails has not happened

    def trouble(self, error: BaseException) -> Trouble | None:
        for cause in chain(error):
            code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
            if code in _REASONS and not (self._reading and code == sqlite3.SQLITE_READONLY):
                what, remedy = _REASONS[code]
                return Trouble(what.format(path=self.path), remedy, passing=code in _PASSING)
        return None

    def misuse(self, error: BaseException, who: str) -> StoreError | None:
        codes = {getattr(cause, "sqlite_errorcode", 0) & 0xFF for cause in chain(error)}
        if sqlite3.SQLITE_AUTH in codes:
            return touched_the_transaction(who, "a statement that ends transactions or changes the connection")
        return wrote_while_reading(who) if self._reading and sqlite3.SQLITE_READONLY in codes else None

    def _allows(self, action: int, first: str | None, second: str | None, *_: str | None) -> int:
        """SQLite asks when it prepares a statement: a unit ends no transaction and turns no screws."""
        if not self.models.unit:
            return sqlite3.SQLITE_OK
        asking = action != sqlite3.SQLITE_PRAGMA or second is None or (first or "").lower() in _ASKING
        return sqlite3.SQLITE_OK if asking and action not in _ALWAYS else sqlite3.SQLITE_DENY


def private(path: str) -> None:
    """Make a file that its owner alone may read, unless it is there; what SQLite puts beside it follows it."""
    with contextlib.suppress(OSError):  # SQLite says better what is wrong with the place
        os.close(os.open(path, os.O_CREAT | os.O_RDONLY, 0o600))
