"""Somebody with a Discord client: where they are, what they see, what they wait for."""

from __future__ import annotations

from collections.abc import Callable

import aiohttp

from butler_discord.testing.people.errors import Impossible
from butler_discord.testing.state.channels import Channel
from butler_discord.testing.state.files import Attachment
from butler_discord.testing.state.guilds import Guild, Member
from butler_discord.testing.state.mentions import Ping
from butler_discord.testing.state.messages import LOADING, Message
from butler_discord.testing.state.permissions import Permission, in_channel
from butler_discord.testing.state.users import App, User
from butler_discord.testing.world import World

Where = Channel | App | None
"""A channel, a bot (in private), or ``None``: the first channel of the guild they are in."""


class Reader:
    """A person. ``guild``: where they are when nothing else is said."""

    def __init__(self, world: World, user: User, guild: Guild | None) -> None:
        self.world = world
        self.user = user
        self.home = guild

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.user.name}>"

    @property
    def id(self) -> int:
        return self.user.id

    @property
    def name(self) -> str:
        return self.user.name

    @property
    def mention(self) -> str:
        """How a text names them."""
        return self.user.mention

    @property
    def member(self) -> Member:
        """Themselves in their guild: roles, nickname, timeout. Raises ``Impossible`` when they are not there."""
        if self.home is None or self.id not in self.home.members:
            raise Impossible(f"{self.name} is not in the guild")
        return self.home.members[self.id]

    @property
    def roles(self) -> set[str]:
        """The names of their roles."""
        assert self.home is not None
        return {self.home.roles[role].name for role in self.member.roles}

    def place(self, where: Where = None) -> Channel:
        """The channel that is meant: itself, the private one with a bot, or the first of their guild."""
        if isinstance(where, Channel):
            return where
        if isinstance(where, App):
            return self.world.dm(self.user, where.user)
        if self.home is None:
            raise Impossible(f"{self.name} is in no guild: say where")
        return next(channel for channel in self.home.channels.values() if channel.kind == 0)

    def may(self, channel: Channel, *needed: Permission) -> None:
        """Raises ``Impossible`` where they do not see the channel or lack one of these."""
        may = in_channel(channel, self.id)
        for each in (Permission.VIEW_CHANNEL, *needed):
            if not may & each:
                raise Impossible(f"{self.name} lacks {each.name} in #{channel.name}")

    # --- reading ------------------------------------------------------------------------------------

    def sees(self, where: Where = None) -> list[Message]:
        """The messages that they see in a channel, oldest first; those that only they see included."""
        channel = self.place(where)
        may = in_channel(channel, self.id)
        shown = list(channel.messages.values()) if may & Permission.VIEW_CHANNEL else []
        mine = channel.whispers.get(self.id, {}).values()
        return sorted([*shown, *mine], key=lambda message: message.id)

    def texts(self, where: Where = None) -> list[str]:
        """The texts of what they see in a channel."""
        return [message.text for message in self.sees(where)]

    @property
    def dms(self) -> list[Message]:
        """What bots wrote to them in private, oldest first."""
        mine = [channel for channel in self.world.dms.values() if self.id in channel.recipients]
        told = [message for channel in mine for message in channel.messages.values()]
        return sorted((message for message in told if message.author is not self.user), key=lambda told: told.id)

    @property
    def pings(self) -> list[Ping]:
        """What rang for them."""
        return [ping for ping in self.world.pings if self.id in ping.who]

    async def hears(self, text: str, where: Where = None, within: float = 20.0) -> Message:
        """Wait for a message with this text. Raises ``TimeoutError``."""
        return await self.finds(lambda message: message.text == text, where, within)

    async def finds(self, fits: Callable[[Message], object], where: Where = None, within: float = 20.0) -> Message:
        """Wait for a message that fits; the newest of them. Raises ``TimeoutError``."""

        def ready(message: Message) -> bool:
            return not message.flags & LOADING and bool(fits(message))

        await self.world.until(lambda: any(map(ready, self.sees(where))), within)
        return [message for message in self.sees(where) if ready(message)][-1]

    async def next_dm(self, within: float = 20.0) -> Message:
        """Wait for a further message in private."""
        known = len(self.dms)
        await self.world.until(lambda: len(self.dms) > known, within)
        return self.dms[known]

    async def opens(self, file: Attachment) -> bytes:
        """Fetch a file from the CDN, as a client does. Raises ``aiohttp.ClientResponseError``."""
        async with aiohttp.ClientSession(raise_for_status=True) as session, session.get(file.url) as answer:
            return await answer.read()
