"""Webhooks: whoever has their address speaks in their channel, under any name."""

from __future__ import annotations

import secrets

from attrs import define, field

from butler_discord.testing.errors import JSON
from butler_discord.testing.state.channels import Channel
from butler_discord.testing.state.users import App, User


@define(eq=False)
class Webhook:
    """A webhook of a channel."""

    id: int
    channel: Channel
    name: str
    maker: User
    app: App | None
    avatar: str | None = None
    token: str = field(factory=lambda: secrets.token_urlsafe(48))

    def speaker(self, name: str | None = None, avatar: str | None = None) -> User:
        """Who is shown as having said something."""
        return User(self.id, name or self.name, bot=True, avatar=avatar or self.avatar)

    def json(self, *, token: bool = True, user: bool = True) -> JSON:
        """As Discord's API gives it. ``token``: to whom it made; ``user``: to whom asks with a token of their own."""
        guild = self.channel.guild
        assert guild is not None
        found: JSON = {
            "id": str(self.id), "type": 1, "guild_id": str(guild.id), "channel_id": str(self.channel.id),
            "name": self.name, "avatar": self.avatar, "application_id": str(self.app.id) if self.app else None,
        }  # fmt: skip
        if token:
            found["token"] = self.token
        if user:
            found["user"] = self.maker.json()
        return found
