"""People join, leave, change, are banned; each time the guild is told."""

from __future__ import annotations

from typing import Any

from butler_discord.testing.deeds import posting
from butler_discord.testing.errors import JSON
from butler_discord.testing.state.guilds import Guild, Member
from butler_discord.testing.state.users import User
from butler_discord.testing.world import World

JOINED = 7
"""The kind of the message with which Discord itself tells of somebody new."""


def enter(world: World, guild: Guild, user: User) -> Member:
    """Somebody joins a guild."""
    member = Member(user, world.clock.now())
    guild.members[user.id] = member
    world.emit("GUILD_MEMBER_ADD", {"guild_id": str(guild.id), **member.json()}, guild=guild)
    if guild.system_channel is not None and not user.bot:
        posting.post(world, guild.system_channel, user, kind=JOINED, allowed={})
    return member


def leave(world: World, guild: Guild, user: User) -> None:
    """Somebody leaves a guild, or is made to."""
    from butler_discord.testing.deeds import voice  # noqa: PLC0415 - whoever leaves a guild leaves its voice, and back

    voice.move(world, guild, guild.members[user.id], None)
    del guild.members[user.id]
    for channel in guild.channels.values():
        if channel.thread:
            channel.thread.members.pop(user.id, None)
    app = world.apps.get(user.id)
    if app is not None:
        for role in [role for role in guild.roles.values() if role.managed_by == app.id]:
            del guild.roles[role.id]
            world.emit("GUILD_ROLE_DELETE", {"guild_id": str(guild.id), "role_id": str(role.id)}, guild=guild)
        world.emit("GUILD_DELETE", {"id": str(guild.id)}, guild=guild, only=app)
    world.emit("GUILD_MEMBER_REMOVE", {"guild_id": str(guild.id), "user": user.json()}, guild=guild)


def change(world: World, guild: Guild, member: Member, **fields: Any) -> None:
    """Fields of a member change: ``nick``, ``roles``, ``silent_until``, ``mute``, ``deaf``."""
    for name, value in fields.items():
        setattr(member, name, value)
    told(world, guild, member)


def told(world: World, guild: Guild, member: Member) -> None:
    """Tell of a member as it is now."""
    world.emit("GUILD_MEMBER_UPDATE", {"guild_id": str(guild.id), **member.json()}, guild=guild)


def ban(world: World, guild: Guild, user: User, reason: str | None = None) -> None:
    """Somebody is banned, and leaves if they are there."""
    guild.bans[user.id] = reason
    world.emit("GUILD_BAN_ADD", _about(guild, user), guild=guild)
    if user.id in guild.members:
        leave(world, guild, user)


def unban(world: World, guild: Guild, user: User) -> None:
    """A ban is lifted."""
    del guild.bans[user.id]
    world.emit("GUILD_BAN_REMOVE", _about(guild, user), guild=guild)


def _about(guild: Guild, user: User) -> JSON:
    return {"guild_id": str(guild.id), "user": user.json()}
