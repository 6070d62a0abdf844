"""The host: it knows no feature and no platform by name; it composes the floors and keeps them running."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import structlog

from butler.clock import Clock
from butler.config import Config
from butler.engine.blocking import Blocking
from butler.engine.delivery import Delivery
from butler.engine.dispatch import Dispatch
from butler.engine.incoming import Incoming
from butler.engine.isolation import Isolation
from butler.engine.lifecycle import Lifecycle
from butler.engine.loader import Loader
from butler.engine.outgoing import Outgoing
from butler.engine.pipeline import Pipeline
from butler.engine.queues import Queues
from butler.engine.rounds import Rounds
from butler.engine.tables import Table, Tables
from butler.engine.ticks import Ticks
from butler.engine.turns import Turns
from butler.engine.upkeep import Upkeep
from butler.model import Event, Message, Rank, platform_of
from butler.offline import Offline
from butler.platform import Platform
from butler.provider import Provider
from butler.scope import Scope
from butler.services.acts import Acts
from butler.services.administration import Administration
from butler.services.commanding import Commanding
from butler.services.commands import HOST, Commands, Runner
from butler.services.house import House
from butler.services.jobs import Jobs
from butler.services.llm import Models
from butler.services.operating import Operating
from butler.services.permissions import Permissions
from butler.services.personas import Personas, PersonaSpec
from butler.services.places import Places
from butler.services.privacy import Privacy
from butler.services.privacy.keepers import keepers
from butler.services.schedule import Schedule
from butler.services.settings import Settings
from butler.services.spawning import Spawning
from butler.store.database import Database
from butler.store.journal import Journal
from butler.store.search import Search

log = structlog.get_logger("butler.host")

IMPLIED: Mapping[str, Rank] = {"model.use": Rank.MEMBER}
"""Grants that everybody has from a rank on."""


class Host:
    """One bot host: a configuration, a store, plugins. Several may live in one process."""

    def __init__(self, config: Config, *, clock: Clock | None = None, loader: Loader | None = None) -> None:
        self.config = config
        self.clock = clock or Clock()
        self.data = Path(config.host.data).resolve()
        self.scope = Scope("host")
        self.database = Database(self._address(), on_trouble=log.warning)
        self.journal = Journal(self.database, self.clock)
        self.places = Places(self.database)
        self.search = Search(self.database)
        self.settings = Settings(config, self.database, self.clock, default_enabled=lambda name: True)
        self.permissions = Permissions(
            config.host.operators,
            roles=lambda guild: self.settings.for_("host", guild=guild.id).roles,
            implied=lambda guild: IMPLIED,
            clock=self.clock,
            database=self.database,
        )
        self.personas = Personas(self.database, lambda: self.clock.now().timestamp(), config.host.persona)
        self._compose(loader or Loader())

    def _address(self) -> str:
        if self.config.host.database != "sqlite":
            return self.config.host.database
        return f"sqlite:///{self.data / 'butler.db'}"

    def _compose(self, loader: Loader) -> None:
        """The engine: each part is given what it needs, and nothing else."""
        self.isolation = Isolation(self)
        self.quarantine = self.isolation.quarantine
        self.tables = Tables(loader, self.quarantine)
        self.dispatch = Dispatch(self.quarantine)
        self.blocking = Blocking(self.dispatch, self.data / "blocked.txt")
        self.ticks = Ticks(self)
        self.schedule = Schedule(
            self.database, self.clock, self.ticks.job, self.zone,
            enabled=self.ticks.may_run, guilds=self.ticks.guilds_of,
        )  # fmt: skip
        self.jobs = Jobs(self.database, self.clock, lambda plugin: self.lifecycle.plugins[plugin].scope)
        self.lifecycle = Lifecycle(self, loader, self.tables.clear)
        self.commands = Commands(self.permissions)
        runner = Runner(
            self.commands, self.places, self.dispatch.guarded, clock=self.clock, zone=lambda g: self.zone(g.id)
        )
        self.acts = Acts(self)
        self.commanding = Commanding(runner, self.settings, self.platform, self.acts.act)
        self.offline = Offline(self.personas.get, self.commanding.menu)
        self.models = Models(lambda: {"offline": self.offline, **self.lifecycle.providers}, self.dispatch.guarded)
        self.outgoing = Outgoing(
            self.journal, self.places, self.platform, self.personas.get, self.clock, self._reenter, self.dispatch
        )
        self.delivery = Delivery(
            self.journal, self.platform, self.clock, self.outgoing.delivered, self.scope, self.dispatch.guarded
        )
        self.outgoing.delivery = self.delivery
        self.turns = Turns(
            journal=self.journal, dispatch=self.dispatch, models=self.models, personas=self.personas,
            outgoing=self.outgoing, commands=self.commanding, clock=self.clock, lend=self._lend,
        )  # fmt: skip
        rounds = Rounds(self.turns, self.delivery, self.clock, self.scope, self.settings)
        self.pipeline = Pipeline(
            journal=self.journal, dispatch=self.dispatch, quarantine=self.quarantine, table_for=self.table_for,
            personas=self.personas, commands=self.commanding, rounds=rounds, outgoing=self.outgoing, clock=self.clock,
        )  # fmt: skip
        self.queues = Queues(self.pipeline.handle, self._backlog, self.scope)
        self.incoming = Incoming(self.journal, self.places, self.queues, self)
        self.operating = Operating(self)
        self.administration = Administration(self)
        self.spawning = Spawning(self)
        self.privacy = Privacy(
            self.database, self.clock, self.data, lambda: self.lifecycle.plugins, search=self.search,
            keepers=keepers(self.settings, self.permissions, self.places),
        )  # fmt: skip
        house = House(self)
        house.host, house.scope = self.incoming.bound, self.scope
        self.commands.add(HOST, house)
        self.operating.open()

    # --- life -----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Open the store, bring up what is enabled, go on with what was left open.

        Raises ``ConfigError`` or ``StoreError`` where it cannot run at all; a plugin that fails is reported
        and left out.
        """
        self.queues.hold()
        try:
            await self.open()
        except BaseException:
            await self.stop()
            raise
        await self.schedule.start()
        await self._go_on()
        self.queues.release()
        self.ticks.start(self.scope)
        self.scope.task(Upkeep(self).run(), "upkeep")

    async def open(self, *, plugins: bool = True) -> None:
        """The first half of a start: everything is there and nothing happens by itself.

        For commands that act on the data of a host that does not run; :meth:`stop` ends it as well.
        Without ``plugins`` none is brought up.
        """
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        await self.database.start()
        await self.journal.start()
        await self.places.start()
        await self.isolation.start()
        self.settings.add(self.lifecycle.known)
        await self.settings.start()
        await self.search.start()
        await self.permissions.start()
        await self.privacy.start()
        await self.personas.start([self._persona(name, table) for name, table in self.config.personas.items()])
        if plugins:
            await self.lifecycle.begin()
            await self.privacy.apply_restored()

    async def _go_on(self) -> None:
        """What a stop or a crash left open goes on: unsent rows first, then each channel in its order.

        The queues hold meanwhile: a message that comes now must not overtake those that came before the crash.
        """
        after = 0
        while rows := await self.journal.recovery.unsent(after):
            for row in rows:
                self.delivery.offer(self.journal.again(row))
            after = rows[-1].id
        for guild, channel in await self.journal.recovery.channels():
            self.queues.wake(guild, channel)

    async def drained(self) -> None:
        """Return once nothing waits and nothing is under way."""
        while self.queues.active or self.delivery.waiting:
            await self.queues.drained()
            await asyncio.sleep(0.01 if self.delivery.waiting else 0)

    async def stop(self) -> None:
        """Stop taking in, let go of everything; what is under way goes on after the next start."""
        self.dispatch.shut_down()
        await self.lifecycle.close()
        await self.schedule.stop()
        await self.scope.close()
        await self.database.stop()

    # --- what plugins, platforms and faces ask for --------------------------------------------------

    async def receive(self, item: Message | Event) -> bool:
        """Journal what a platform saw and queue it. False: it was known already."""
        return await self.incoming.receive(item)

    def platform(self, identifier: str) -> Platform | None:
        """The platform that an id belongs to, if it runs."""
        return self.lifecycle.platforms.get(platform_of(identifier))

    def table_for(self, guild: str, channel: str) -> Table:
        """The compiled hooks that are enabled in a place."""
        return self.tables.table(self.settings.enabled(guild, channel), guild)

    def zone(self, guild: str) -> ZoneInfo:
        """A guild's time zone."""
        return self.settings.zone(guild)

    def section(self, kind: type, values: Mapping[str, Any], where: str) -> Any:
        """A table of butler.toml as its settings class. Raises ``ConfigError`` with place and remedy."""
        return self.config.structure(kind, values, where)

    def _persona(self, name: str, table: Mapping[str, Any]) -> Any:
        spec = self.section(PersonaSpec, table, f"personas.{name}")
        return spec.persona(name, self.config.folder)

    # --- inside -----------------------------------------------------------------------------------

    async def _backlog(self, guild: str, channel: str, after: int, limit: int) -> Any:
        return await self.journal.recovery.backlog(guild, channel, after, limit, self.incoming.bound)

    def _lend(self) -> AbstractAsyncContextManager[None]:
        return self.queues.lend()

    def _reenter(self, message: Message) -> None:
        self.incoming.queue(attrs.evolve(message, host=self.incoming.bound))

    def provider(self, name: str) -> Provider | None:
        """A provider by name."""
        return self.offline if name == "offline" else self.lifecycle.providers.get(name)
