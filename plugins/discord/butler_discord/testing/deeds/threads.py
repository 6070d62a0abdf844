"""Threads are begun, joined, left, archived."""

from __future__ import annotations

import datetime as dt
from typing import Any

from butler_discord.testing.deeds import posting
from butler_discord.testing.errors import JSON
from butler_discord.testing.ids import made_at, stamp
from butler_discord.testing.state.channels import FORUMS, Channel, Kind, Thread
from butler_discord.testing.state.messages import Message
from butler_discord.testing.state.users import User
from butler_discord.testing.world import World

HAS_THREAD = 1 << 5
STARTER = 21
"""The kind of the message with which a thread that was begun from another begins."""


def begin(
    world: World,
    parent: Channel,
    owner: User,
    name: str,
    *,
    source: Message | None = None,
    kind: Kind | None = None,
    **more: Any,
) -> Channel:
    """Begin a thread, from a message or without. ``more``: fields of the :class:`Thread`."""
    identifier = source.id if source else world.ids.new()
    default = Kind.NEWS_THREAD if parent.kind is Kind.NEWS else Kind.THREAD
    thread = Thread(owner.id, world.clock.now(), **more)
    channel = Channel(
        world, identifier, kind or default, parent.guild, name, parent=parent, thread=thread,
        slowmode=parent.settings.get("default_thread_rate_limit_per_user") or 0,
    )  # fmt: skip
    assert parent.guild is not None
    world.channels[identifier] = parent.guild.channels[identifier] = channel
    thread.members[owner.id] = world.clock.now()
    world.threads.add(channel)
    if source is not None:
        source.thread = channel
        source.flags |= HAS_THREAD
    data = {**channel.json(), "newly_created": True}
    world.emit("THREAD_CREATE", data, guild=parent.guild, channel=channel)
    if source is not None and parent.kind not in FORUMS:
        starter = posting.post(world, channel, owner, kind=STARTER, allowed={})
        starter.reference = {"type": 0, "channel_id": str(parent.id), "message_id": str(source.id)}
        starter.answers = source
    return channel


def join(world: World, channel: Channel, user: User) -> None:
    """Somebody joins a thread, or is added to it."""
    assert channel.thread is not None
    if user.id in channel.thread.members:
        return
    channel.thread.members[user.id] = world.clock.now()
    _told(world, channel, added=user)


def leave(world: World, channel: Channel, user: User) -> None:
    """Somebody leaves a thread, or is taken out of it."""
    assert channel.thread is not None
    if channel.thread.members.pop(user.id, None):
        _told(world, channel, removed=user)


def member_json(channel: Channel, user: int) -> JSON:
    """Somebody in a thread as Discord's API gives them."""
    assert channel.thread is not None
    joined = stamp(channel.thread.members[user])
    return {"id": str(channel.id), "user_id": str(user), "join_timestamp": joined, "flags": 0}


def _told(world: World, channel: Channel, added: User | None = None, removed: User | None = None) -> None:
    assert channel.thread is not None
    assert channel.guild is not None
    data: JSON = {
        "id": str(channel.id), "guild_id": str(channel.guild.id), "member_count": len(channel.thread.members)
    }  # fmt: skip
    if added is not None:
        member = {**member_json(channel, added.id), "member": channel.guild.members[added.id].json(), "presence": None}
        data["added_members"] = [member]
    if removed is not None:
        data["removed_member_ids"] = [str(removed.id)]
    world.emit("THREAD_MEMBERS_UPDATE", data, guild=channel.guild, channel=channel)


def archive(world: World, channel: Channel, *, archived: bool) -> None:
    """A thread is put away, or taken out again."""
    assert channel.thread is not None
    channel.thread.archived, channel.thread.archived_at = archived, world.clock.now()
    world.emit("THREAD_UPDATE", channel.json(), guild=channel.guild, channel=channel)


def archive_due(world: World) -> None:
    """Archive the threads that were silent for as long as they say."""
    now = world.clock.now()
    for channel in list(world.threads):
        thread = channel.thread
        last = made_at(channel.last_message or channel.id)
        if thread and not thread.archived and now - last >= dt.timedelta(minutes=thread.archive_after):
            archive(world, channel, archived=True)
