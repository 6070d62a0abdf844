"""Schedules as one plugin sees them: ``self.host.schedule``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from butler.declare import Missed
from butler.services.naming import job_name
from butler.services.schedule.rows import ScheduleRow

if TYPE_CHECKING:
    from butler.services.schedule.service import Schedule


class BoundSchedule:
    """Runs methods of one plugin that are declared with ``@job``, also after a restart.

    ``key`` names a schedule within the plugin: the same key again replaces it; without one each call
    makes another. ``missed`` says what becomes of a run that was due while the host was down: ``late``
    runs it once at the start, ``skip`` leaves it out. ``arguments`` are plain JSON and are given to the
    method by name. A method with ``guild`` given runs while the plugin is enabled in that guild.
    """

    def __init__(self, schedule: Schedule, plugin: str) -> None:
        self._schedule = schedule
        self._plugin = plugin

    async def once(
        self,
        at: dt.datetime,
        job: Callable[..., Any],
        *,
        key: str = "",
        missed: Missed = "late",
        guild: str = "",
        arguments: Mapping[str, Any] | None = None,
    ) -> str:
        """Run ``job`` at a time (aware; a past one is due at once). Returns the key."""
        return await self._schedule.once(at, self._name(job), key=key, missed=missed, guild=guild, arguments=arguments)

    async def every(
        self,
        seconds: float,
        job: Callable[..., Any],
        *,
        key: str = "",
        missed: Missed = "skip",
        guild: str = "",
        arguments: Mapping[str, Any] | None = None,
    ) -> str:
        """Run ``job`` each so many seconds, from now on. Returns the key. Raises ``BadArgument`` below one second."""
        return await self._schedule.every(
            seconds, self._name(job), key=key, missed=missed, guild=guild, arguments=arguments
        )

    async def cron(
        self,
        line: str,
        job: Callable[..., Any],
        *,
        key: str = "",
        missed: Missed = "skip",
        guild: str = "",
        arguments: Mapping[str, Any] | None = None,
    ) -> str:
        """Run ``job`` by a cron line in the guild's zone. Returns the key. Raises ``BadArgument`` for a wrong line."""
        return await self._schedule.cron(
            line, self._name(job), key=key, missed=missed, guild=guild, arguments=arguments
        )

    async def cancel(self, key: str) -> bool:
        """Take a schedule back; whether it was there. A run that has begun goes on."""
        return await self._schedule.cancel(self._plugin, key)

    async def listed(self) -> Sequence[ScheduleRow]:
        """This plugin's schedules, the next ones first."""
        return await self._schedule.listed(self._plugin)

    def _name(self, job: Callable[..., Any]) -> str:
        return f"{self._plugin}.{job_name(job)}"
