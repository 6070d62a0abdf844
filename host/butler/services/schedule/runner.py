"""The one timer: waits for the earliest row that is due, begins what is due, sees runs through to their end."""

from __future__ import annotations

import asyncio
import math
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

import attrs
import structlog

from butler.clock import Clock
from butler.errors import StoreError
from butler.scope import Scope
from butler.services.schedule import rows
from butler.services.schedule.rows import Begin, Completion, ScheduleRow, Unit
from butler.services.schedule.times import next_after
from butler.store.database import Database, Tx

log = structlog.get_logger("butler.schedule")

GRACE: Final = 60.0
"""Seconds by which a run may be late (a busy host, a machine that slept) before it counts as missed."""
AT_ONCE: Final = 32
"""How many runs go on side by side; the others stay due until there is room."""
AT_ONCE_OF_ONE: Final = 8
"""How many of them may be of one plugin, so that one whose jobs hang holds up its own only."""
LONGEST_SLEEP: Final = 60.0
"""Seconds after which the clock is looked at again: it may have been set forward."""
AFTER_TROUBLE: Final = 5.0

Run = Callable[[ScheduleRow], Awaitable[None]]


class Runner:
    """Owns the timer and the tasks of the runs."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        run: Run,
        zone: Callable[[str], ZoneInfo],
        enabled: Callable[[str, str], bool],
    ) -> None:
        self._database = database
        self._clock = clock
        self._run = run
        self._zone = zone
        self._enabled = enabled
        self._scope = Scope("schedule")
        self._running: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._open: set[str] = set()
        self._alarm = asyncio.Event()
        self._woken = False
        self._next = math.inf
        self._since = math.inf

    @property
    def held(self) -> Sequence[str]:
        """What it holds now, by name, for the proof that nothing is left."""
        return self._scope.held

    def start(self) -> None:
        """Begin. What was due before this moment was missed."""
        self._since = self._now()
        self._scope.task(self._loop(), "timer")

    async def stop(self, grace: float) -> None:
        """End; runs under way have so many seconds to end by themselves, then they are cancelled."""
        self._scope.closed = True  # nothing more begins
        if self._running:
            await asyncio.wait(self._running.values(), timeout=grace)
        await self._scope.close()

    def wake(self) -> None:
        """Look at the table: something may be due that was not, or there is room for more."""
        self._woken = True
        self._alarm.set()

    def soon(self, due: float | None) -> None:
        """A row was added; wake if it is due before all others."""
        if due is not None and due < self._next:
            self.wake()

    def _now(self) -> float:
        return self._clock.now().timestamp()

    async def _loop(self) -> None:
        told = False
        while True:
            self._woken = False
            try:
                await self._sweep()
                told = False
            except StoreError as error:
                if not told:
                    log.error("schedules cannot be read, tried again", reason=str(error))
                told = True
                self._next = self._now() + AFTER_TROUBLE
            await self._sleep()

    async def _sleep(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._woken and (wait := self._next - self._now()) > 0:
            timer = loop.call_at(loop.time() + min(wait, LONGEST_SLEEP), self._alarm.set)
            try:
                await self._alarm.wait()
            finally:
                timer.cancel()
            self._alarm.clear()

    async def _sweep(self) -> None:
        """Begin what is due, as far as there is room; what is left is begun when a run ends."""
        now = self._now()
        while not self._scope.closed and (due := await self._due(now)):
            begins = [self._decide(row, now) for row in due]
            same = await asyncio.gather(*(self._database.submit(rows.begin, begin) for begin in begins))
            for begin, unchanged in zip(begins, same, strict=True):
                if unchanged and begin.run:
                    self._begin(attrs.evolve(begin.row, run=begin.run))
        self._next = await self._earliest(now)

    async def _due(self, now: float) -> list[ScheduleRow]:
        room = AT_ONCE - len(self._running)
        if room <= 0:
            return []
        count = Counter(plugin for plugin, _ in self._running)
        busy = [plugin for plugin, number in count.items() if number >= AT_ONCE_OF_ONE]
        found = await self._database.query(rows.due_query(len(busy)), (now, *busy, room + len(self._running)))
        return list(self._that_fit(map(rows.row_from, found), room, count))

    def _that_fit(self, due: Any, room: int, count: Counter[str]) -> Any:
        for row in due:
            if (row.plugin, row.key) in self._running or count[row.plugin] >= AT_ONCE_OF_ONE or room <= 0:
                continue
            count[row.plugin] += 1
            room -= 1
            yield row

    async def _earliest(self, now: float) -> float:
        found = await self._database.query(rows.EARLIEST, (now,))
        return math.inf if found[0][0] is None else found[0][0]

    def _decide(self, row: ScheduleRow, now: float) -> Begin:
        assert row.due is not None
        missed = row.due < self._since or now - row.due > GRACE
        later = next_after(row.kind, row.spec, row.anchor, max(now, row.due), self._zone(row.guild))
        if not self._enabled(row.plugin, row.guild):
            hold = row.missed == "late" and not row.declared
            return Begin(row, None if hold else later, hold=hold)
        if missed and row.missed == "skip":
            log.info("a run was missed and is left out", plugin=row.plugin, job=row.job, due=row.due, guild=row.guild)
            return Begin(row, later)
        return Begin(row, later, secrets.token_hex(8))

    def _begin(self, row: ScheduleRow) -> None:
        if self._scope.closed:  # stopped while it was marked: settled at the next start
            return
        self._open.add(row.run)
        task = self._scope.task(self._see_through(row), f"{row.plugin}.{row.job} {row.key}")
        self._running[row.plugin, row.key] = task

    async def _see_through(self, row: ScheduleRow) -> None:
        try:
            try:
                await self._run(row)
            except Exception:  # plugin code is behind it: a run that fails must not keep the others from running
                log.exception("a scheduled run failed", plugin=row.plugin, job=row.job, schedule=row.key)
            await self.complete(row)
        except StoreError as error:
            log.error("the end of a run could not be kept", plugin=row.plugin, job=row.job, reason=str(error))
        finally:
            self._open.discard(row.run)
            del self._running[row.plugin, row.key]
            self.wake()

    async def complete(
        self, row: ScheduleRow, units: Sequence[Unit] = (), also: Callable[[Tx], None] | None = None
    ) -> list[tuple[str, Exception]]:
        """End a run together with its writes; see :meth:`butler.services.schedule.Schedule.complete`."""
        if row.run not in self._open:
            return []
        failed: list[tuple[str, Exception]] = await self._database.submit(rows.complete, Completion(row, units, also))
        self._open.discard(row.run)
        return failed
