"""The store in PostgreSQL 14 or newer, through psycopg 3."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import peewee
import psycopg
from psycopg.pq import TransactionStatus

from butler.errors import StoreError
from butler.store.link import Dialect, Guarded, chain, touched_the_transaction, wrote_while_reading
from butler.store.sql import to_postgresql
from butler.store.trouble import Trouble

_CONNECT: dict[str, Any] = {
    "application_name": "butler",
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""A server or a network that falls silent is noticed within half a minute."""
_SESSION = """
    set synchronous_commit = on;
    set lock_timeout = '250ms';
    set idle_in_transaction_session_timeout = '60s';
    set idle_session_timeout = '10min';
    set time zone 'UTC'
"""
"""The server relieves a process that froze of its locks; a live one connects anew without a word."""
_OLDEST = 140_000
_ENDS = re.compile(
    r"(?:^|;)\s*(?:commit|rollback(?!\s+to\b)|abort|end|begin|start|prepare\s+transaction|discard|reset"
    r"|set\s+(?:(?:local|session)\s+)?(?:transaction|characteristics|default_transaction)\w*)\b",
    re.I,
)
_COMMENTS = re.compile(r"--[^\n]*|/\*.*?\*/", re.S)
_REASONS = {
    "53100": ("the disk of PostgreSQL is full", "make room there"),
    "53200": ("PostgreSQL has no memory left", "look at its log"),
    "53300": ("PostgreSQL takes no more connections", "close others or raise its max_connections"),
    "55P03": ("another session holds a lock in PostgreSQL", "end what holds it: see pg_stat_activity"),
    "25006": ("PostgreSQL is read-only", "give the address of the primary server"),
    "58030": ("the disk of PostgreSQL fails", "look at its log"),
}
_AGAIN = frozenset({"40001", "40P01", "25P03"})
"""Two transactions were in each other's way, or ours was frozen: at once again."""
_NOT_YET = ("starting up", "shutting down", "too many", "recovery", "remaining connection slots")


class _Cursor(psycopg.Cursor[Any]):
    """Lets a unit end no transaction."""

    connection: _Connection

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        unit = self.connection.models.unit
        if unit and isinstance(query, str) and _ENDS.search(_COMMENTS.sub(" ", query)):
            raise touched_the_transaction(unit, repr(query))
        return super().execute(query, params, **options)


class _Connection(psycopg.Connection[Any]):
    """Knows whether a unit runs on it."""

    models: Guarded

    def commit(self) -> None:
        if self.models.unit:
            raise touched_the_transaction(self.models.unit, "commit()")
        super().commit()

    def rollback(self) -> None:
        if self.models.unit:
            raise touched_the_transaction(self.models.unit, "rollback()")
        super().rollback()


class _Adapter(peewee.Psycopg3Adapter):
    def connect(self, db: Any, **_: Any) -> _Connection:
        connection = _Connection.connect(db.database, autocommit=True, cursor_factory=_Cursor, **_CONNECT)
        connection.models = db
        return connection


class _Models(Guarded, peewee.PostgresqlDatabase):
    """PostgreSQL as peewee sees it, with the guard."""

    psycopg3_adapter = _Adapter


class PostgresLink:
    """A connection to the server; ``reading`` ones cannot write."""

    dialect: Dialect = "postgresql"

    def __init__(self, url: str, *, reading: bool = False) -> None:
        self._reading = reading
        self._begin = "begin isolation level repeatable read read only" if reading else "begin"
        self.models: Guarded = _Models(url, prefer_psycopg3=True, autoconnect=False)
        self.models.standing = self.in_transaction
        self._connection: psycopg.Connection[Any] | None = None

    @property
    def _raw(self) -> psycopg.Connection[Any]:
        assert self._connection is not None, "used before open()"
        return self._connection

    def open(self) -> None:
        if self._connection is not None:
            return
        self.models.connect()
        connection: psycopg.Connection[Any] = self.models.connection()  # type: ignore[no-untyped-call]
        if connection.info.server_version < _OLDEST:
            version = connection.info.server_version // 10_000
            self.models.close()
            raise StoreError(f"PostgreSQL {version} is too old", remedy="use PostgreSQL 14 or newer")
        connection.execute(_SESSION)
        if self._reading:
            connection.execute("set default_transaction_read_only = on")
        self._connection = connection

    def close(self) -> None:
        self.models.leave()
        with contextlib.suppress(peewee.PeeweeException, psycopg.Error):
            self.models.close()
        self._connection = None

    def begin(self) -> None:
        self._raw.execute(self._begin)

    def commit(self) -> None:
        if self._raw.info.transaction_status == TransactionStatus.INERROR:
            raise StoreError("a statement of the group failed, and the failure was swallowed")
        self._raw.execute("commit")

    def rollback(self) -> None:
        self._raw.execute("rollback")

    def in_transaction(self) -> bool:
        return self._raw.pgconn.transaction_status in {TransactionStatus.INTRANS, TransactionStatus.INERROR}

    def execute(self, sql: str, params: Sequence[Any] = ()) -> Any:
        return self._raw.execute(to_postgresql(sql), params)

    def stream(self, sql: str) -> Iterator[tuple[Any, ...]]:
        with self._raw.cursor(name="butler_stream") as cursor:
            cursor.itersize = 1_000
            yield from cursor.execute(sql)

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> int:
        with self._raw.cursor() as cursor:
            cursor.executemany(to_postgresql(sql), rows)
            return cursor.rowcount

    def interrupt(self) -> None:
        connection = self._connection
        if connection is not None:
            with contextlib.suppress(psycopg.Error):
                connection.cancel_safe(timeout=2)

    def ledger(self) -> str | None:
        row = self._raw.execute("select pg_current_xact_id_if_assigned()::text").fetchone()
        return row[0] if row else None

    def settled(self, ledger: str | None) -> bool:
        if ledger is None:
            return False
        row = self._raw.execute("select pg_xact_status(%s::xid8)", (ledger,)).fetchone()
        if row and row[0] == "in progress":
            raise Trouble("PostgreSQL still ends an earlier session", "nothing, it will", passing=True)
        return bool(row and row[0] == "committed")

    def misuse(self, error: BaseException, who: str) -> StoreError | None:
        return wrote_while_reading(who) if self._reading and "25006" in _states(error) else None

    def trouble(self, error: BaseException) -> Trouble | None:
        for cause in chain(error):
            if isinstance(cause, psycopg.Error):
                found = self._trouble(cause)
                if found:
                    return found
        return None

    def _trouble(self, error: psycopg.Error) -> Trouble | None:
        state = error.sqlstate or ""
        if state in _REASONS and not (self._reading and state == "25006"):
            return Trouble(*_REASONS[state], passing=state in {"53300", "55P03"})
        if state in _AGAIN or (state == "0A000" and "cached plan" in str(error)):
            return Trouble("PostgreSQL ended the transaction", "nothing, it is tried again", reconnect=True)
        if state[:2] == "08" or state[:3] == "57P" or (not state and isinstance(error, psycopg.OperationalError)):
            text = str(error)
            passing = "FATAL" not in text or any(reason in text for reason in _NOT_YET)
            return Trouble(f"PostgreSQL is away ({_first(text)})", "start it", passing=passing, reconnect=True)
        return None


def _states(error: BaseException) -> set[str | None]:
    return {cause.sqlstate for cause in chain(error) if isinstance(cause, psycopg.Error)}


def _first(text: str) -> str:
    """The first line of what libpq says, without a password."""
    return re.sub(r"://[^@\s]*@", "://", text.strip().partition("\n")[0])
