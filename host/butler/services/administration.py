"""Plugins are switched while the host runs: between two messages, with proof that one is gone (OPS-4, OPS-5)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from butler.config.writing import Level
from butler.errors import PluginError

if TYPE_CHECKING:
    from butler.host import Host

log = structlog.get_logger("butler.plugins")

PATIENCE = 30.0
"""Seconds that messages under way have to end before a plugin is unloaded all the same."""


class Administration:
    """What managers do to plugins, by command, command line or socket."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def enable(self, plugin: str, level: Level, place: str, who: str) -> None:
        """Enable a plugin somewhere, load it if need be, and release it from quarantine there.

        Raises ``CommandError`` if it is not installed, ``PluginError`` if it cannot be loaded (then it stays
        disabled).
        """
        await self._host.settings.enable(plugin, level, place, who)
        try:
            await self._host.lifecycle.up(plugin)
        except PluginError:
            await self._host.settings.unset(level, place, plugin, "enabled", who)
            raise
        self._host.quarantine.release(plugin, place if level == "guild" else None)
        await self._switched(level, place)

    async def disable(self, plugin: str, level: Level, place: str, who: str) -> None:
        """Disable a plugin somewhere: from the next message on it receives nothing there."""
        await self._host.settings.disable(plugin, level, place, who)
        await self._switched(level, place)

    async def _switched(self, level: Level, place: str) -> None:
        await self._host.schedule.refresh()
        channel = self._host.places.at(place) if level == "channel" else None
        await self._host.serving.commands_changed(channel.guild.id if channel else place if level == "guild" else "")

    async def retire(self, plugin: str) -> list[str]:
        """Unload a plugin that is enabled nowhere any more; returns the names of what it left behind.

        Not from inside a message: it waits for those under way.
        """
        if plugin in self._host.settings.enabled_anywhere():
            return []
        return await self._down(plugin)

    async def restart(self, plugin: str) -> None:
        """Unload a plugin and bring it up again, with what is configured now. Raises ``PluginError``."""
        await self._down(plugin)
        await self._host.lifecycle.up(plugin)

    async def _down(self, plugin: str) -> list[str]:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._host.queues.settled()
        except TimeoutError:
            log.warning("a plugin is unloaded while messages are under way", plugin=plugin, waited=PATIENCE)
        return await self._host.lifecycle.down(plugin)

    def retire_later(self, plugin: str) -> None:
        """Unload a plugin once the running message has ended."""
        self._host.scope.task(self.retire(plugin), f"retire {plugin}")
