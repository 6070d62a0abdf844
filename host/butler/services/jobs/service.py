"""Long work: side by side as far as wished, with progress, to be cancelled, taken up again after a restart."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, Final

import attrs
import structlog
from attrs import define, field

from butler.clock import Clock
from butler.declare import Job, declared
from butler.errors import ButlerError
from butler.plugin import Plugin
from butler.scope import Scope
from butler.services.jobs import rows
from butler.services.jobs.rows import MOST_TRIES, JobRow
from butler.services.jobs.work import Told, Work
from butler.services.naming import job_name, plain
from butler.store.database import Database

log = structlog.get_logger("butler.jobs")

MOST: Final = 1000
"""Jobs of one plugin that may run and wait."""

Method = Callable[..., Awaitable[Any]]


@define
class _Lane:
    """The jobs of one plugin: those that wait come in one after the other."""

    running: int = 0
    waiting: deque[tuple[int, asyncio.Future[None]]] = field(factory=deque)

    @asynccontextmanager
    async def room(self, limit: int) -> AsyncIterator[None]:
        """Wait until less than ``limit`` run and everybody before has begun."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append((limit, turn))
        self._let_in()
        try:
            await turn
            yield
        finally:
            if not turn.cancelled():  # cancelled while it waited: it never came in
                self.running -= 1
            self._let_in()

    def _let_in(self) -> None:
        while self.waiting:
            limit, turn = self.waiting[0]
            if not turn.done():
                if self.running >= limit:
                    return
                self.running += 1
                turn.set_result(None)
            self.waiting.popleft()


