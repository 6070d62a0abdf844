"""Guilds, channels and roles come, change and go."""

from __future__ import annotations

from typing import Any

from butler_discord.testing.errors import JSON
from butler_discord.testing.state.channels import Channel, Kind
from butler_discord.testing.state.guilds import Guild, Member, Role
from butler_discord.testing.state.permissions import NONE, Permission
from butler_discord.testing.state.users import App, User
from butler_discord.testing.world import World


def found(world: World, name: str, owner: User) -> Guild:
    """Somebody founds a guild."""
    guild = Guild(world.ids.new(), name, owner.id, world.clock.now())
    world.guilds[guild.id] = guild
    guild.members[owner.id] = Member(owner, world.clock.now())
    return guild


def add_channel(world: World, guild: Guild, name: str, kind: Kind = Kind.TEXT, **more: Any) -> Channel:
    """A channel is made. ``more``: further fields of it."""
    position = more.pop("position", sum(not channel.is_thread for channel in guild.channels.values()))
    channel = Channel(world, world.ids.new(), kind, guild, name, position=position, **more)
    world.channels[channel.id] = guild.channels[channel.id] = channel
    world.emit("CHANNEL_CREATE", channel.json(), guild=guild, channel=channel)
    return channel


def add_role(world: World, guild: Guild, name: str, permissions: Permission = NONE, **more: Any) -> Role:
    """A role is made, the lowest but ``@everyone``. ``more``: further fields of it."""
    for other in guild.roles.values():
        if other.id != guild.id:
            other.position += 1
    role = Role(world.ids.new(), name, permissions, position=1, **more)
    guild.roles[role.id] = role
    world.emit("GUILD_ROLE_CREATE", {"guild_id": str(guild.id), "role": role.json()}, guild=guild)
    return role


def install(world: World, app: App, guild: Guild, permissions: Permission) -> Role:
    """An application's bot comes into a guild, with a role of its own that holds what it was granted."""
    role = add_role(world, guild, app.name, permissions, managed_by=app.id)
    guild.members[app.id] = Member(app.user, world.clock.now(), [role.id])
    world.emit("GUILD_CREATE", whole(guild, app.id), guild=guild, only=app)
    told = {"guild_id": str(guild.id), **guild.members[app.id].json()}
    world.emit("GUILD_MEMBER_ADD", told, guild=guild)
    return role


def whole(guild: Guild, viewer: int, *, presences: bool = False) -> JSON:
    """A guild as the gateway gives it when somebody comes to know it.

    Of a guild's members Discord gives the viewer's own and those in voice; all only with the presences intent.
    """
    shown = [member for member in guild.members.values() if presences or member.user.id in {viewer, *guild.voice}]
    places = [channel for channel in guild.channels.values() if not channel.is_thread]
    threads = [channel for channel in guild.channels.values() if channel.thread and not channel.thread.archived]
    own = guild.members[viewer]
    return {
        **guild.json(), "joined_at": own.joined.isoformat(), "large": len(guild.members) > 250,
        "member_count": len(guild.members), "members": [member.json() for member in shown],
        "channels": [channel.json() for channel in places], "threads": [channel.json() for channel in threads],
        "voice_states": [state.json(member=False) for state in guild.voice.values()],
        "presences": [_online(member) for member in shown] if presences else [], "stage_instances": [],
        "guild_scheduled_events": [], "soundboard_sounds": [],
    }  # fmt: skip


def _online(member: Member) -> JSON:
    return {"user": {"id": str(member.user.id)}, "status": "online", "activities": [], "client_status": {}}


def remove_channel(world: World, channel: Channel) -> None:
    """A channel or a thread is deleted, with the threads in it."""
    assert channel.guild is not None
    for thread in [each for each in channel.guild.channels.values() if each.parent is channel and each.is_thread]:
        remove_channel(world, thread)
    del channel.guild.channels[channel.id]
    del world.channels[channel.id]
    world.threads.discard(channel)
    if not channel.is_thread:
        world.emit("CHANNEL_DELETE", channel.json(), guild=channel.guild, channel=channel)
        return
    parent = str(channel.parent.id) if channel.parent else None
    where = {"id": str(channel.id), "guild_id": str(channel.guild.id), "parent_id": parent, "type": int(channel.kind)}
    world.emit("THREAD_DELETE", where, guild=channel.guild, channel=channel)
