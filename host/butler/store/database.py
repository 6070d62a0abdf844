"""The store: what plugins and services write and read, durable when the call returns (HOST-20).

Writes go to one thread, which commits what has come in as one group; reads go to two more. No query
runs on the event loop, and the loop never waits for the store: callers do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

import structlog

from butler.errors import StoreError
from butler.store.engines import dialect_of
from butler.store.group import Alone, Answers, Batch, Failed, Waiter
from butler.store.link import Link
from butler.store.threads import Threads
from butler.store.tx import Tx

__all__ = ["Batch", "Database", "Tx", "Waiter"]

T = TypeVar("T")
_log = structlog.get_logger("butler.store")

EARLY = 64
"""So many rows are worth a commit of their own while the writer has nothing to do; fewer wait for the turn's end."""


class Database:
    """One database, at ``sqlite:///path`` or ``postgresql://…``.

    ``on_trouble`` gets one line, on the event loop, when the store cannot be written or read (locked,
    full, read-only, away), and one when that is over. ``max_backlog`` is how many calls may wait.
    ``unit_limit`` is how many seconds one function may hold the store for writing, ``read_limit`` for
    reading, ``stop_limit`` how long :meth:`stop` waits for a store that is in trouble.
    """

    def __init__(
        self,
        url: str,
        *,
        on_trouble: Callable[[str], None] | None = None,
        max_backlog: int = 50_000,
        unit_limit: float = 5.0,
        read_limit: float = 60.0,
        stop_limit: float = 3.0,
    ) -> None:
        self.url = url
        self.dialect: Literal["sqlite", "postgresql"] = dialect_of(url)
        self.in_flight = 0
        """How many calls were submitted and not yet answered."""
        self._on_trouble = on_trouble or _warn
        self._max_backlog = max_backlog
        self._stop_limit = stop_limit
        self._limits = (unit_limit, read_limit)
        self._loop: asyncio.AbstractEventLoop
        self._running: Threads | None = None

    async def start(self) -> None:
        """Open it and start its threads. Raises StoreError when it cannot be opened and waiting would not help."""
        if self._running:
            raise StoreError("the store was started already", remedy="start it once, and stop it before the next time")
        self._loop = asyncio.get_running_loop()
        opened: asyncio.Future[None] = self._loop.create_future()
        self._running = running = Threads(self.url, self._limits, tell=self._tell, deliver=self._deliver)
        running.start(lambda error: self._call(_answer, opened, Failed(error) if error else None))
        try:
            await opened
        except BaseException:
            self._running = None
            await asyncio.shield(self._loop.run_in_executor(None, running.end, 0.0))
            raise

    async def stop(self) -> None:
        """Finish what was submitted, then close threads and connections.

        While the store is in trouble it waits ``stop_limit`` seconds at most; what could not be written
        then fails with StoreError at its caller. Harmless when it does not run.
        """
        running, self._running = self._running, None
        if running:
            running.hand_over()
            await self._loop.run_in_executor(None, running.end, self._stop_limit)

    async def write(self, fn: Callable[[], T], *, owner: str = "host") -> T:
        """Run a function that writes, on the writer's thread, inside a savepoint; return after the commit.

        Models speak to this database inside it. What it raises is raised here, and takes back its own
        writes only. It may run again when its group has to be tried anew, so it has no effect but in the
        store. Raises StoreError when too many calls wait, when it overstays ``unit_limit``, and when it
        tries to commit or roll back itself.
        """
        return await self._put(None, (fn, owner))  # type: ignore[no-any-return]

    def submit(self, batch: Batch, row: Any, waiter: Waiter | None = None) -> asyncio.Future[Any]:
        """Hand over a row; rows of one batch that share a group reach it in one call. Done after the commit.

        Order holds among the rows of one batch and among functions given to :meth:`write`; where
        something builds on the result of another batch, await that first. A ``waiter`` takes the future's
        place: it is told on the spot, before any task that waits for the same commit goes on.
        """
        return self._put(batch, row, waiter)  # type: ignore[no-any-return]

    async def read(self, fn: Callable[[], T]) -> T:
        """Run a function that reads; it sees all that was committed before this call, and nothing half done.

        Models speak to this database inside it. Let it return values, not an unfinished query. Raises
        StoreError when it tries to write, or overstays ``read_limit``.
        """
        return await self._read(lambda _: fn(), _name(fn))  # type: ignore[no-any-return]

    async def query(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of one statement written with ``?``, from a reader."""
        return await self._read(lambda tx: tx.all(sql, params), "a query")  # type: ignore[no-any-return]

    async def exclusive(self, fn: Callable[[Link], T]) -> T:
        """Run a function by itself on the writer's thread, with the connection, in no transaction.

        For migrations and copies; no limit holds for it, and it may run again after trouble.
        """
        running = self._admit()
        future: asyncio.Future[T] = self._loop.create_future()
        self.in_flight += 1
        running.hand_over()
        running.writer.put(Alone(fn, future))
        return await future

    def _put(self, batch: Batch | None, row: Any, waiter: Waiter | None = None) -> Any:
        running = self._admit()
        waiter = waiter or self._loop.create_future()
        self.in_flight += 1
        part = running.group.parts.get(batch)
        if part is None:
            part = running.new_part(batch, self._loop)
        part[0].append(row)
        part[1].append(waiter)
        if running.writer.resting and len(part[0]) >= EARLY:
            running.hand_over()
        return waiter

    def _read(self, fn: Callable[[Tx], Any], name: str) -> asyncio.Future[Any]:
        running = self._admit()
        future = self._loop.create_future()
        self.in_flight += 1
        running.jobs.put((fn, name, future))
        return future

    def _admit(self) -> Threads:
        if self._running is None:
            raise StoreError("the store does not run", remedy="call it after start() and before stop()")
        if self.in_flight >= self._max_backlog:
            raise StoreError(
                f"{self.in_flight} calls wait for the store already, {self._max_backlog} may",
                remedy="wait for earlier ones before giving it more; if none is answered, its log line says why",
            )
        return self._running

    def _call(self, fn: Callable[..., None], *arguments: Any) -> None:
        """From a thread of the store: have something done on the event loop."""
        try:
            self._loop.call_soon_threadsafe(fn, *arguments)
        except RuntimeError:
            _log.warning("the event loop ended before the store", lost=fn.__name__)

    def _tell(self, line: str) -> None:
        """Called on any thread: pass a line on to ``on_trouble``."""
        self._call(self._on_trouble, line)

    def _deliver(self, answers: Answers) -> None:
        """Called on a thread of the store: answer those who wait."""
        self._call(self._resolve, answers)

    def _resolve(self, answers: Answers) -> None:
        for waiters, results in answers:
            self.in_flight -= len(waiters)
            for waiter, result in zip(waiters, results, strict=True):
                _answer(waiter, result)


def _answer(waiter: Waiter, result: Any) -> None:
    if waiter.done():  # whoever asked was cancelled meanwhile
        return
    if isinstance(result, Failed):
        waiter.set_exception(result.error)
    else:
        waiter.set_result(result)


def _warn(line: str) -> None:
    _log.warning("the store is in trouble, or out of it", line=line)


def _name(fn: Callable[..., Any]) -> str:
    return getattr(fn, "__qualname__", type(fn).__name__)
