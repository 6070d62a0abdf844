"""A key that was changed while the host runs is used from the next call on: what needs it is built anew (LLM-7)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import structlog
from attrs import field, frozen

from butler.config import Config
from butler.errors import ButlerError
from butler.plugin import Plugin
from butler.provider import Provider

if TYPE_CHECKING:
    from butler.host import Host

log = structlog.get_logger("butler.keys")

LAST_CALL: Final = 300.0
"""Seconds after which no call that began with the old key is under way any more."""


@frozen
class Renewed:
    """What was built anew (``providers.x``), and what could not be."""

    names: list[str] = field(factory=list)
    problems: list[str] = field(factory=list)


class Renewal:
    """Has a running host take over a configuration that differs in what its variables say."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._lock = asyncio.Lock()

    async def take(self, fresh: Config) -> Renewed:
        """Use it from now on. What fails keeps the others from nothing, and is told."""
        async with self._lock:
            changed = list(_changed(self._host.config, fresh))
            self._host.config = fresh
            self._host.settings.renew(fresh)
            done = Renewed()
            for section, name in changed:
                await self._renew(section, name, done)
            await self._revive(done)
        log.info("keys were read anew", renewed=done.names, problems=done.problems)
        return done

    async def _renew(self, section: str, name: str, done: Renewed) -> None:
        plugin = self._serving(section, name)
        if plugin is None:
            return
        try:
            if section == "providers":
                self._rebuild(plugin, name)
            elif section == "platforms":
                await self._host.administration.restart(plugin.name)
        except ButlerError as error:
            done.problems.append(f"{section}.{name}: {error}")
        else:
            done.names.append(f"{section}.{name}")

    def _serving(self, section: str, name: str) -> Plugin | None:
        for plugin in self._host.lifecycle.plugins.values():
            served = {"providers": plugin.provider, "platforms": plugin.platform}.get(section)
            if plugin.name == name if section == "plugins" else served is not None and served.name == name:
                return plugin
        return None

    def _rebuild(self, plugin: Plugin, name: str) -> None:
        """The new one first, so that no call finds none; the old one once nobody asks it any more."""
        old = self._host.lifecycle.providers.pop(name, None)
        if old is not None:
            plugin.scope.task(self._close_later(plugin, old), f"close the old {name}")
        self._host.lifecycle.provide(plugin)

    async def _close_later(self, plugin: Plugin, provider: Provider) -> None:
        try:
            await asyncio.sleep(LAST_CALL)
        finally:
            await self._host.dispatch.guarded(
                plugin.name, "close", provider.close, guild="", deadline=5.0, counts=False
            )

    async def _revive(self, done: Renewed) -> None:
        """What could not come up, perhaps for want of a key."""
        lifecycle, settings = self._host.lifecycle, self._host.settings
        for name in sorted(set(lifecycle.problems) & set(lifecycle.known) & settings.enabled_anywhere()):
            if name not in lifecycle.plugins:
                try:
                    await lifecycle.up(name)
                except ButlerError as error:
                    done.problems.append(f"plugins.{name}: {error}")
                else:
                    done.names.append(f"plugins.{name}")


def _changed(old: Config, fresh: Config) -> Iterator[tuple[str, str]]:
    for section in ("providers", "platforms", "plugins"):
        before, after = _resolved(old, section), _resolved(fresh, section)
        for name in sorted({*before, *after}):
            if before.get(name) != after.get(name):
                yield section, name


def _resolved(config: Config, section: str) -> dict[str, Any]:
    tables: Mapping[str, Any] = getattr(config, section)
    return {name: config.resolved(table.values if section == "plugins" else table) for name, table in tables.items()}
