"""A guild with people and a running hikari bot, for tests of what a bot does and sees through the real client."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any, TypeVar

import hikari
from attrs import define

from butler_discord.testing.client import connected
from butler_discord.testing.discord import Discord
from butler_discord.testing.people.moderator import Moderator
from butler_discord.testing.people.person import Person
from butler_discord.testing.state.channels import Channel
from butler_discord.testing.state.guilds import Guild
from butler_discord.testing.state.permissions import ALL, Permission
from butler_discord.testing.state.users import App

E = TypeVar("E", bound=hikari.Event)


@define(eq=False)
class Scene:
    """Discord with one guild: an owner, ann, bob, and a bot that is connected."""

    discord: Discord
    app: App
    guild: Guild
    hall: Channel
    owner: Moderator
    ann: Person
    bob: Person
    bot: hikari.GatewayBot
    events: list[hikari.Event]
    """What the bot heard, in order."""

    @property
    def rest(self) -> hikari.api.RESTClient:
        """The API, as the bot sees it."""
        return self.bot.rest

    def heard(self, kind: type[E]) -> list[E]:
        """The events of a kind that the bot heard."""
        return [event for event in self.events if isinstance(event, kind)]

    async def hears(self, kind: type[E], fits: Callable[[E], object] = lambda event: True) -> E:
        """Wait for the first event of a kind that fits."""

        def found() -> list[E]:
            return [event for event in self.heard(kind) if fits(event)]

        await self.discord.until(found)
        return found()[0]


@asynccontextmanager
async def scene(
    *,
    granted: Permission = ALL,
    portal: dict[str, bool] | None = None,
    intents: hikari.Intents = hikari.Intents.ALL,
    **options: Any,
) -> AsyncIterator[Scene]:
    """A scene. ``granted``: what the bot may in the guild; ``portal``: its privileged intents; the rest: Discord's."""
    async with Discord(**options) as discord:
        app = discord.bot("Butler", **(portal or {}))
        guild = discord.guild("House")
        discord.invite(app, guild, granted)
        hall = discord.channel(guild, "general")
        ann, bob = discord.join("ann", guild), discord.join("bob", guild)
        events: list[hikari.Event] = []
        async with connected(discord, app, intents=intents) as bot:

            async def hear(event: hikari.Event) -> None:
                events.append(event)
                discord.world.touch()

            bot.subscribe(hikari.Event, hear)
            yield Scene(discord, app, guild, hall, discord.owner(guild), ann, bob, bot, events)


def played(**options: Any) -> Callable[[Callable[..., Awaitable[None]]], Callable[..., None]]:
    """Makes a test of a coroutine that takes a scene first: ``@played()`` above ``async def test_it(at): ...``."""

    def decorate(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
        async def main(*args: Any, **more: Any) -> None:
            async with scene(**options) as at:
                await test(at, *args, **more)

        @wraps(test)
        def run(*args: Any, **more: Any) -> None:
            asyncio.run(main(*args, **more))

        whole = inspect.signature(test)
        run.__signature__ = whole.replace(parameters=list(whole.parameters.values())[1:])  # type: ignore[attr-defined]  # pytest would ask for a fixture of the scene's name
        return run

    return decorate
