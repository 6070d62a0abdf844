"""Guilds: their members, roles and channels."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from attrs import define, field

from butler_discord.testing.errors import JSON
from butler_discord.testing.ids import stamp
from butler_discord.testing.state.permissions import EVERYONE, Permission
from butler_discord.testing.state.users import User

if TYPE_CHECKING:
    from butler_discord.testing.deeds.automod import Rule
    from butler_discord.testing.state.channels import Channel
    from butler_discord.testing.state.voice import VoiceState


@define(eq=False)
class Role:
    """A role; the one with the guild's id is ``@everyone``."""

    id: int
    name: str
    permissions: Permission
    position: int = 0
    color: int = 0
    hoist: bool = False
    mentionable: bool = False
    managed_by: int | None = None
    """The application whose own role it is."""

    @property
    def mention(self) -> str:
        """How a text names it."""
        return f"<@&{self.id}>"

    def json(self) -> JSON:
        """As Discord's API gives it."""
        colors = {"primary_color": self.color, "secondary_color": None, "tertiary_color": None}
        found: JSON = {
            "id": str(self.id), "name": self.name, "permissions": str(int(self.permissions)), "color": self.color,
            "colors": colors, "position": self.position, "hoist": self.hoist, "mentionable": self.mentionable,
            "managed": self.managed_by is not None, "icon": None, "unicode_emoji": None, "flags": 0,
        }  # fmt: skip
        if self.managed_by:
            found["tags"] = {"bot_id": str(self.managed_by)}
        return found


@define(eq=False)
class Member:
    """Somebody in a guild."""

    user: User
    joined: dt.datetime
    roles: list[int] = field(factory=list)
    nick: str | None = None
    silent_until: dt.datetime | None = None
    """A timeout's end."""
    deaf: bool = False
    mute: bool = False
    pending: bool = False

    @property
    def name(self) -> str:
        """What others see."""
        return self.nick or self.user.display or self.user.name

    def timed_out(self, now: dt.datetime) -> bool:
        return self.silent_until is not None and self.silent_until > now

    def json(self, *, user: bool = True) -> JSON:
        """As Discord's API gives it, with the account or (inside a message) without."""
        found: JSON = {
            "roles": [str(role) for role in self.roles], "nick": self.nick, "avatar": None, "banner": None,
            "joined_at": stamp(self.joined), "premium_since": None, "deaf": self.deaf, "mute": self.mute,
            "pending": self.pending, "flags": 0, "communication_disabled_until": stamp(self.silent_until),
        }  # fmt: skip
        return {"user": self.user.json(), **found} if user else found


@define(eq=False)
class Guild:
    """A guild and everything in it."""

    id: int
    name: str
    owner: int
    made: dt.datetime
    roles: dict[int, Role] = field(factory=dict)
    members: dict[int, Member] = field(factory=dict)
    channels: dict[int, Channel] = field(factory=dict)
    """Threads among them."""
    bans: dict[int, str | None] = field(factory=dict)
    """Account to reason."""
    voice: dict[int, VoiceState] = field(factory=dict)
    system_channel: Channel | None = None
    """Where Discord itself tells who joined; nowhere if there is none."""
    automod: dict[int, Rule] = field(factory=dict)
    settings: dict[str, Any] = field(factory=dict)
    """What was changed of name-like things that nothing here acts on (description, locale, ...)."""
    available: bool = True

    def __attrs_post_init__(self) -> None:
        self.roles[self.id] = Role(self.id, "@everyone", EVERYONE)

    def rank(self, user: int) -> int:
        """The position of somebody's highest role; the owner stands above all."""
        if user == self.owner:
            return 1 << 30
        return max((self.roles[role].position for role in self.members[user].roles), default=0)

    def json(self) -> JSON:
        """As Discord's API gives it, without members and channels."""
        found: JSON = {
            "id": str(self.id), "name": self.name, "icon": None, "splash": None, "discovery_splash": None,
            "banner": None, "description": None, "owner_id": str(self.owner), "afk_channel_id": None,
            "afk_timeout": 300, "verification_level": 0, "default_message_notifications": 0, "mfa_level": 0,
            "explicit_content_filter": 0, "roles": [role.json() for role in self.roles.values()], "emojis": [],
            "stickers": [], "features": [], "application_id": None,
            "system_channel_id": str(self.system_channel.id) if self.system_channel else None,
            "system_channel_flags": 0, "rules_channel_id": None, "public_updates_channel_id": None,
            "safety_alerts_channel_id": None, "max_presences": None, "max_members": 500_000,
            "vanity_url_code": None, "premium_tier": 0, "premium_subscription_count": 0, "nsfw_level": 0,
            "preferred_locale": "en-US", "max_video_channel_users": 25, "premium_progress_bar_enabled": False,
            "widget_enabled": False, "widget_channel_id": None, "incidents_data": None, "hub_type": None,
        }  # fmt: skip
        return {**found, **self.settings}
