"""People and applications: who there is."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from attrs import define, field

from butler_discord.testing.errors import JSON

if TYPE_CHECKING:
    from butler_discord.testing.state.commands import Command


@define(eq=False)
class User:
    """An account: a person's or a bot's."""

    id: int
    name: str
    bot: bool = False
    display: str | None = None
    avatar: str | None = None
    accepts_dms: bool = True
    """False: closed, as everybody can set it; who sends one gets error 50007."""
    blocked: set[int] = field(factory=set)

    @property
    def mention(self) -> str:
        """How a text names them."""
        return f"<@{self.id}>"

    def json(self) -> JSON:
        """As Discord's API gives it."""
        return {
            "id": str(self.id), "username": self.name, "global_name": self.display, "discriminator": "0",
            "avatar": self.avatar, "avatar_decoration_data": None, "banner": None, "accent_color": None,
            "bot": self.bot, "system": False, "public_flags": 0, "flags": 0,
        }  # fmt: skip


@define(eq=False)
class App:
    """An application with its bot, as an owner sets it up in the developer portal."""

    user: User
    token: str
    owner: User
    members_intent: bool = True
    content_intent: bool = True
    presence_intent: bool = True
    commands: dict[int, dict[int, Command]] = field(factory=dict)
    """Guild (0: everywhere) to command id to command."""
    made: dict[int, list[float]] = field(factory=dict)
    """When commands were made there, within the last day."""
    permissions: dict[tuple[int, int], list[JSON]] = field(factory=dict)
    """Guild and command (or the application itself) to who may use it there, as moderators set it."""

    @property
    def id(self) -> int:
        """Of the application, and of its bot's account."""
        return self.user.id

    @property
    def name(self) -> str:
        return self.user.name

    @property
    def flags(self) -> int:
        """Which privileged intents are switched on, as an application's flags say it."""
        return self.presence_intent << 13 | self.members_intent << 15 | self.content_intent << 19


def token_for(identifier: int, number: int = 0) -> str:
    """A token whose first part says whose it is, as Discord's do. ``number``: another after each reset."""
    first = base64.urlsafe_b64encode(str(identifier).encode()).decode().rstrip("=")
    return f"{first}.standin.{identifier:x}{number:04}"
