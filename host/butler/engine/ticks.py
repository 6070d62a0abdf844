"""What runs by itself: the tick of each minute, and the jobs of the schedule, each with effects of its own."""

from __future__ import annotations

import asyncio
import datetime as dt
import inspect
from functools import partial
from typing import TYPE_CHECKING, Any

from butler.engine.faults import Fault
from butler.engine.unit import Unit, handling
from butler.model import Guild
from butler.scope import Scope
from butler.services.schedule import ScheduleRow
from butler.services.schedule.times import last_before
from butler.store.marks import Mark
from butler.store.outbox import write_outs

if TYPE_CHECKING:
    from butler.host import Host

MINUTE = 60.0
JOB_DEADLINE = 60.0
"""Seconds that a scheduled job may take; longer work belongs to ``host.jobs``."""


class Ticks:
    """Calls ``on_tick`` for each guild each minute, and jobs when they are due."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._guilds = 0

    def start(self, scope: Scope) -> None:
        """Begin to tick, as a task of a scope."""
        scope.task(self.run(), "ticks")

    async def run(self) -> None:
        """Tick at each full minute, until cancelled."""
        while True:
            await asyncio.sleep(MINUTE - self._host.clock.now().timestamp() % MINUTE)
            await self._host.search.catch_up()
            await self._welcome()
            for guild in self._host.places.guilds:
                await self.tick(guild)

    async def _welcome(self) -> None:
        """In a new guild begins what plugins declare for each guild."""
        guilds = len(self._host.places.guilds)
        if guilds != self._guilds:
            self._guilds = guilds
            await self._host.schedule.refresh()

    def may_run(self, plugin: str, guild: str) -> bool:
        """Whether a plugin is up, enabled in the guild (anywhere, if none is named) and not in quarantine there."""
        settings = self._host.settings
        enabled = settings.enabled(guild) if guild else settings.enabled_anywhere()
        up = plugin in self._host.lifecycle.plugins and plugin in enabled
        return up and plugin not in self._host.quarantine.out(guild)

    def guilds_of(self, plugin: str) -> list[str]:
        """The guilds in which a plugin is enabled."""
        return [guild.id for guild in self._host.places.guilds if plugin in self._host.settings.enabled(guild.id)]

    async def tick(self, guild: Guild) -> None:
        """One tick of one guild."""
        table = self._host.table_for(guild.id, "")
        calls = table.calls("on_tick")
        if not calls:
            return
        now = self._host.clock.now().astimezone(self._host.zone(guild.id))
        unit = Unit()
        with handling(unit):
            await self._host.dispatch.run(calls, (now, guild), guild.id, [])
        await self.commit(unit, guild.id)

    async def commit(self, unit: Unit, guild: str) -> None:
        """Commit what was written and said outside of any message."""
        outs = await self._host.outgoing.rows(unit, self._host.table_for(guild, ""), None, seq=0)
        if outs or unit.writes:
            await self._host.journal.mark(Mark(0, units=unit.take_writes(), outs=outs))
            for out in outs:
                self._host.delivery.offer(out)

    def _due(self, row: ScheduleRow) -> dt.datetime:
        """When a run should have been: of several that were missed the last."""
        assert row.due is not None
        now, zone = self._host.clock.now().timestamp(), self._host.zone(row.guild)
        last = last_before(row.kind, row.spec, row.anchor, row.due, now, zone)
        return dt.datetime.fromtimestamp(last, dt.UTC)

    async def job(self, row: ScheduleRow) -> None:
        """Run a scheduled job; what it writes and says is committed together with the mark that it ran."""
        plugin = self._host.lifecycle.plugins.get(row.plugin)
        handler = getattr(plugin, row.job, None)
        if plugin is None or handler is None:
            return
        cron = row.declared and row.kind == "cron"
        arguments: dict[str, Any] = {"guild": self._host.places.guild(row.guild)} if cron else dict(row.arguments)
        if row.due is not None and "due" in inspect.signature(handler).parameters:
            arguments["due"] = self._due(row)
        unit = Unit()
        with handling(unit):
            await self._host.dispatch.guarded(
                row.plugin, f"job {row.job}", lambda: handler(**arguments), guild=row.guild, deadline=JOB_DEADLINE
            )
        outs = await self._host.outgoing.rows(unit, self._host.table_for(row.guild, ""), None, seq=0)
        failed = await self._host.schedule.complete(row, unit.take_writes(), partial(write_outs, outs))
        for owner, error in failed:
            self._host.quarantine.fault(Fault(owner, "defer", row.guild, "raised", repr(error)))
        for out in outs:
            self._host.delivery.offer(out)