class Jobs:
    """The long work of a host.

    ``scope`` gives the scope of a plugin by name: it owns the plugin's jobs. ``told`` hears of the progress of
    jobs that were started without a listener of their own, or before a restart.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        scope: Callable[[str], Scope],
        *,
        told: Told | None = None,
        scrub: Callable[[str], str] = str,
    ) -> None:
        self._scrub = scrub
        self._database = database
        self._clock = clock
        self._scope = scope
        self._told = told
        self._works: dict[str, Work] = {}
        self._lanes: dict[str, _Lane] = {}
        self._numbers = count()
        self._ready = False

    async def open(self) -> None:
        """Make the table, if that has not been done."""
        if not self._ready:
            await self._database.submit(rows.create, None)
            self._ready = True

    def bound(self, plugin: str) -> BoundJobs:
        """Long work as that plugin sees it."""
        return BoundJobs(self, plugin)

    async def enlist(self, plugin: Plugin) -> None:
        """A plugin is up: its resumable jobs that did not come to an end go on."""
        await self.open()
        await self._database.submit(rows.interrupt, plugin.name)
        methods = {job.name: getattr(plugin, attribute) for attribute, job in declared(type(plugin), Job).items()}
        for columns in await self._database.query(rows.UNFINISHED, (plugin.name,)):
            row = rows.row_from(columns)
            if row.id not in self._works:
                await self._take_up(row, methods.get(row.job))

    async def _take_up(self, row: JobRow, method: Method | None) -> None:
        row = attrs.evolve(row, tries=row.tries + 1, state="waiting")
        reason = "" if method else f"the plugin has no @job named {row.job} any more"
        if row.tries > MOST_TRIES:
            reason = f"it was taken up {MOST_TRIES} times without getting any further"
        if method is None or reason:
            log.warning("a job is given up", plugin=row.plugin, job=row.job, reason=reason)
            await self._database.submit(rows.keep, attrs.evolve(row, state="failed", error=reason))
            return
        work = self._works[row.id] = Work(row, method, self._told, self._database, self._clock, self._scrub)
        await self._database.submit(rows.keep, row)
        self._begin(work)

    async def run(
        self,
        plugin: str,
        fn: Method,
        *,
        key: str = "",
        resumable: bool = False,
        limit: int = 1,
        arguments: Mapping[str, Any] | None = None,
        told: Told | None = None,
    ) -> Work:
        """Start work for a plugin; see :meth:`BoundJobs.run`."""
        name = job_name(fn) if resumable else getattr(fn, "__name__", type(fn).__name__)
        values = plain(f"{plugin}.{name}", arguments or {}) if resumable else dict(arguments or {})
        if (same := self._same(plugin, key)) is not None:
            return same
        made = self._clock.now().timestamp()
        row = JobRow(self._new_id(made), plugin, key, name, values, limit, resumable, made=made)
        work = self._works[row.id] = Work(row, fn, told or self._told, self._database, self._clock, self._scrub)
        try:
            await self.open()
            # what is not taken up again needs no arguments in the store, and they need not be JSON
            await self._database.submit(rows.put, row if resumable else attrs.evolve(row, arguments={}))
            self._begin(work)
        except BaseException:
            self._works.pop(row.id, None)
            raise
        return work

    def _new_id(self, made: float) -> str:
        """Ids sort in the order in which jobs were asked for."""
        return f"{int(made * 1000):011x}{next(self._numbers):05x}{secrets.token_hex(2)}"

    def _same(self, plugin: str, key: str) -> Work | None:
        mine = [work for work in self._works.values() if work.row.plugin == plugin]
        for work in mine:
            if key and work.row.key == key:
                return work
        if len(mine) >= MOST:
            raise ButlerError(f"{MOST} jobs of {plugin} run or wait already", remedy="wait until some are done")
        return None

    def _begin(self, work: Work) -> None:
        plugin = work.row.plugin
        lane = self._lanes.setdefault(plugin, _Lane())
        work.begin(self._scope(plugin), lane.room(work.row.side_by_side), self._ended)

    def _ended(self, work: Work) -> None:
        self._works.pop(work.row.id, None)
        if not any(other.row.plugin == work.row.plugin for other in self._works.values()):
            self._lanes.pop(work.row.plugin, None)

    def cancel(self, identifier: str) -> bool:
        """End a job that waits or runs; whether there is one of that id."""
        work = self._works.get(identifier)
        if work is not None:
            work.cancel()
        return work is not None

    async def listed(self, plugin: str = "", *, limit: int = 100) -> list[JobRow]:
        """The jobs of a plugin (of all, if none is named), the newest first, those that ended included."""
        await self.open()
        found = await self._database.query(rows.LISTED if plugin else rows.LISTED_ALL, (plugin, limit))
        kept = map(rows.row_from, found)
        return [self._works[row.id].row if row.id in self._works else row for row in kept]

    async def drop(self, plugin: str) -> None:
        """A plugin was removed for good: what is known of its jobs goes."""
        await self.open()
        await self._database.submit(rows.drop, plugin)


class BoundJobs:
    """Long work as one plugin sees it: ``self.host.jobs``."""

    def __init__(self, jobs: Jobs, plugin: str) -> None:
        self._jobs = jobs
        self._plugin = plugin

    async def run(
        self,
        fn: Method,
        *,
        key: str = "",
        resumable: bool = False,
        limit: int = 1,
        arguments: Mapping[str, Any] | None = None,
        told: Told | None = None,
    ) -> Work:
        """Start ``fn(**arguments)``, an async function that may take as long as it needs; returns at once.

        It begins when fewer than ``limit`` jobs of this plugin run, in the order in which they were asked
        for. If it has a parameter ``progress`` it is given a :class:`Progress`; ``told`` hears of it now and then
        and at the end. With ``resumable`` (a method declared with ``@job``, arguments of plain JSON) it is
        begun again after a restart, when ``progress.done`` says how far it had come. A job of the same
        ``key`` that has not ended is returned instead. Raises ``ButlerError`` where too many wait.
        """
        return await self._jobs.run(
            self._plugin, fn, key=key, resumable=resumable, limit=limit, arguments=arguments, told=told
        )

    async def listed(self) -> list[JobRow]:
        """This plugin's jobs, the newest first."""
        return await self._jobs.listed(self._plugin)
