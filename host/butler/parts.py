"""The parts of a host, put together: each is given what it needs, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

import attrs
import structlog

from butler.clock import Clock
from butler.config import Config, HostSettings
from butler.config.destinations import Destination
from butler.engine.asking import Asking
from butler.engine.blocking import Blocking
from butler.engine.delivery import Delivery
from butler.engine.dispatch import Dispatch
from butler.engine.incoming import Incoming
from butler.engine.isolation import Isolation
from butler.engine.lifecycle import Lifecycle
from butler.engine.loader import Loader
from butler.engine.loops import Loops
from butler.engine.outgoing import Outgoing
from butler.engine.pipeline import Pipeline
from butler.engine.queues import Queues
from butler.engine.refusals import Refusals
from butler.engine.rounds import Rounds
from butler.engine.tables import Table, Tables
from butler.engine.thinking import Thinking
from butler.engine.ticks import Ticks
from butler.engine.turns import Turns
from butler.model import Message, Rank, platform_of
from butler.offline import Offline
from butler.platform import Platform
from butler.provider import Provider
from butler.scope import Scope
from butler.services.acts import Acts
from butler.services.administration import Administration
from butler.services.admissions import Admissions
from butler.services.archive import Archive
from butler.services.cast.specs import PersonaSpec
from butler.services.charts import Charts
from butler.services.commanding import Commanding
from butler.services.commands import HOST, Commands
from butler.services.commands.values import Setting
from butler.services.consents import Consents
from butler.services.controls.service import Controls
from butler.services.house import House
from butler.services.identity import Linking, Links
from butler.services.jobs import Jobs
from butler.services.llm import Models
from butler.services.llm.compose import compose_models
from butler.services.operating import Operating
from butler.services.permissions import Permissions
from butler.services.personas import Personas
from butler.services.places import Places
from butler.services.privacy import Privacy
from butler.services.privacy.keepers import keepers
from butler.services.pushes import Contacts, Pushes, Quiet
from butler.services.pushes.compose import compose_pushes
from butler.services.renewal import Renewal
from butler.services.schedule import Schedule
from butler.services.serving import Serving
from butler.services.sessions import Sessions
from butler.services.settings import Settings
from butler.services.spawning import Spawning
from butler.services.tools import Tools
from butler.services.web import Web
from butler.store.database import Database
from butler.store.journal import Journal
from butler.store.search import Search

if TYPE_CHECKING:
    from butler.host import Host

log = structlog.get_logger("butler.host")

IMPLIED: Mapping[str, Rank] = {"model.use": Rank.MEMBER}
"""Grants that everybody has from a rank on."""


class Parts:
    """What a host is made of. It knows no feature and no platform by name."""

    def __init__(self, config: Config, *, clock: Clock | None = None, loader: Loader | None = None) -> None:
        self.config = config
        self.clock = clock or Clock()
        self.data = Path(config.host.data).resolve()
        self.scope = Scope("host")
        self.database = Database(self._address(), on_trouble=log.warning)
        self.journal = Journal(self.database, self.clock, config.secrets.scrub)
        self.web = Web([Destination.read(each) for each in config.host.fetch_allow], self.clock, self.scope)
        self.charts = Charts()
        self.places = Places(self.database)
        self.search = Search(self.database)
        self.links = Links(self.database, self.clock)
        self.linking = Linking(self.database, self.clock, self.links)
        self.consents = Consents(self.database, self.clock, self.links)
        self.contacts = Contacts(self.database, self.clock)
        self.quiet = Quiet(self.database, self.clock, self.links)
        self.settings = Settings(
            config, self.database, self.clock, default_enabled=lambda name: True,
            accounts=self.links.accounts, homes=self.contacts.homes,
        )  # fmt: skip
        self.permissions = Permissions(
            config.host.operators,
            roles=lambda guild: self.settings.for_("host", guild=guild.id).roles,
            implied=lambda guild: IMPLIED,
            clock=self.clock,
            database=self.database,
            accounts=self.links.accounts,
        )
        self.personas = Personas(self.database, self.clock, config.host.persona, self.settings.lend)
        self._compose(loader or Loader())

    def _address(self) -> str:
        if self.config.host.database != "sqlite":
            return self.config.host.database
        return f"sqlite:///{self.data / 'butler.db'}"

    def _compose(self, loader: Loader) -> None:
        """The engine: each part is given what it needs, and nothing else."""
        host = cast("Host", self)  # whoever is made of these is one
        self.isolation = Isolation(host)
        self.quarantine = self.isolation.quarantine
        self.tables = Tables(loader, self.quarantine)
        self.dispatch = Dispatch(self.quarantine, scrub=self.config.secrets.scrub)
        self.blocking = Blocking(self.dispatch, self.data / "blocked.txt")
        self.ticks = Ticks(host)
        self.schedule = Schedule(
            self.database, self.clock, self.ticks.job, self.zone,
            enabled=self.ticks.may_run, guilds=self.ticks.guilds_of,
        )  # fmt: skip
        self.jobs = Jobs(
            self.database, self.clock, lambda plugin: self.lifecycle.plugins[plugin].scope,
            scrub=self.config.secrets.scrub,
        )  # fmt: skip
        self.lifecycle = Lifecycle(host, loader, self._plugins_changed)
        self.commands = Commands(self.permissions)
        self.acts = Acts(host)
        self.controls = Controls(host)
        self.serving = Serving(host)
        self.commanding = Commanding(self.controls, self.settings, self.platform, self.acts.act)
        self.offline = Offline(self.personas.get, self.commanding.menu)
        self.models: Models = compose_models(host)
        self.tools = Tools(lambda: self.lifecycle.plugins, self.permissions, self.dispatch, self._setting)
        self.sessions = Sessions(self.database, self.clock)
        self.loops = Loops(lambda: self.journal.recovery, self.settings, self.sessions, self.platform, self.clock)
        self.outgoing = Outgoing(
            self.journal, self.places, self.platform, self.personas.get, self.clock, self._reenter, self.dispatch,
            delivery_of=lambda message: self._told(message, "").delivery, scope=self.scope, loops=self.loops,
            shown=self.controls.shown,
        )  # fmt: skip
        self.delivery = Delivery(
            self.journal, self.platform, self.clock, self.outgoing.delivered, self.scope, self.dispatch.guarded
        )
        self.outgoing.delivery = self.delivery
        self.pushes: Pushes = compose_pushes(host)
        self.turns = Turns(
            journal=self.journal, dispatch=self.dispatch,
            thinking=Thinking(self.models, self.tools, self.journal, self.clock, self._told, self.settings.home),
            refusals=Refusals(self.clock, self.zone), personas=self.personas,
            outgoing=self.outgoing, commands=self.commanding, clock=self.clock, lend=self._lend,
            unanswered=self.isolation.unanswered,
        )  # fmt: skip
        rounds = Rounds(self.turns, self.delivery, self.clock, self.scope, self.settings)
        self.pipeline = Pipeline(
            journal=self.journal, dispatch=self.dispatch, quarantine=self.quarantine, table_for=self.table_for,
            personas=self.personas, commands=self.commanding, rounds=rounds, loops=self.loops, outgoing=self.outgoing,
            clock=self.clock,
            asking=Asking(self.journal, self.dispatch, self.outgoing, self.commanding, self.clock, self._lend),
        )  # fmt: skip
        self.queues = Queues(self.pipeline.handle, self._backlog, self.scope)
        self.admissions = Admissions(host)
        self.incoming = Incoming(self.journal, self.places, self.queues, host)
        self.operating = Operating(host)
        self.archive = Archive(host)
        self.administration = Administration(host)
        self.spawning = Spawning(host)
        self.renewal = Renewal(host)
        self.privacy = Privacy(
            self.database, self.clock, self.data, lambda: self.lifecycle.plugins, search=self.search,
            links=self.links, keepers=keepers(
                self.settings, self.permissions, self.places, usage=self.models.account.ledger, sessions=self.sessions,
                linking=self.linking, links=self.links, quiet=self.quiet, contacts=self.contacts, pushes=self.pushes,
                consents=self.consents, partners=self.personas.partners, admissions=self.admissions,
            ),
        )  # fmt: skip
        house = House(host)
        house.host, house.scope = self.incoming.bound, self.scope
        self.commands.add(HOST, house)
        self.operating.open()

    # --- what plugins, platforms and faces ask for --------------------------------------------------

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

    def _plugins_changed(self) -> None:
        self.tables.clear()
        self.tools.clear()
        if not self.scope.closed:
            self.scope.task(self.serving.commands_changed(""), "commands changed")

    async def _backlog(self, guild: str, channel: str, after: int, limit: int) -> Any:
        return await self.journal.recovery.backlog(guild, channel, after, limit, self.incoming.bound)

    def _told(self, message: Message, persona: str) -> HostSettings:
        """The host's own settings that hold for a message and a persona."""
        found: HostSettings = self.settings.for_(
            "host", message.guild.id, message.channel.id, message.author.id, persona
        )
        return found

    def _setting(self, message: Message) -> Setting:
        """What names and times in a tool's arguments mean."""
        zone = self.zone(message.guild.id)
        return Setting(self.places, message.channel, self.clock.now().astimezone(zone), zone)

    def _lend(self) -> AbstractAsyncContextManager[None]:
        return self.queues.lend()

    def _reenter(self, message: Message) -> None:
        self.incoming.queue(attrs.evolve(message, host=self.incoming.bound))

    def provider(self, name: str) -> Provider | None:
        """A provider by name."""
        return self.offline if name == "offline" else self.lifecycle.providers.get(name)
