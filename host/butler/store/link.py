"""One connection of the store, owned by one thread: the little that SQLite and PostgreSQL do differently."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, Protocol

import peewee

from butler.errors import StoreError
from butler.store.sql import clean
from butler.store.trouble import Trouble

Dialect = Literal["sqlite", "postgresql"]


class Link(Protocol):
    """What writer, readers and :class:`butler.store.tx.Tx` need of a connection."""

    dialect: Dialect
    models: Guarded

    def open(self) -> None:
        """Connect, unless it is connected."""

    def close(self) -> None:
        """Drop the connection and whatever is open on it. Never raises."""

    def begin(self) -> None:
        """Begin a transaction: for a writer one that holds the right to write from its start."""

    def commit(self) -> None:
        """Make it durable."""

    def rollback(self) -> None:
        """Take it back."""

    def in_transaction(self) -> bool:
        """Whether the transaction still stands (an error may be pending in it)."""

    def execute(self, sql: str, params: Sequence[Any] = ()) -> Any:
        """A cursor over the result of a statement written with ``?``."""

    def stream(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a large result one by one, within the open transaction."""

    def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> int:
        """One statement for many rows of parameters; how many rows of the table it changed."""

    def interrupt(self) -> None:
        """Have the statement that runs now fail. Called from another thread."""

    def trouble(self, error: BaseException) -> Trouble | None:
        """What in the surroundings is behind an error, or None if the statement itself was wrong."""

    def misuse(self, error: BaseException, who: str) -> StoreError | None:
        """What ``who`` did that functions may not do, if that is behind an error: said so that they can mend it."""

    def ledger(self) -> Any:
        """What :meth:`settled` needs to know of the open transaction."""

    def settled(self, ledger: Any) -> bool:
        """Whether a transaction whose commit had no answer was committed after all."""


class Guarded(peewee.Database):
    """The peewee database that models see: inside a unit it lets nobody touch the shared transaction."""

    _state: Any
    database: str
    json_methods: Callable[[Any], Any]
    unit: str = ""
    """Whose function runs now; empty between units."""
    failure: BaseException | None = None
    """The last error that this connection itself raised, to tell it from one raised elsewhere."""
    standing: Callable[[], bool]
    """Whether the transaction still stands; set by the link."""

    @functools.cached_property
    def json_helper(self) -> Any:
        """How this engine writes and asks JSON, for :class:`butler.store.table.JSONField`."""
        return self.json_methods(self)

    def enter(self, owner: str) -> None:
        """A function of ``owner`` runs from now on."""
        self.unit = owner
        self.failure = None
        self._state.transactions[:] = [self]  # not empty: `atomic()` then makes savepoints

    def leave(self) -> None:
        """It has ended, whatever it left open."""
        self.unit = ""
        self._state.transactions.clear()
        self._state.ctx.clear()

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        if self.unit and not self.standing():
            raise StoreError(
                f"the transaction in which {self.unit} writes was ended by one of its own statements",
                remedy="use no `or rollback`, and let errors of the store out of the function",
            )
        try:
            return super().execute_sql(sql, tuple(storable(params)) if params else None)  # type: ignore[no-untyped-call]
        except BaseException as error:
            self.failure = error
            raise

    def _refuse(self, what: str) -> None:
        if self.unit:
            raise touched_the_transaction(self.unit, what)

    def begin(self, *args: Any, **options: Any) -> None:
        self._refuse("begin()")
        super().begin(*args, **options)

    def commit(self) -> None:
        self._refuse("commit()")
        super().commit()

    def rollback(self) -> None:
        self._refuse("rollback()")
        super().rollback()

    def close(self) -> bool:
        self._refuse("close()")
        return bool(super().close())

    def manual_commit(self) -> Any:
        self._refuse("manual_commit()")
        return super().manual_commit()

    def session_start(self) -> Any:
        self._refuse("session_start()")
        return super().session_start()

    def session_commit(self) -> bool:
        self._refuse("session_commit()")
        return bool(super().session_commit())

    def session_rollback(self) -> bool:
        self._refuse("session_rollback()")
        return bool(super().session_rollback())

    def after_commit(self, fn: Any) -> Any:
        self._refuse("after_commit()")
        return super().after_commit(fn)


def storable(params: Sequence[Any]) -> Iterator[Any]:
    """Parameters with every text made storable (:func:`butler.store.sql.clean`)."""
    for value in params:
        yield clean(value) if isinstance(value, str) else value


def chain(error: BaseException) -> Iterator[BaseException]:
    """An error and those behind it: peewee wraps the driver's own as argument, Python as cause or context."""
    seen: set[int] = set()
    todo: list[Any] = [error]
    while todo:
        found = todo.pop()
        if isinstance(found, BaseException) and id(found) not in seen:
            seen.add(id(found))
            yield found
            todo += [found.__cause__, found.__context__, *found.args[:1]]


def wrote_while_reading(who: str) -> StoreError:
    """A function given to ``read`` tried to write."""
    return StoreError(f"{who} tried to write while reading", remedy="use `write` instead of `read`")


def touched_the_transaction(who: str, what: str) -> StoreError:
    """A function tried to end the transaction that it shares, or to change its connection."""
    return StoreError(
        f"{who} ran {what} inside a function that the store runs",
        remedy="leave it to the store: it commits when the function returns and takes back when it raises; "
        "for a part of its own use `with database.atomic():`",
    )


def own_trouble(link: Link, error: BaseException) -> Trouble | None:
    """Trouble of this connection behind what a plugin raised; the same out of its own files is its own affair."""
    failure = link.models.failure
    if failure is None or not any(cause is failure for cause in chain(error)):
        return None
    return link.trouble(failure)
