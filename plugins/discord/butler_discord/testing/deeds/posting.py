"""Messages come, change and go; each time it is noted whom it wakes."""

from __future__ import annotations

from typing import Any

from butler_discord.testing.deeds.texts import texts_of
from butler_discord.testing.errors import JSON
from butler_discord.testing.state import mentions
from butler_discord.testing.state.channels import Channel
from butler_discord.testing.state.messages import Message, event_json
from butler_discord.testing.state.permissions import Permission, in_channel
from butler_discord.testing.state.users import User
from butler_discord.testing.world import World

REPLY = 19
"""The kind of a message that replies to another."""


def post(
    world: World,
    channel: Channel,
    author: User,
    text: str = "",
    *,
    allowed: JSON | None = None,
    answers: Message | None = None,
    identifier: int | None = None,
    silent: bool = False,
    **more: Any,
) -> Message:
    """Put a message into a channel and tell everybody. ``more``: further fields of the message.

    ``silent``: it is there, and nobody is told (history from before somebody connected).
    """
    message = Message(identifier or world.ids.new(), channel, author, text, answers=answers, **more)
    if answers is not None:
        message.kind = message.kind or REPLY
        message.reference = _reference(answers)
    rings(message, allowed if allowed is not None else mentions.check(None))
    if message.only is None:
        _keep(channel, message)
    else:
        channel.whispers.setdefault(message.only, {})[message.id] = message
    if message.poll is not None:
        world.polls.add(message)
        world.wake_at(message.poll.ends)
    if silent:
        return message
    if channel.thread and channel.thread.archived:
        channel.thread.archived, channel.thread.archived_at = False, world.clock.now()
        world.emit("THREAD_UPDATE", channel.json(), guild=channel.guild, channel=channel)
    _ring(world, message)
    tell(world, "MESSAGE_CREATE", message)
    return message


def edit(world: World, message: Message, *, allowed: JSON | None = None, quiet: bool = False, **changes: Any) -> None:
    """Change fields of a message. ``quiet``: what is no edit of the author's (a pin, an end of a poll)."""
    for name, value in changes.items():
        setattr(message, name, value)
    if not quiet:
        message.edited = world.clock.now()
    if "text" in changes or "components" in changes:
        before = message.mentions
        rings(message, allowed if allowed is not None else mentions.check(None))
        if message.mentions != before:
            _ring(world, message, edit=True)
    tell(world, "MESSAGE_UPDATE", message)


def delete(world: World, *messages: Message, bulk: bool = False) -> None:
    """Take messages of one channel away. ``bulk``: all in one event."""
    channel = messages[0].channel
    for message in messages:
        message.deleted = True
        if channel.messages.pop(message.id, None) and channel.thread:
            channel.thread.deleted += 1
        channel.whispers.get(message.only or 0, {}).pop(message.id, None)
        channel.pins.pop(message.id, None)
        world.polls.discard(message)
    where: JSON = {"channel_id": str(channel.id)}
    if channel.guild:
        where["guild_id"] = str(channel.guild.id)
    if bulk:
        data = {"ids": [str(message.id) for message in messages], **where}
        world.emit("MESSAGE_DELETE_BULK", data, guild=channel.guild, channel=channel)
    else:
        for message in messages:
            data = {"id": str(message.id), **where}
            world.emit("MESSAGE_DELETE", data, guild=channel.guild, channel=channel, person=message.only)


def tell(world: World, name: str, message: Message) -> None:
    """Tell of a message: through the gateway, or the one person who sees it."""
    where = {"guild": message.channel.guild, "channel": message.channel, "person": message.only}
    world.emit(name, event_json(message), message=message, **where)


def rings(message: Message, allowed: JSON) -> None:
    """Work out whom a message's text wakes."""
    may = message.webhook is not None or bool(
        in_channel(message.channel, message.author.id) & Permission.MENTION_EVERYONE
    )
    message.mentions = mentions.found_in(
        texts_of(message), message.channel, allowed, may_everyone=may, answered=message.answers
    )


def _ring(world: World, message: Message, *, edit: bool = False) -> None:
    rung = mentions.who(message.mentions, message.channel, message.author.id)
    if message.only is not None:
        rung &= {message.only}
    if rung or message.mentions.everyone or message.mentions.roles:
        world.pings.append(mentions.Ping(message, message.mentions, rung, edit))


def _keep(channel: Channel, message: Message) -> None:
    late = channel.last_message is not None and message.id < channel.last_message
    channel.messages[message.id] = message
    if late:
        channel.messages = dict(sorted(channel.messages.items()))
    channel.last_message = max(message.id, channel.last_message or 0)
    if channel.thread:
        channel.thread.sent += 1


def _reference(message: Message) -> JSON:
    found: JSON = {"type": 0, "message_id": str(message.id), "channel_id": str(message.channel.id)}
    return {**found, "guild_id": str(message.channel.guild.id)} if message.channel.guild else found
