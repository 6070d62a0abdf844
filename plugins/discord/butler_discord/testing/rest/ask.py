"""One request to the API: who asks, for what, with which body."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from aiohttp import BodyPartReader, web
from attrs import define, field, frozen

from butler_discord.testing.errors import (
    JSON,
    Refused,
    invalid,
    missing_access,
    missing_permissions,
    unauthorized,
    unknown,
)
from butler_discord.testing.state.channels import Channel
from butler_discord.testing.state.guilds import Guild
from butler_discord.testing.state.messages import Message
from butler_discord.testing.state.permissions import Permission, in_channel, in_guild
from butler_discord.testing.state.users import App
from butler_discord.testing.world import World

if TYPE_CHECKING:
    from butler_discord.testing.gateway.hub import Hub


@frozen
class Upload:
    """A file that came with a request."""

    name: str
    kind: str
    data: bytes


@frozen
class Answer:
    """An answer that is not just a body under 200 (or 204 for none)."""

    status: int
    body: Any = None


@define(eq=False)
class Ask:
    """A request. Its methods find what the path names and check what the bot may, or raise ``Refused``."""

    hub: Hub
    params: Mapping[str, str]
    query: Mapping[str, str]
    app_or_none: App | None
    body: Any = field(factory=dict)
    files: dict[str, Upload] = field(factory=dict)
    """By the name of the field: ``"0"`` for ``files[0]``."""
    reason: str | None = None

    @property
    def world(self) -> World:
        return self.hub.world

    @property
    def app(self) -> App:
        """The bot that asks."""
        if self.app_or_none is None:
            raise unauthorized()
        return self.app_or_none

    def number(self, name: str) -> int:
        """An id in the path."""
        text = self.params[name]
        if text == "@me":
            return self.app.id
        if not text.isdigit():
            raise invalid(name, "NUMBER_TYPE_COERCE", f'Value "{text}" is not snowflake.')
        return int(text)

    def yes(self, name: str) -> bool:
        """Whether the query says yes to something."""
        return self.query.get(name) in {"true", "True", "1"}

    def guild(self, *needed: Permission) -> Guild:
        """The guild in the path, if the bot is in it and may do that there."""
        guild = self.world.guild(self.number("guild"))
        if self.app.id not in guild.members or not guild.available:
            raise missing_access()
        may = in_guild(guild, self.app.id)
        if any(not may & each for each in needed):
            raise missing_permissions()
        return guild

    def channel(self, *needed: Permission) -> Channel:
        """The channel in the path, if the bot sees it and may do that there."""
        return self.may(self.world.channel(self.number("channel")), *needed)

    def may(self, channel: Channel, *needed: Permission) -> Channel:
        """A channel, if the bot sees it and may do that there."""
        may = in_channel(channel, self.app.id)
        if not may & Permission.VIEW_CHANNEL:
            raise missing_access()
        if any(not may & each for each in needed):
            raise missing_permissions()
        return channel

    def message(self, channel: Channel) -> Message:
        """The message in the path."""
        found = channel.messages.get(self.number("message"))
        if found is None:
            raise unknown("Message")
        return found


Handler = Callable[[Ask], Any]
Route = tuple[str, str, Handler]
"""Method, path, and what answers: JSON, ``None`` for no content, or an :class:`Answer`."""


async def read(request: web.Request) -> tuple[Any, dict[str, Upload]]:
    """A request's body and its files. Raises ``Refused`` if it is no JSON."""
    if request.content_type.startswith("multipart/"):
        return await _form(request)
    data = await request.read()
    return (_json(data) if data else {}), {}


async def _form(request: web.Request) -> tuple[Any, dict[str, Upload]]:
    body: Any = {}
    files: dict[str, Upload] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name is None:
            continue
        data = bytes(await part.read(decode=True))
        if part.name == "payload_json":
            body = _json(data)
        elif part.filename is not None:
            name = part.name.removeprefix("files[").removesuffix("]")
            files[name] = Upload(unquote(part.filename), part.headers.get("Content-Type", ""), data)
        else:
            body[part.name] = data.decode()
    return body, files


def _json(data: bytes) -> JSON:
    try:
        found: JSON = json.loads(data)
    except ValueError:
        raise Refused(400, 50109, "The request body contains invalid JSON.") from None
    return found
