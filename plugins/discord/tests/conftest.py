"""A real host on a Discord on this machine, with people around it."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any, cast

import attrs
from attrs import define
from butler import Action, Event, Message, Plugin, hookimpl
from butler.engine.loader import Loader
from butler.host import Host
from butler.testing import ScriptedModel, VirtualClock
from butler.testing.crash import memory
from butler.testing.loading import add, configuration
from butler_discord import Discord as DiscordPlugin
from butler_discord.platform import Discord as Platform
from butler_discord.testing import App, Channel, Discord, Guild, Moderator, Permission, Person
from butler_discord.testing.state.permissions import ALL

PERSONAS = """
[personas.TheButler]
prompt = "You are TheButler."
model = "script"

[personas.Luna]
prompt = "You are Luna."
model = "script"
picture = "https://example.org/luna.png"
channels = ["discord"]
"""


@define(eq=False)
class Lodge:
    """Discord with one guild, and a host that serves it."""

    discord: Discord
    app: App
    guild: Guild
    hall: Channel
    owner: Moderator
    ann: Person
    bob: Person
    host: Host
    model: ScriptedModel
    plugins: Sequence[Any]
    toml: str
    data: Path
    clock: VirtualClock | None = None

    @property
    def platform(self) -> Platform:
        found: Any = self.host.lifecycle.platforms["discord"]
        return found

    @property
    def events(self) -> list[Event]:
        """What plugins were told of, where the plugin Spy is there."""
        spy: Any = self.host.lifecycle.plugins["spy"]
        return spy.events

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]

    async def told(self, kind: str, **fields: Any) -> Event:
        """Wait for an event of a kind."""

        def found() -> list[Event]:
            return [e for e in self.events if e.kind == kind and all(getattr(e, k) == v for k, v in fields.items())]

        await until(found)
        return found()[-1]

    @property
    def messages(self) -> list[Message]:
        """What plugins were told was said, where the plugin Spy is there."""
        spy: Any = self.host.lifecycle.plugins["spy"]
        return spy.messages

    async def heard(self, text: str) -> Message:
        """Wait until plugins were told of a message with this text."""
        await until(lambda: any(message.text == text for message in self.messages))
        return [message for message in self.messages if message.text == text][-1]

    async def settled(self) -> None:
        """Wait until the host has nothing to do."""
        await asyncio.sleep(0.05)
        async with asyncio.timeout(20):
            await self.host.drained()

    async def do(self, kind: str, target: Any = None, *, where: Channel | None = None, **data: Any) -> str:
        """Have the plugin Spy do something in a channel; returns the id of what came of it."""
        spy: Any = self.host.lifecycle.plugins["spy"]
        aim = f"discord:{target.id}" if target is not None else ""
        return str((await spy.host.do(Action(kind, f"discord:{(where or self.hall).id}", aim, data=data))).id)

    async def stop(self) -> None:
        await self.host.stop()

    async def start(self) -> None:
        """Start a (new) host over the same data."""
        self.host = _host(self)
        with self.clock.loop.holding("the start") if self.clock else nullcontext():
            await self.host.start()
        await _connected(self.host)

    async def restart(self) -> None:
        await self.stop()
        await self.start()


class Spy(Plugin):
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.messages: list[Message] = []

    @hookimpl
    async def on_event(self, event: Event) -> None:
        """Remember it."""
        self.events.append(event)

    @hookimpl
    async def on_message(self, message: Message) -> None:
        """Remember it."""
        self.messages.append(message)


def _host(lodge: Any) -> Host:
    loader = Loader({})
    loader.add("discord", DiscordPlugin)
    for plugin in lodge.plugins:
        add(loader, plugin)
    section = f"[platforms.discord]\ntoken = '{lodge.app.token}'\nrest_url = '{lodge.discord.rest_url}'\n"
    here = "[platforms.discord]\n"
    toml = lodge.toml.replace(here, section, 1) if here in lodge.toml else section + lodge.toml
    config = configuration(toml + ("" if "[personas" in toml else PERSONAS), lodge.data)
    host = Host(
        attrs.evolve(config, platforms={"discord": config.platforms["discord"]}), loader=loader, clock=lodge.clock
    )
    if lodge.clock is not None:
        lodge.clock.loop.watch("the store", lambda: host.database.in_flight)
    host.lifecycle.providers[lodge.model.name] = lodge.model
    return host


async def until(holds: Callable[[], object], within: float = 20.0) -> None:
    """Wait until something holds. Raises ``TimeoutError``."""
    async with asyncio.timeout(within):
        while not holds():  # noqa: ASYNC110 - it may depend on anything
            await asyncio.sleep(0.01)


async def _connected(host: Host) -> None:
    def connected() -> bool:
        found: Any = host.lifecycle.platforms.get("discord")
        return found is not None and found.connected is not None

    await until(connected, 30)


def spied(**options: Any) -> Callable[[Callable[[Lodge], Awaitable[None]]], Callable[[], None]]:
    """Make a test of what is to be done in a lodge with the plugin Spy; ``options`` are those of :func:`lodge`."""

    def decorate(test: Callable[[Lodge], Awaitable[None]]) -> Callable[[], None]:
        def run() -> None:
            async def main() -> None:
                async with lodge([Spy], **options) as at:
                    await test(at)

            asyncio.run(main())

        run.__name__, run.__doc__ = test.__name__, test.__doc__
        return run

    return decorate


@asynccontextmanager
async def lodge(
    plugins: Iterable[Any] = (),
    *,
    toml: str = "",
    granted: Permission = ALL,
    portal: dict[str, bool] | None = None,
    discord: Discord | None = None,
    clock: VirtualClock | None = None,
    **options: Any,
) -> AsyncIterator[Lodge]:
    """A lodge that runs. ``granted``: what the bot may; ``portal``: its intents; the rest is the stand-in's."""
    with tempfile.TemporaryDirectory(prefix="butler-lodge-", dir=memory()) as folder:
        async with discord or Discord(clock=clock, **options) as there:
            app = there.bot("Butler", **(portal or {}))
            guild = there.guild("House")
            there.invite(app, guild, granted)
            hall = there.channel(guild, "general")
            ann, bob = there.join("ann", guild), there.join("bob", guild)
            model, data, later = ScriptedModel(), Path(folder), cast("Any", None)
            owner, named = there.owner(guild), tuple(plugins)
            at = Lodge(there, app, guild, hall, owner, ann, bob, later, model, named, toml, data, clock)
            await at.start()
            try:
                yield at
            finally:
                await at.host.stop()
