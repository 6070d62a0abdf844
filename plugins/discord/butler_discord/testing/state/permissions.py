"""Permissions: what they are called, and how roles and overwrites add up in a channel."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from butler_discord.testing.state.channels import Channel
    from butler_discord.testing.state.guilds import Guild


class Permission(enum.IntFlag):
    """One bit each, as Discord numbers them."""

    CREATE_INSTANT_INVITE = 1 << 0
    KICK_MEMBERS = 1 << 1
    BAN_MEMBERS = 1 << 2
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_AUDIT_LOG = 1 << 7
    PRIORITY_SPEAKER = 1 << 8
    STREAM = 1 << 9
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    SEND_TTS_MESSAGES = 1 << 12
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    CONNECT = 1 << 20
    SPEAK = 1 << 21
    MUTE_MEMBERS = 1 << 22
    DEAFEN_MEMBERS = 1 << 23
    MOVE_MEMBERS = 1 << 24
    USE_VAD = 1 << 25
    CHANGE_NICKNAME = 1 << 26
    MANAGE_NICKNAMES = 1 << 27
    MANAGE_ROLES = 1 << 28
    MANAGE_WEBHOOKS = 1 << 29
    MANAGE_GUILD_EXPRESSIONS = 1 << 30
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_EVENTS = 1 << 33
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38
    MODERATE_MEMBERS = 1 << 40
    SEND_POLLS = 1 << 49
    PIN_MESSAGES = 1 << 51
    BYPASS_SLOWMODE = 1 << 52


P = Permission
NONE = Permission(0)
ALL = NONE
for _each in Permission:
    ALL |= _each
EVERYONE = (
    P.CREATE_INSTANT_INVITE | P.ADD_REACTIONS | P.STREAM | P.VIEW_CHANNEL | P.SEND_MESSAGES | P.EMBED_LINKS
    | P.ATTACH_FILES | P.READ_MESSAGE_HISTORY | P.USE_EXTERNAL_EMOJIS | P.CONNECT | P.SPEAK | P.USE_VAD
    | P.CHANGE_NICKNAME | P.USE_APPLICATION_COMMANDS | P.CREATE_PUBLIC_THREADS | P.CREATE_PRIVATE_THREADS
    | P.SEND_MESSAGES_IN_THREADS | P.SEND_POLLS
)  # fmt: skip
"""What everyone may do in a new guild (``@everyone`` pings not among it)."""
PRIVATE_THREAD = 12
SILENCED = P.VIEW_CHANNEL | P.READ_MESSAGE_HISTORY
"""All that is left to a member who is timed out."""


def in_guild(guild: Guild, user: int) -> Permission:
    """What a member may do in a guild, channels aside. Nobody else may do anything."""
    if user == guild.owner:
        return ALL
    member = guild.members.get(user)
    if member is None:
        return NONE
    found = guild.roles[guild.id].permissions
    for role in member.roles:
        found |= guild.roles[role].permissions
    return ALL if found & P.ADMINISTRATOR else found


def in_channel(channel: Channel, user: int) -> Permission:
    """What somebody may do in a channel: roles, then the channel's overwrites, then a timeout."""
    guild = channel.guild
    if guild is None:
        return ALL if user in channel.recipients else Permission(0)
    found = in_guild(guild, user)
    if found == ALL or user not in guild.members:
        return found
    found = _overwritten(channel, user, found)
    if guild.members[user].timed_out(channel.world.clock.now()):
        found &= SILENCED
    if not found & P.VIEW_CHANNEL or (_private(channel, user) and not found & P.MANAGE_THREADS):
        return NONE
    return found


def _private(channel: Channel, user: int) -> bool:
    """Whether it is a private thread that somebody is not in."""
    thread = channel.thread
    return channel.kind == PRIVATE_THREAD and thread is not None and user not in thread.members


def _overwritten(channel: Channel, user: int, found: Permission) -> Permission:
    guild = channel.guild
    assert guild is not None
    overwrites = (channel.parent if channel.is_thread and channel.parent else channel).overwrites
    if everyone := overwrites.get(guild.id):
        found = found & ~everyone.deny | everyone.allow
    allow, deny = NONE, NONE
    for role in guild.members[user].roles:
        if overwrite := overwrites.get(role):
            allow |= overwrite.allow
            deny |= overwrite.deny
    found = found & ~deny | allow
    if own := overwrites.get(user):
        found = found & ~own.deny | own.allow
    return found
