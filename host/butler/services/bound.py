"""The host as one plugin sees it: ``self.host``. Everything done through it is charged to that plugin."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
import structlog

from butler.call import Content, reply_of
from butler.clock import Clock
from butler.config.destinations import Destination
from butler.engine.unit import current
from butler.model import Action, Channel, Guild, Message, Person
from butler.services.admission import Admission
from butler.services.bound_history import BoundHistory
from butler.services.bound_people import BoundPeople, BoundPersonas
from butler.services.bound_platforms import BoundPlatforms
from butler.services.bound_settings import BoundSettings
from butler.services.bound_store import BoundDatabase
from butler.services.llm.bound import BoundModels, chain_of
from butler.services.pushes import PUSH, Pushed, outcome
from butler.services.serving import Serving
from butler.services.text import Parsed, parse
from butler.services.web import Asker, BoundWeb

if TYPE_CHECKING:
    from butler.host import Host
    from butler.platform import Platform
    from butler.provider import Provider

T = TypeVar("T")
GLANCE = 0.1
"""Seconds between two looks at what became of a push."""


class Bound(BoundHistory, BoundPeople, BoundPersonas, BoundPlatforms, BoundSettings):
    """The services, for one plugin."""

    def __init__(self, host: Host, plugin: str) -> None:
        self._host = host
        self.plugin = plugin
        self.db = BoundDatabase(host.database, plugin)
        self.schedule = host.schedule.bound(plugin)
        self.jobs = host.jobs.bound(plugin)
        self.models = BoundModels(host.models, plugin, lambda name: chain_of(host.personas, name))
        self.web = BoundWeb(host.web, self._web_asker)
        self.charts = host.charts
        self.log = structlog.get_logger(f"butler.{plugin}")

    def _web_asker(self) -> Asker:
        """Whom this plugin says that it talks to; the host itself may talk to anybody."""
        plugin = self._host.lifecycle.plugins.get(self.plugin)
        network = plugin.network if plugin is not None else ("*",) if self.plugin == "host" else ()
        return Asker(self.plugin, [Destination.read(each) for each in network])

    @property
    def clock(self) -> Clock:
        """The time; never ask the machine for it."""
        return self._host.clock

    @property
    def admission(self) -> Admission:
        """Whose invitations the host follows, and in which new guilds it answers."""
        told = self._host.config.host
        return Admission(told.accept_invites, told.new_guilds, tuple(told.allow))

    def keep_secret(self, value: str) -> None:
        """Never show this in logs, traces, exports or error texts: a token that was not in the configuration."""
        self._host.config.secrets.add(value)

    @property
    def data(self) -> Path:
        """A folder for this plugin's own files, made when first asked for."""
        folder = self._host.data / self.plugin
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def platform(self, name: str) -> Platform | None:
        """A platform that runs: for the plugin that brings it."""
        return self._host.lifecycle.platforms.get(name)

    @property
    def provider(self) -> Provider | None:
        """The provider that this plugin brings, while it is served. Models are asked through :attr:`models`."""
        plugin = self._host.lifecycle.plugins.get(self.plugin)
        kind = plugin.provider if plugin is not None else None
        return self._host.lifecycle.providers.get(kind.name) if kind is not None else None

    @property
    def serving(self) -> Serving:
        """What platforms need besides."""
        return self._host.serving

    @property
    def guilds(self) -> Sequence[Guild]:
        """All guilds in which this plugin is enabled."""
        return [guild for guild in self._host.places.guilds if self.plugin in self._host.settings.enabled(guild.id)]

    @property
    def channels(self) -> Sequence[Channel]:
        """All channels that the host has met."""
        places = self._host.places
        return [channel for guild in places.guilds for channel in places.channels_of(guild.id)]

    def meet(self, channel: Channel) -> None:
        """The host knows a channel from now on, though nothing was said in it yet."""
        self._host.places.see(channel)

    async def empty_log(self) -> int:
        """Forget every message, channel and person; returns how many messages and events. For disposable servers."""
        return await self._host.archive.empty()

    async def backup(self, name: str) -> str:
        """Back up all that the host keeps; returns where to. Raises ``ButlerError`` where that fails."""
        return await self._host.archive.backed_up(name)

    def parse(self, text: str) -> Parsed:
        """A text taken apart: its links, mentions and emoji, and ``without_code``, with code and links blanked."""
        return parse(text)

    async def message(self, identifier: str) -> Message | None:
        """A message that was said, by its platform's id."""
        return await self._host.journal.recovery.message(identifier, self)

    async def history(self, channel: Channel, *, before: int = 2**62, limit: int = 50) -> list[Message]:
        """The last messages of a channel, oldest first."""
        return await self._host.journal.recovery.history(channel.id, before=before, limit=limit, host=self)

    async def reply(self, message: Message, content: Content, **options: Any) -> None:
        """Answer a message; see :meth:`butler.Message.reply`."""
        reply = attrs.evolve(reply_of(content), **options)
        action = Action("send", message.channel.id, reply=attrs.evolve(reply, to=reply.to or message.id))
        owner = (self._host.dispatch.acting if self.plugin == "host" else "") or self.plugin
        await self.act(await self._host.controls.dressed(owner, action, message.author.id))

    async def push(
        self,
        to: Person | Channel,
        content: Content,
        key: str = "",
        *,
        guild: Guild | None = None,
        fallback: Channel | None = None,
        asked: bool = False,
        at_night: bool = False,
    ) -> None:
        """Say something that nobody asked for just now; like :meth:`act`.

        To a person it waits for its turn and for the morning, and is left out where they want quiet; one who takes no
        direct messages is told in ``fallback``. ``guild``: for which it is said, else that of what is being handled; a
        conversation that it opens belongs there. ``asked``: the person asked for it (a reminder); ``at_night``: they
        are awake.
        """
        told = self._host.acts.pushed(to, reply_of(content), guild, fallback, asked=asked, at_night=at_night)
        await self.act(told, key)

    async def push_first(
        self, to: Person, content: Content, key: str, *, guild: Guild, patience: float = 5.0
    ) -> Pushed:
        """Tell a person something they must know before what comes next: it is written at once, by itself, and awaited
        for ``patience`` seconds. Night and quiet do not hold it back.
        """
        told = self._host.acts.pushed(to, reply_of(content), guild, None, asked=True, at_night=True)
        await self._host.acts.act(self.plugin, told, f"{self.plugin}:{key}")
        for _ in range(max(1, int(patience / GLANCE))):
            found = await self.pushed(key)
            if found is not None and found.state != "waiting":
                return found
            await asyncio.sleep(GLANCE)
        return Pushed("waiting", "it waits for its turn")

    async def pushed(self, key: str) -> Pushed | None:
        """What became of a push to a person, by its key."""
        return await outcome(self._host.database, f"{self.plugin}:{key}")

    async def act(self, action: Action, key: str = "") -> None:
        """Have something done on a platform. With ``key`` it is done once, however often it is asked for.

        While a message, command or job is handled it becomes part of it; else it is written at once.
        """
        owner = (self._host.dispatch.acting if self.plugin == "host" else "") or self.plugin
        if action.kind != PUSH:  # that is dressed when its channel is known
            action = await self._host.controls.dressed(owner, action)
        unit = current()
        full_key = f"{self.plugin}:{key}" if key else ""
        if unit is not None:
            unit.actions.append((owner, action, full_key))
        else:
            await self._host.acts.act(self.plugin, action, full_key)

    async def speak(self, persona: str, channel: Channel, nudge: str, key: str) -> None:
        """Have a persona say something to a nudge; it takes the same way through the pipeline as a message."""
        await self._host.acts.speak(persona, channel, nudge, f"{self.plugin}:{key}")

    async def ask(self, offer: str, *args: Any, guild: Guild | None = None) -> Any:
        """Ask for what another plugin offers (``"weight:karma"``); ``None`` if nobody enabled there offers it."""
        return await self._host.acts.ask(offer, args, guild)

    async def order(self, line: str, by: Person, channel: Channel) -> str:
        """Run a line as a command that somebody gave in a channel, with the rights that they have now.

        What it answers is said there. Returns ``ran``, or why not: ``denied``, ``wrong``, ``unknown``, ``failed``, …
        """
        message = Message("", channel, by, line, self._host.clock.now())
        return (await self._host.commanding.order(message)).kind

    async def search(self, query: str, **where: Any) -> Sequence[Any]:
        """Full text over messages; see :meth:`butler.store.search.Search.search`."""
        found: Sequence[Any] = await self._host.search.search(query, **where)
        return found

    @property
    def offers(self) -> Mapping[str, str]:
        """What can be asked for, and which plugin answers."""
        return self._host.lifecycle.offers
