"""What a batch works with inside the transaction of its group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from butler.errors import PluginError, StoreError
from butler.store.limit import Seat
from butler.store.link import Dialect, Link, own_trouble
from butler.store.trouble import Destroyed, Trouble

T = TypeVar("T")


class Tx:
    """The open transaction of a group: prepared SQL for the host, savepoints for functions of plugins."""

    def __init__(self, link: Link, seat: Seat) -> None:
        self._link = link
        self._seat = seat
        self._guilty: dict[int, tuple[Callable[[], Any], Exception]] = {}
        self._suspected: dict[int, tuple[Callable[[], Any], Exception]] = {}

    @property
    def dialect(self) -> Dialect:
        """Which engine it is, for the few statements that differ."""
        return self._link.dialect

    def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> int:
        """Run one statement, written with ``?``, for each row of parameters. Returns how many rows it changed."""
        return self._link.many(sql, rows)

    def all(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Every row of a result; empty for a statement that has none."""
        cursor = self._link.execute(sql, params)
        return cursor.fetchall() if cursor.description else []

    def one(self, sql: str, params: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row of a result, or None."""
        cursor = self._link.execute(sql, params)
        row: tuple[Any, ...] | None = cursor.fetchone()
        cursor.close()
        return row

    def unit(self, fn: Callable[[], Any], owner: str) -> Exception | None:
        """Run a plugin's function in a savepoint: one that fails loses its own writes only, and is returned."""
        try:
            self.call(fn, owner)
        except Exception as error:  # noqa: BLE001 - a plugin's code: what it raises is its own failure
            return error
        return None

    def call(self, fn: Callable[[], T], owner: str) -> T:
        """Like :meth:`unit`, but with the function's result, and raising what it raised."""
        guilty = self._guilty.get(id(fn)) or self._suspected.get(id(fn))
        if guilty:
            raise guilty[1]
        self._link.execute("savepoint butler_unit")
        self._link.models.enter(owner)
        try:
            result = self._seat.run(fn, owner)
            self._link.models.leave()
            self._link.execute("release savepoint butler_unit")
        except BaseException as error:  # a plugin's code: nothing it raises may end the writer's thread
            self._link.models.leave()
            self._undo(fn, error)
            raise self._link.misuse(error, owner) or harmless(error, owner) from error
        return result

    def suspect(self, fn: Callable[[], Any], trouble: Trouble) -> None:
        """Try the next time without this function."""
        error = StoreError(f"what a function wrote could not be stored: {trouble.what}", remedy=trouble.remedy)
        self._suspected[id(fn)] = (fn, error)

    def suspects(self, fn: Callable[[], Any]) -> bool:
        """Whether the next time goes without it."""
        return id(fn) in self._suspected

    def acquit(self) -> None:
        """It was none of those suspected."""
        self._suspected.clear()

    def _undo(self, fn: Callable[[], Any], error: BaseException) -> None:
        """Take back the unit alone; when that cannot be, say so to whoever runs the group."""
        trouble = own_trouble(self._link, error)
        if trouble:
            trouble.unit = fn
            raise trouble from error
        try:
            self._link.execute("rollback to savepoint butler_unit")
            self._link.execute("release savepoint butler_unit")
        except Exception as lost:
            self._blame(fn, error)
            raise Destroyed(fn) from lost

    def _blame(self, fn: Callable[[], Any], error: BaseException) -> None:
        self._guilty[id(fn)] = (fn, harmless(error, "the unit"))


def harmless(error: BaseException, owner: str) -> Exception:
    """The error itself, or one in its place if it would end a thread, a task or the event loop."""
    if isinstance(error, Exception) and not isinstance(error, (StopIteration, StopAsyncIteration)):
        return error
    return PluginError(
        f"a function of {owner} raised {type(error).__name__} in the store: {error}",
        remedy="raise an ordinary exception instead",
    )
