"""Somebody with a Discord client: says, uses, reads and waits, in one line each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from butler_discord.testing.deeds import posting
from butler_discord.testing.errors import JSON
from butler_discord.testing.people import asking
from butler_discord.testing.people.asking import Answer
from butler_discord.testing.people.errors import Impossible
from butler_discord.testing.people.options import fill
from butler_discord.testing.state.channels import Channel
from butler_discord.testing.state.commands import Command
from butler_discord.testing.state.guilds import Guild
from butler_discord.testing.state.interactions import Asked
from butler_discord.testing.state.messages import Message
from butler_discord.testing.state.permissions import Permission, in_channel
from butler_discord.testing.state.users import App, User
from butler_discord.testing.world import World


class Person:
    """A person. ``guild``: where they are when nothing else is said."""

    def __init__(self, world: World, user: User, guild: Guild | None) -> None:
        self.world = world
        self.user = user
        self.home = guild

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

    # --- saying -------------------------------------------------------------------------------------

    async def say(self, text: str, where: Channel | App | None = None, **more: Any) -> Message:
        """Say something in a channel (their guild's first, if none is named), or to a bot in private.

        ``answers``: the message it replies to. Raises ``Impossible`` where they may not speak.
        """
        channel = self.place(where)
        self._may(channel, Permission.SEND_MESSAGES_IN_THREADS if channel.is_thread else Permission.SEND_MESSAGES)
        return posting.post(self.world, channel, self.user, text, **more)

    def place(self, where: Channel | App | None = None) -> Channel:
        """The channel that is meant: itself, the private one with a bot, or the first of their guild."""
        if isinstance(where, Channel):
            return where
        if isinstance(where, App):
            return self.world.dm(self.user, where.user)
        if self.home is None:
            raise Impossible(f"{self.name} is in no guild: say where")
        return next(channel for channel in self.home.channels.values() if channel.kind == 0)

    def _may(self, channel: Channel, *needed: Permission) -> None:
        may = in_channel(channel, self.id)
        for each in (Permission.VIEW_CHANNEL, *needed):
            if not may & each:
                raise Impossible(f"{self.name} lacks {each.name} in #{channel.name}")

    # --- reading ------------------------------------------------------------------------------------

    def sees(self, where: Channel | App | None = None) -> list[Message]:
        """The messages that they see in a channel, oldest first, those only for them included."""
        channel = self.place(where)
        shown = list(channel.messages.values()) if in_channel(channel, self.id) & Permission.VIEW_CHANNEL else []
        return sorted([*shown, *self._only_mine(channel)], key=lambda message: message.id)

    def _only_mine(self, channel: Channel) -> Iterator[Message]:
        for asked in self.world.interactions.values():
            if asked.user is self.user and asked.channel is channel:
                for message in (asked.original, *asked.more):
                    if message is not None and message.only == self.id and not message.deleted:
                        yield message

    @property
    def dms(self) -> list[Message]:
        """What bots wrote to them in private, oldest first."""
        found = [
            message
            for channel in self.world.dms.values()
            if self.id in channel.recipients
            for message in channel.messages.values()
            if message.author is not self.user
        ]
        return sorted(found, key=lambda message: message.id)

    async def hears(self, text: str, where: Channel | App | None = None, within: float = 20.0) -> Message:
        """Wait for a message with this text. Raises ``TimeoutError``."""
        return await self.finds(lambda message: message.text == text, where, within)

    async def finds(
        self, fits: Callable[[Message], object], where: Channel | App | None = None, within: float = 20.0
    ) -> Message:
        """Wait for a message that fits; the newest of them. Raises ``TimeoutError``."""
        await self.world.until(lambda: any(map(fits, self.sees(where))), within)
        return [message for message in self.sees(where) if fits(message)][-1]

    # --- using --------------------------------------------------------------------------------------

    def commands(self, where: Channel | App | None = None) -> dict[str, tuple[App, Command]]:
        """The slash commands that their client offers them there."""
        channel = self.place(where)
        found: dict[str, tuple[App, Command]] = {}
        for app in self.world.apps.values():
            in_guild = channel.guild is not None and app.id in channel.guild.members
            scopes = [0, channel.guild.id] if channel.guild and in_guild else [0]
            if not in_guild and app.id not in channel.recipients:
                continue
            for scope in scopes:
                for command in app.commands.get(scope, {}).values():
                    if command.kind == 1 and self._may_use(command, channel):
                        found[command.name] = (app, command)
        return found

    def _may_use(self, command: Command, channel: Channel) -> bool:
        may = in_channel(channel, self.id)
        needs = command.data["default_member_permissions"]
        return bool(may & Permission.USE_APPLICATION_COMMANDS) and (needs is None or int(needs) & ~may == 0)

    async def slash(
        self, line: str, where: Channel | App | None = None, *, wait: bool = True, **options: Any
    ) -> Answer:
        """Use a slash command: ``await ann.slash("karma show", person=bob)``.

        ``wait``: where it is promised for later, wait for it. Raises ``Impossible`` or ``NoAnswer``.
        """
        channel = self.place(where)
        name, *path = line.removeprefix("/").split()
        known = self.commands(where)
        if name not in known:
            raise Impossible(f"{self.name} sees no /{name}; there is {', '.join(sorted(known)) or 'nothing'}")
        app, command = known[name]
        filled = fill(command, path, options, channel.guild)
        data: JSON = {"id": str(command.id), "name": name, "type": 1, "options": filled.options}
        if filled.resolved:
            data["resolved"] = filled.resolved
        if command.guild:
            data["guild_id"] = str(command.guild)
        return await self._use(app, Asked.COMMAND, channel, data, wait=wait)

    async def _use(
        self,
        app: App,
        kind: Asked,
        channel: Channel,
        data: JSON,
        source: Message | None = None,
        *,
        wait: bool = True,
    ) -> Answer:
        asked = await asking.ask(self.world, app, kind, self.user, channel, data, source)
        answer = Answer(self.world, asked)
        return await answer.done() if wait else answer
