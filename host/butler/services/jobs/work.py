"""One job under way: its task, its progress, its end."""

from __future__ import annotations

import asyncio
import inspect
import math
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

import attrs
import structlog

from butler.clock import Clock
from butler.errors import StoreError
from butler.scope import Scope
from butler.services.jobs import rows
from butler.services.jobs.rows import JobRow, State
from butler.store.database import Database

log = structlog.get_logger("butler.jobs")

TOLD_EVERY: Final = 2.0
"""Seconds between two words about progress, at least; the end is told at once."""

Told = Callable[[JobRow], Awaitable[None]]
"""Is told how far a job came, now and then and at its end: to edit a message on a platform, for instance."""


class Progress:
    """What a job says about how far it came; given to its parameter ``progress``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def __call__(self, done: float, total: float | None = None, text: str | None = None) -> None:
        """So much of so much is done. Costs next to nothing, so say it as often as you like.

        It is kept, so that after a restart :attr:`done` tells where to go on from.
        """
        self._work.moved(done, total, text)

    @property
    def done(self) -> float:
        """How far it came; at first how far it came before a restart."""
        return self._work.row.done

    @property
    def total(self) -> float:
        """What ``done`` will be in the end; 0 if nobody said."""
        return self._work.row.total

    @property
    def text(self) -> str:
        """What was said last."""
        return self._work.row.text


class Work:
    """A job that waits or runs. ``await work.wait()`` gives its row at the end; ``cancel()`` ends it."""

    def __init__(
        self,
        row: JobRow,
        fn: Callable[..., Awaitable[Any]],
        told: Told | None,
        database: Database,
        clock: Clock,
        scrub: Callable[[str], str] = str,
    ) -> None:
        self.row = row
        self._fn = fn
        self._told = told
        self._database = database
        self._clock = clock
        self._scrub = scrub
        self._scope: Scope
        self._task: asyncio.Task[None] | None = None
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._begun = False
        self._cancelled = False
        self._kept = row
        self._keeping: asyncio.Future[None] | None = None
        self._telling: asyncio.Task[None] | None = None
        self._last_told = -math.inf

    def begin(self, scope: Scope, room: AbstractAsyncContextManager[None], ended: Callable[[Work], None]) -> None:
        """Start its task, owned by ``scope``; it works while it holds ``room``. ``ended`` is called in any case."""

        def when_done(_: asyncio.Task[None]) -> None:
            self._ended.set_result(None)
            ended(self)

        self._scope = scope
        self._task = scope.task(self._run(room), f"job {self.row.job}")
        self._task.add_done_callback(when_done)

    async def wait(self) -> JobRow:
        """The job's row when it has ended, or when the host or the plugin stops before that."""
        await asyncio.shield(self._ended)
        return self.row

    def cancel(self) -> None:
        """End it: its task is cancelled, or it never begins."""
        self._cancelled = True
        if self._begun and self._task is not None:
            self._task.cancel()

    async def _run(self, room: AbstractAsyncContextManager[None]) -> None:
        self._begun = True
        try:
            if self._cancelled:
                raise asyncio.CancelledError
            async with room:
                self._change(state="running")
                await self._work()
        except asyncio.CancelledError:
            if not self._cancelled:  # the plugin or the host stops: it stays open, and is taken up again
                raise
            await self._end("cancelled")

    async def _work(self) -> None:
        try:
            await self._fn(**self._arguments())
        except BaseException as error:  # plugin code: even its SystemExit ends this job alone
            if isinstance(error, asyncio.CancelledError) and self._task and self._task.cancelling():
                raise
            log.error("a job failed", plugin=self.row.plugin, job=self.row.job, exc_info=error)
            await self._end("failed", self._scrub(f"{type(error).__name__}: {error}"))
        else:
            await self._end("done")

    def _arguments(self) -> dict[str, Any]:
        wants = "progress" in inspect.signature(self._fn).parameters
        return {**self.row.arguments, **({"progress": Progress(self)} if wants else {})}

    def moved(self, done: float, total: float | None, text: str | None) -> None:
        """The job came so far."""
        row = self.row
        if row.ended:
            return
        further = {"tries": 0} if done != row.done else {}
        total, text = row.total if total is None else float(total), row.text if text is None else text
        self._change(done=float(done), total=total, text=text, **further)
        if self._told and self._telling is None and self._clock.monotonic() - self._last_told >= TOLD_EVERY:
            self._telling = self._scope.task(self._tell(), f"progress of {row.job}")

    def _change(self, **changes: Any) -> None:
        self.row = attrs.evolve(self.row, **changes)
        if self._keeping is None:  # else the one under way sees to it: one write at a time, the last one wins
            self._keep()

    def _keep(self) -> None:
        self._kept = self.row
        self._keeping = self._database.submit(rows.keep, self.row)
        self._keeping.add_done_callback(self._when_kept)

    def _when_kept(self, future: asyncio.Future[None]) -> None:
        self._keeping = None
        if error := None if future.cancelled() else future.exception():
            log.warning("progress could not be kept", plugin=self.row.plugin, job=self.row.job, reason=str(error))
        elif self._kept is not self.row and not self.row.ended:
            self._keep()

    async def _tell(self) -> None:
        assert self._told is not None
        self._last_told = self._clock.monotonic()
        try:
            await self._told(self.row)
        except Exception as error:  # noqa: BLE001 - plugin or platform code: nobody to tell is no reason to end the work
            log.warning("progress could not be told", plugin=self.row.plugin, job=self.row.job, reason=str(error))
        finally:
            self._telling = None

    async def _end(self, state: State, error: str = "") -> None:
        self.row = attrs.evolve(self.row, state=state, error=error)
        try:
            await self._database.submit(rows.keep, self.row)
        except StoreError as trouble:
            log.warning("the end of a job could not be kept", job=self.row.job, reason=str(trouble))
        if self._telling is not None:
            await asyncio.wait([self._telling])
        if self._told is not None:
            await self._tell()
