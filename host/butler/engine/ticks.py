"""What runs by itself: the tick of each minute, and the jobs of the schedule, each with effects of its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from butler.engine.unit import Unit, current
from butler.model import Guild
from butler.scope import Scope
from butler.store.marks import Mark

if TYPE_CHECKING:
    from butler.host import Host

MINUTE = 60.0
JOB_DEADLINE = 60.0
"""Seconds that a scheduled job may take; longer work belongs to ``host.jobs``."""


class Ticks:
    """Calls ``on_tick`` for each guild each minute, and jobs when they are due."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def start(self, scope: Scope) -> None:
        """Begin to tick, as a task of a scope."""
        scope.task(self.run(), "ticks")

    async def run(self) -> None:
        """Tick at each full minute, until cancelled."""
        while True:
            await asyncio.sleep(MINUTE - self._host.clock.now().timestamp() % MINUTE)
            await self._host.search.catch_up()
            for guild in self._host.places.guilds:
                await self.tick(guild)

    async def tick(self, guild: Guild) -> None:
        """One tick of one guild."""
        table = self._host.table_for(guild.id, "")
        calls = table.calls("on_tick")
        if not calls:
            return
        now = self._host.clock.now().astimezone(self._host.zone(guild.id))
        unit = Unit()
        token = current.set(unit)
        try:
            await self._host.dispatch.run(calls, (now, guild), guild.id, [])
        finally:
            current.reset(token)
        await self.commit(unit, guild.id)

    async def commit(self, unit: Unit, guild: str) -> None:
        """Commit what was written and said outside of any message."""
        outs = await self._host.outgoing.rows(unit, self._host.table_for(guild, ""), None, seq=0)
        if outs or unit.writes:
            await self._host.journal.mark(Mark(0, units=unit.take_writes(), outs=outs))
            for out in outs:
                self._host.delivery.offer(out)

    async def job(self, row: Any) -> None:
        """Run a scheduled job; what it writes is committed together with the mark that it ran."""
        plugin = self._host.lifecycle.plugins.get(row.plugin)
        handler = getattr(plugin, row.job, None)
        if plugin is None or handler is None or row.plugin in self._host.quarantine.out(row.guild):
            return
        unit = Unit()
        token = current.set(unit)
        try:
            await self._host.dispatch.guarded(
                row.plugin, f"job {row.job}", lambda: handler(**row.arguments), guild=row.guild, deadline=JOB_DEADLINE
            )
        finally:
            current.reset(token)
        await self.commit(unit, row.guild)
