"""Settings by level, with their sources; changes at run time last, and stand above the file (HOST-3, OPS-6)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import structlog

from butler.clock import Clock
from butler.config import Config
from butler.config.problems import unknown
from butler.config.writing import ENABLED, HOST, Change, Level
from butler.errors import BadArgument
from butler.services.audit import Audit
from butler.services.settings_book import SettingsBook
from butler.services.settings_changes import check_limit, check_place, check_whole, parsed
from butler.services.settings_store import SettingsStore, Write
from butler.store.database import Database

log = structlog.get_logger("butler.settings")

Listener = Callable[[Change], None]
SWITCHED = ("host", "guild", "channel")
"""The levels at which a plugin can be enabled or disabled."""


class Settings(SettingsBook):
    """What holds where: settings of plugins (and of the host, as ``"host"``), and which plugins are enabled.

    Levels are default < host < persona < guild < channel < person; the nearest wins, and limits are only
    tightened. At each level the run-time change stands above the file. Without a database changes are kept
    in memory only.
    """

    def __init__(
        self,
        config: Config,
        database: Database | None = None,
        clock: Clock | None = None,
        *,
        default_enabled: Callable[[str], bool] = lambda name: True,
        accounts: Callable[[str], tuple[str, ...]] = lambda person: (person,),
        homes: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """``accounts``: all that belong to the person behind one. ``homes``: channels of another guild than their own.

        For such a channel, a direct conversation, what holds in its home holds.
        """
        super().__init__(config, default_enabled, accounts, homes)
        self._clock = clock or Clock()
        self._store = SettingsStore(database)
        self.audit = Audit(database, self._clock, config.secrets.scrub)
        self._listeners: list[Listener] = []
        self._lock = asyncio.Lock()

    async def start(self) -> None:
        """Make the tables and read what was changed at run time."""
        await self.audit.start()
        if self._store.durable:
            self._take(await self._store.start())

    async def reload(self) -> None:
        """Read the run-time changes anew, after another process made some."""
        async with self._lock:
            await self._read()

    async def _read(self) -> None:
        if self._store.durable:
            self._take(await self._store.read())

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Have ``listener`` called after each change; returns how to end that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    async def set(
        self, level: Level, place: str, plugin: str, key: str, value_text: str, who: str, *, guild: str = ""
    ) -> Any:
        """Change a setting; returns the value as it is used now.

        ``place`` is the id of the persona, guild, channel or person (``""`` for the host); ``guild`` the one
        around a channel, so that its limits hold. Raises ``CommandError`` with the reason: unknown key, wrong
        value, a field that only the host may set, a limit that would be raised. The change is stored and
        audited when this returns.
        """
        levels = self.levels(plugin)
        async with self._lock:
            asked = self._change(level, place, plugin, key, value_text, who)
            raw, value = parsed(levels, asked, self._config)
            places = self._places(level, place)
            for each in places:
                check_limit(levels, (level, each), key, value, guild)
                check_whole(levels, (level, each), {**levels.layer((level, each)), key: value})
            for each in places:
                await self._keep(self._change(level, each, plugin, key, raw, who))
        return value.typed

    def _places(self, level: Level, place: str) -> tuple[str, ...]:
        """Where a change is kept: what is set for a person with each of their accounts."""
        return self._accounts(place) if level == "person" else (place,)

    async def unset(self, level: Level, place: str, plugin: str, key: str, who: str) -> bool:
        """Take a run-time change back, so that the file or a farther level holds again. False: there was none.

        Raises ``CommandError`` if what is left would not fit together.
        """
        async with self._lock:
            asked = [self._changes.get(level, each, plugin, key) for each in self._places(level, place)]
            found = [change for change in asked if change is not None]
            for change in found:
                self._check_without(change)
                await self._keep(change, taken_back_by=who)
        return bool(found)

    def _check_without(self, change: Change) -> None:
        plugin, key, place = change.plugin, change.key, (change.level, change.place)
        if plugin in self._levels and not (key == ENABLED and plugin != HOST):
            left = {name: value for name, value in self.levels(plugin).layer(place).items() if name != key}
            left |= {k: v for k, v in self._files[plugin].layers.get(place, {}).items() if k == key}
            check_whole(self.levels(plugin), place, left)

    async def enable(self, plugin: str, level: Level, place: str, who: str) -> None:
        """Enable a plugin for the host, a guild or a channel. Raises ``BadArgument`` if it is not installed."""
        await self._switch(plugin, level, place, True, who)

    async def disable(self, plugin: str, level: Level, place: str, who: str) -> None:
        """Disable a plugin for the host, a guild or a channel. Raises ``BadArgument`` if it is not installed."""
        await self._switch(plugin, level, place, False, who)

    async def _switch(self, plugin: str, level: Level, place: str, on: bool, who: str) -> None:
        check_place(level, place, SWITCHED)
        if plugin not in self.known:
            raise BadArgument(f"{plugin}: {unknown('plugin', plugin, self.known)}")
        async with self._lock:
            await self._keep(self._change(level, place, plugin, ENABLED, on, who))

    def _change(self, level: Level, place: str, plugin: str, key: str, value: Any, who: str) -> Change:
        return Change(level, place, plugin, key, value, who, self._clock.now().timestamp())

    async def _keep(self, change: Change, *, taken_back_by: str = "") -> None:
        """Store a change (or that it was taken back) with its line in the audit log, then let it hold."""
        before = self._before(change)
        place = f"{change.level} {change.place}".strip()
        after = None if taken_back_by else change.value
        line = self.audit.row(taken_back_by or change.who, f"{change.plugin}.{change.key}", place, before, after)
        await self._store.write(Write(change, line, drop=bool(taken_back_by)))
        if taken_back_by:
            self._changes.drop(change)
        else:
            self._changes.put(change)
        self._refresh(change)
        self._tell(change)

    def _before(self, change: Change) -> Any:
        """What that place said until now, as it was given."""
        if change.key == ENABLED and change.plugin != HOST:
            return self._switches.said((change.level, change.place)).get(change.plugin)
        former = self._changes.get(change.level, change.place, change.plugin, change.key)
        if former is not None:
            return former.value
        value = self.levels(change.plugin).layer((change.level, change.place)).get(change.key)
        return None if value is None else value.raw

    def _tell(self, change: Change) -> None:
        for listener in list(self._listeners):
            try:
                listener(change)
            except Exception:  # a listener may be a plugin's: it must not undo what was stored
                log.exception("a listener of settings failed", plugin=change.plugin, key=change.key)

    async def export_person(self, person: str) -> dict[str, Any]:
        """What was set for a person, and what the audit log holds of them, as plain JSON."""
        return {
            "settings": await self._store.export_person(person),
            "audit": await self.audit.export_person(person),
        }

    async def forget_person(self, person: str, replacement: str) -> dict[str, int]:
        """Drop what was set for a person and put ``replacement`` in their place; returns rows by table."""
        async with self._lock:
            counts = {
                "host_settings": await self._store.forget_person(person, replacement),
                "host_audit": await self.audit.forget_person(person, replacement),
            }
            await self._read()
        return counts
