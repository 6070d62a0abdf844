"""Runs at a time, at an interval or by a cron line, also after a restart, none twice (HOST-21).

The table is the truth. In memory there are one timer, for the earliest row that is due, and the runs that
are under way: 100,000 schedules cost nothing while they wait, and the clock can be a virtual one.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from butler.clock import Clock
from butler.declare import Missed, Timed, declared
from butler.errors import BadArgument, ContractError
from butler.plugin import Plugin
from butler.services.naming import plain
from butler.services.schedule import rows
from butler.services.schedule.bound import BoundSchedule
from butler.services.schedule.rows import ScheduleRow, Sync, Unit
from butler.services.schedule.runner import Run, Runner
from butler.services.schedule.times import Kind, check_cron, check_interval, next_after
from butler.store.database import Database, Tx


def _utc(_: str) -> ZoneInfo:
    return ZoneInfo("UTC")


def _everywhere(*_: str) -> bool:
    return True


def _nowhere(_: str) -> Collection[str]:
    return ()


class Schedule:
    """All schedules of a host.

    ``run`` is given each run that is due; when it returns or raises the run is over, and it may end it
    sooner, together with what the run wrote, by :meth:`complete`. ``zone`` gives a guild's zone,
    ``enabled`` whether a plugin is enabled (in a guild, or at all where that is empty), ``guilds`` the
    guilds in which a plugin is enabled.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        run: Run,
        zone: Callable[[str], ZoneInfo] = _utc,
        *,
        enabled: Callable[[str, str], bool] = _everywhere,
        guilds: Callable[[str], Collection[str]] = _nowhere,
    ) -> None:
        self._database = database
        self._clock = clock
        self._zone = zone
        self._guilds = guilds
        self._declared: dict[str, Mapping[str, Timed]] = {}
        self._ready = False
        self._runner = Runner(database, clock, run, zone, enabled)

    async def open(self) -> None:
        """Make the table and settle what a crash cut off. Schedules can be added from now on; none runs yet."""
        if not self._ready:
            await self._database.submit(rows.create, None)
            self._ready = True

    async def start(self) -> None:
        """Run what is due. What was due before now was missed: ``late`` ones run once, ``skip`` ones do not."""
        await self.open()
        self._runner.start()

    async def stop(self, grace: float = 1.0) -> None:
        """Begin nothing more; runs under way have ``grace`` seconds, then ``late`` ones run again at the next start."""
        await self._runner.stop(grace)

    @property
    def held(self) -> Sequence[str]:
        """What it holds now (timer, runs under way), by name."""
        return self._runner.held

    def bound(self, plugin: str) -> BoundSchedule:
        """Schedules as that plugin sees them."""
        return BoundSchedule(self, plugin)

    async def once(
        self,
        at: dt.datetime,
        job: str,
        *,
        key: str = "",
        missed: Missed = "late",
        guild: str = "",
        arguments: Mapping[str, Any] | None = None,
    ) -> str:
        """Run ``job`` (``plugin.name``) at a time; a past one is due at once. Returns the key."""
        if at.tzinfo is None:
            raise BadArgument(f"{at} says no zone", remedy="give an aware datetime")
        due = at.timestamp()
        row = _row(job, "once", "", key=key, missed=missed, guild=guild, arguments=arguments)
        return await self._put(attrs.evolve(row, anchor=due, due=due))

    async def every(
        self,
        seconds: float,
        job: str,
        *,
        key: str = "",
        missed: Missed = "skip",
        guild: str = "",
        arguments: Mapping[str, Any] | None = None,
    ) -> str:
        """Run ``job`` each so many seconds, counted from now. Returns the key. Raises ``BadArgument``."""
        row = _row(job, "every", check_interval(seconds), key=key, missed=missed, guild=guild, arguments=arguments)
        return await self._put(attrs.evolve(row, anchor=self._clock.now().timestamp()))

    async def cron(
        self,
        line: str,
        job: str,
        *,
        key: str = "",
        missed: Missed = "skip",
        guild: str = "",
        arguments: Mapping[str, Any] | None = None,
    ) -> str:
        """Run ``job`` by a cron line in the guild's zone. Returns the key. Raises ``BadArgument``."""
        spec = check_cron(line, self._clock.now())
        return await self._put(_row(job, "cron", spec, key=key, missed=missed, guild=guild, arguments=arguments))

    async def _put(self, row: ScheduleRow) -> str:
        if row.due is None:
            now = self._clock.now().timestamp()
            row = attrs.evolve(row, due=next_after(row.kind, row.spec, row.anchor, now, self._zone(row.guild)))
        await self.open()
        await self._database.submit(rows.put, row)
        self._runner.soon(row.due)
        return row.key

    async def cancel(self, plugin: str, key: str) -> bool:
        """Take a schedule back; whether it was there. A run that has begun goes on."""
        await self.open()
        found: bool = await self._database.submit(rows.cancel, (plugin, key))
        return found

    async def listed(self, plugin: str = "", *, limit: int = 1000) -> list[ScheduleRow]:
        """The schedules of a plugin (of all, if none is named), the next ones first."""
        await self.open()
        found = await self._database.query(rows.LISTED if plugin else rows.LISTED_ALL, (plugin, limit))
        return [rows.row_from(columns) for columns in found]

    async def complete(
        self, row: ScheduleRow, units: Sequence[Unit] = (), also: Callable[[Tx], None] | None = None
    ) -> list[tuple[str, Exception]]:
        """End a run in one transaction with the writes that it deferred: a crash does both or neither.

        A ``late`` job whose effects are all given here happens exactly once; what it does otherwise
        happens at least once. ``also`` is the host's own part of the transaction. Returns the plugins whose
        writes failed, and why; those lost their own only. A run that is over already is left alone.
        """
        return await self._runner.complete(row, units, also)

    async def enlist(self, plugin: Plugin) -> None:
        """A plugin is up: what it declares with ``@every`` and ``@cron`` runs, and what was held back for it."""
        self._declared[plugin.name] = declared(type(plugin), Timed)
        await self._refresh(plugin.name)

    def dismiss(self, plugin: str) -> None:
        """A plugin is down. Its schedules stay; what comes due meanwhile is held back (``late``) or left out."""
        self._declared.pop(plugin, None)

    async def refresh(self) -> None:
        """Guilds came or went, a plugin was enabled or disabled somewhere, a zone changed: bring all in line."""
        for plugin in list(self._declared):
            await self._refresh(plugin)

    async def _refresh(self, plugin: str) -> None:
        await self.sync(plugin, self._declared[plugin], self._guilds(plugin))
        await self._database.submit(rows.release, plugin)
        self._runner.wake()

    async def drop(self, plugin: str) -> None:
        """A plugin was removed for good: its schedules go."""
        await self.open()
        await self._database.submit(rows.drop, plugin)

    async def sync(self, plugin: str, declarations: Mapping[str, Timed], guilds: Collection[str]) -> None:
        """Have exactly these declarations run: ``@every`` once for the host, ``@cron`` in each of the guilds.

        What is unchanged keeps its place in time. Raises ``ContractError`` for a wrong interval or line.
        """
        now = self._clock.now()
        wanted: list[ScheduleRow] = []
        for name, timed in declarations.items():
            try:
                wanted += self._declared_rows(plugin, name, timed, guilds, now)
            except BadArgument as error:
                raise ContractError(f"plugin {plugin}, {name}: {error}") from error
        await self.open()
        await self._database.submit(rows.sync, Sync(plugin, wanted, now.timestamp()))
        self._runner.wake()

    def _declared_rows(
        self, plugin: str, name: str, timed: Timed, guilds: Collection[str], now: dt.datetime
    ) -> list[ScheduleRow]:
        at = now.timestamp()
        if timed.every:
            spec = check_interval(timed.every)
            due = next_after("every", spec, at, at, ZoneInfo("UTC"))
            return [ScheduleRow(plugin, f"@{name}", name, "every", spec, at, "", {}, timed.missed, True, due)]
        spec = check_cron(timed.cron, now)
        zones = {guild: self._zone(guild) for guild in guilds}
        dues = {zone: next_after("cron", spec, 0.0, at, zone) for zone in set(zones.values())}
        return [
            ScheduleRow(plugin, f"@{name} {guild}", name, "cron", spec, 0.0, guild, {}, timed.missed, True, dues[zone])
            for guild, zone in zones.items()
        ]


def _row(
    job: str, kind: Kind, spec: str, *, key: str, missed: Missed, guild: str, arguments: Mapping[str, Any] | None
) -> ScheduleRow:
    plugin, _, name = job.partition(".")
    key = key or f"~{secrets.token_hex(8)}"
    return ScheduleRow(plugin, key, name, kind, spec, 0.0, guild, plain(job, arguments or {}), missed)
