"""Plugins come and go while the host runs: loaded, migrated, started; stopped, closed, proved gone (OPS-5)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import structlog

from butler.engine.faults import told
from butler.engine.loader import Found, Loader
from butler.engine.quarantine import EVERYWHERE
from butler.errors import ButlerError, ContractError, NotReady, PluginError
from butler.platform import Platform
from butler.plugin import Plugin
from butler.provider import Provider
from butler.scope import Scope
from butler.services.bound import Bound
from butler.services.cast.specs import PersonaSpec, specs_from_files
from butler.store.migrations import migrate

if TYPE_CHECKING:
    from butler.host import Host

log = structlog.get_logger("butler.plugins")

CONNECT_DEADLINE = 120.0
"""Seconds that a platform may take to connect."""
LONGEST_PAUSE = 30.0
"""Seconds between two tries to reach a platform."""


class Lifecycle:
    """Knows which plugins run, and brings them up and down."""

    def __init__(self, host: Host, loader: Loader, tables_changed: Callable[[], None]) -> None:
        self._host = host
        self._loader = loader
        self._tables_changed = tables_changed
        self.plugins: dict[str, Plugin] = {}
        self.problems: dict[str, str] = {}
        """Plugins that could not be brought up, and why."""
        self.platforms: dict[str, Platform] = {}
        self.providers: dict[str, Provider] = {}
        self.offers: dict[str, str] = {}
        self._asleep: set[str] = set()
        """Plugins that are loaded so that their guards stay closed, and not started: they are in quarantine."""
        self._tried: dict[str, asyncio.Event] = {}
        """Platforms that are connected, or never will be."""
        self._lock = asyncio.Lock()

    @property
    def known(self) -> Mapping[str, Found]:
        """Every plugin that is installed, by name, running or not."""
        return self._loader.found

    async def begin(self) -> None:
        """Bring up every plugin that is enabled anywhere; what fails is reported and left out.

        One that is in quarantine everywhere is not started: it might block the host again.
        """
        for name in sorted(self._host.settings.enabled_anywhere()):
            try:
                await self.up(name, asleep=name in self._host.quarantine.out(EVERYWHERE))
            except ButlerError as error:
                log.error("plugin is left out", plugin=name, reason=str(error))

    async def up(self, name: str, *, asleep: bool = False) -> Plugin:
        """Load and start a plugin, or start one that is ``asleep``: loaded, but not started.

        Raises ``PluginError`` with the reason; nothing of it is left then.
        """
        async with self._lock:
            plugin = self.plugins.get(name)
            if plugin is not None and name not in self._asleep:
                return plugin
            try:
                if plugin is None:
                    plugin = self._loader.load(name)
                    await self._enter(plugin, self._begin)
                    self._asleep.add(name)
                if not asleep:
                    await self._enter(plugin, self._wake)
                    self._asleep.discard(name)
            except ButlerError as error:
                self.problems[name] = str(error)
                raise
            self.problems.pop(name, None)
            return plugin

    async def _enter(self, plugin: Plugin, step: Callable[[Plugin], Awaitable[None]]) -> None:
        """A step of coming up; where it fails nothing is left of the plugin."""
        try:
            await step(plugin)
        except ButlerError:
            await self._end(plugin)
            raise
        except Exception as error:  # plugin code: migrations, constructors, validators
            await self._end(plugin)
            raise PluginError(
                f"plugin {plugin.name} did not come up: {told(error)}", remedy="see `butler logs`"
            ) from error
        self._tables_changed()

    async def _begin(self, plugin: Plugin) -> None:
        """It is known and has its tables; nothing of it runs yet."""
        name = plugin.name
        plugin.scope = Scope(name)
        plugin.host = Bound(self._host, name)
        self.plugins[name] = plugin
        self._host.settings.register(name, plugin.settings)
        await migrate(self._host.database, type(plugin).__module__.partition(".")[0], name, plugin.tables)
        self._host.commands.add(name, plugin)
        self._host.operating.commands.add(name, plugin)
        await self._host.privacy.register(plugin)

    async def _wake(self, plugin: Plugin) -> None:
        """It starts, and what it declares begins."""
        name = plugin.name
        _, fault = await self._host.dispatch.guarded(name, "start", plugin.start, guild="", deadline=10.0)
        if fault is not None:
            raise PluginError(f"plugin {name} did not start: {fault.error}", remedy="see `butler logs`")
        await self._offer(plugin)
        await self._host.schedule.enlist(plugin)
        await self._host.jobs.enlist(plugin)
        log.info("plugin is up", plugin=name, version=self._loader.version(name))

    async def _offer(self, plugin: Plugin) -> None:
        """What it declares beside hooks: offers, personas, a provider, a platform."""
        for offer in plugin.offers:
            holder = self.offers.setdefault(offer, plugin.name)
            if holder != plugin.name:
                raise ContractError(f"plugin {plugin.name} offers {offer!r}, which {holder} offers already")
        package = type(plugin).__module__.partition(".")[0]
        for name, values in specs_from_files(package, plugin.personas).items():
            self._host.personas.ship(PersonaSpec(**values).persona(name))
        self.provide(plugin)
        if plugin.platform is not None:
            section = self._host.config.platforms.get(plugin.platform.name)
            if section is not None:
                config = self._host.section(plugin.platform.settings, section, f"platforms.{plugin.platform.name}")
                self.connect(plugin.platform(plugin.host, config), plugin.scope)

    def provide(self, plugin: Plugin) -> None:
        """Build a plugin's provider, if it has one that is configured. Raises ``ConfigError``."""
        if plugin.provider is not None:
            section = self._host.config.providers.get(plugin.provider.name)
            if section is not None:
                config = self._host.section(plugin.provider.settings, section, f"providers.{plugin.provider.name}")
                self.providers[plugin.provider.name] = plugin.provider(plugin.host, config)

    async def connected(self, patience: float) -> list[str]:
        """Wait until every platform is connected; after ``patience`` seconds say what is not, and why if known."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                for name in self.platforms:
                    await self._tried[name].wait()
        names = [name for name in self.platforms if name in self.problems or not self._tried[name].is_set()]
        return [f"{name} is not connected: {self.problems.get(name, 'it does not answer yet')}" for name in names]

    def connect(self, platform: Platform, scope: Scope) -> None:
        """Start a platform, and try again for as long as it cannot be reached."""
        self.platforms[platform.name] = platform
        self._tried[platform.name] = asyncio.Event()
        scope.closing(f"platform {platform.name}", lambda: self._disconnect(platform))
        scope.task(self._keep_trying(platform), f"connect {platform.name}")

    async def _keep_trying(self, platform: Platform) -> None:
        pause, said = 0.5, False
        while True:
            try:
                await self._started(platform)
            except NotReady as error:
                if not said:
                    log.warning("platform cannot be reached, tried again", platform=platform.name, reason=str(error))
                said = True
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE, pause * 2)
            except ButlerError as error:
                self.problems[platform.name] = str(error)
                self._tried[platform.name].set()
                log.error("platform cannot be started", platform=platform.name, reason=str(error))
                return
            else:
                log.info("platform is connected", platform=platform.name, account=platform.account)
                self._host.delivery.platform_arrived()
                self._tried[platform.name].set()
                return

    async def _started(self, platform: Platform) -> None:
        """A platform is a plugin's code: what it raises besides ``ButlerError`` is a fault, and it is tried again."""
        _, fault = await self._host.dispatch.guarded(
            platform.name, "platform start", platform.start, self._host.receive,
            guild="", deadline=CONNECT_DEADLINE, expected=(ButlerError,), counts=False,
        )  # fmt: skip
        if fault is not None:
            raise NotReady(f"{fault.kind}: {fault.error} ({fault.id})")

    async def _disconnect(self, platform: Platform) -> None:
        self.platforms.pop(platform.name, None)
        _, fault = await self._host.dispatch.guarded(
            platform.name, "platform stop", platform.stop, guild="", deadline=5.0, counts=False
        )
        if fault is not None:
            raise PluginError(f"it did not stop: {fault.error}")

    async def down(self, name: str) -> list[str]:
        """Stop and unload a plugin; returns the names of what would not end (empty: proved)."""
        async with self._lock:
            plugin = self.plugins.get(name)
            return [] if plugin is None else await self._end(plugin)

    async def _end(self, plugin: Plugin) -> list[str]:
        name = plugin.name
        self.plugins.pop(name, None)
        self._host.commands.remove(name)
        self._host.operating.commands.remove(name)
        self._host.schedule.dismiss(name)
        self.offers = {offer: holder for offer, holder in self.offers.items() if holder != name}
        fault = None
        if name not in self._asleep:
            _, fault = await self._host.dispatch.guarded(name, "stop", plugin.stop, guild="", deadline=5.0)
        self._asleep.discard(name)
        if plugin.provider is not None and (provider := self.providers.pop(plugin.provider.name, None)):
            await self._host.dispatch.guarded(name, "close", provider.close, guild="", deadline=5.0, counts=False)
        left = await plugin.scope.close()
        self._loader.unload(name)
        self._tables_changed()
        if fault is not None:
            left.append(f"stop: {fault.error}")
        if left:
            log.warning("plugin left something behind", plugin=name, left=left)
        return left

    async def close(self) -> None:
        """Stop every plugin, platforms first (nothing comes in any more)."""
        order = sorted(self.plugins.values(), key=lambda plugin: plugin.platform is None)
        for plugin in order:
            await self.down(plugin.name)

    def offer(self, name: str) -> tuple[str, Any] | None:
        """Who answers an offer, and the method that does."""
        holder = self.offers.get(name)
        if holder is None:
            return None
        plugin = self.plugins[holder]
        return holder, plugin.offers[name].__get__(plugin)
