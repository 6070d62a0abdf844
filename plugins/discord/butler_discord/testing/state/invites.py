"""Invites into guilds."""

from __future__ import annotations

import datetime as dt

from attrs import define

from butler_discord.testing.errors import JSON
from butler_discord.testing.ids import stamp
from butler_discord.testing.state.channels import Channel
from butler_discord.testing.state.users import User


@define(eq=False)
class Invite:
    """An invite to a channel of a guild."""

    code: str
    channel: Channel
    inviter: User
    made: dt.datetime
    max_age: int = 86_400
    """Seconds; 0: for ever."""
    max_uses: int = 0
    temporary: bool = False
    uses: int = 0

    @property
    def ends(self) -> dt.datetime | None:
        """When it expires."""
        return self.made + dt.timedelta(seconds=self.max_age) if self.max_age else None

    def valid(self, now: dt.datetime) -> bool:
        return (self.ends is None or now < self.ends) and (not self.max_uses or self.uses < self.max_uses)

    def json(self) -> JSON:
        """As Discord's API gives it to a moderator."""
        guild = self.channel.guild
        assert guild is not None
        keys = ("id", "name", "splash", "banner", "description", "icon", "features", "verification_level")
        whole = guild.json()
        shown = {key: whole[key] for key in (*keys, "vanity_url_code", "nsfw_level", "premium_subscription_count")}
        return {
            "type": 0, "code": self.code, "guild": shown, "guild_id": str(guild.id),
            "channel": {"id": str(self.channel.id), "name": self.channel.name, "type": int(self.channel.kind)},
            "channel_id": str(self.channel.id), "inviter": self.inviter.json(), "uses": self.uses,
            "max_uses": self.max_uses, "max_age": self.max_age, "temporary": self.temporary,
            "created_at": stamp(self.made), "expires_at": stamp(self.ends), "flags": 0,
            "approximate_member_count": len(guild.members), "approximate_presence_count": len(guild.members),
        }  # fmt: skip
