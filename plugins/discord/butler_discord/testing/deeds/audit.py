"""The audit log: who did what to whom in a guild, and why."""

from __future__ import annotations

import enum

from attrs import define

from butler_discord.testing.errors import JSON
from butler_discord.testing.state.guilds import Guild
from butler_discord.testing.world import World


class Act(enum.IntEnum):
    """What was done, as Discord numbers it."""

    GUILD_UPDATE = 1
    CHANNEL_CREATE = 10
    CHANNEL_UPDATE = 11
    CHANNEL_DELETE = 12
    OVERWRITE_CREATE = 13
    OVERWRITE_UPDATE = 14
    OVERWRITE_DELETE = 15
    MEMBER_KICK = 20
    MEMBER_BAN_ADD = 22
    MEMBER_BAN_REMOVE = 23
    MEMBER_UPDATE = 24
    MEMBER_ROLE_UPDATE = 25
    MEMBER_MOVE = 26
    ROLE_CREATE = 30
    ROLE_UPDATE = 31
    ROLE_DELETE = 32
    INVITE_CREATE = 40
    INVITE_DELETE = 42
    WEBHOOK_CREATE = 50
    WEBHOOK_UPDATE = 51
    WEBHOOK_DELETE = 52
    MESSAGE_DELETE = 72
    MESSAGE_BULK_DELETE = 73
    MESSAGE_PIN = 74
    MESSAGE_UNPIN = 75
    THREAD_CREATE = 110
    THREAD_UPDATE = 111
    THREAD_DELETE = 112


@define(eq=False)
class Entry:
    """A line of the log."""

    id: int
    guild: Guild
    act: Act
    who: int
    target: int | None
    reason: str | None
    options: JSON

    def json(self) -> JSON:
        """As Discord's API gives it."""
        found: JSON = {
            "id": str(self.id), "action_type": int(self.act), "user_id": str(self.who), "changes": [],
            "target_id": str(self.target) if self.target else None,
        }  # fmt: skip
        if self.reason:
            found["reason"] = self.reason
        if self.options:
            found["options"] = self.options
        return found


def note(
    world: World,
    guild: Guild | None,
    act: Act,
    who: int,
    target: int | None,
    reason: str | None = None,
    **options: str,
) -> None:
    """Write a line, and tell those who may moderate. Nothing is noted of direct conversations."""
    if guild is None:
        return
    entry = Entry(world.ids.new(), guild, act, who, target, reason, options)
    world.audit.append(entry)
    data = {"guild_id": str(guild.id), **entry.json()}
    world.emit("GUILD_AUDIT_LOG_ENTRY_CREATE", data, guild=guild)
