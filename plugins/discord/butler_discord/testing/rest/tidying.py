"""Pins, and many messages deleted at once."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from butler_discord.testing.deeds import audit, posting
from butler_discord.testing.deeds.audit import Act
from butler_discord.testing.errors import JSON, Refused, invalid
from butler_discord.testing.ids import made_at, stamp
from butler_discord.testing.rest.ask import Ask, Route
from butler_discord.testing.rest.messages import shown
from butler_discord.testing.state.channels import Channel
from butler_discord.testing.state.messages import Message
from butler_discord.testing.state.permissions import Permission, in_channel

P = Permission
OLDEST = dt.timedelta(days=14)
MOST_PINS = 250
PINNED = 6
"""The kind of the message that tells of a pin."""


def delete_many(ask: Ask) -> None:
    """Delete 2 to 100 messages of a guild's channel, all younger than 14 days."""
    channel = ask.channel()
    if channel.guild is None:
        raise Refused(403, 50003, "Cannot execute action on a DM channel")
    ask.may(channel, P.MANAGE_MESSAGES)
    given = [int(each) for each in ask.body.get("messages") or []]
    if not 2 <= len(given) <= 100:
        raise invalid("messages", "BASE_TYPE_BAD_LENGTH", "Must be between 2 and 100 in length.")
    if len(set(given)) != len(given):
        raise invalid("messages", "SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value")
    now = ask.world.clock.now()
    if any(now - made_at(each) > OLDEST for each in given):
        raise Refused(400, 50034, "You can only bulk delete messages that are under 14 days old.")
    found = [channel.messages[each] for each in given if each in channel.messages]
    if found:
        posting.delete(ask.world, *found, bulk=True)
    count = str(len(found))
    audit.note(ask.world, channel.guild, Act.MESSAGE_BULK_DELETE, ask.app.id, channel.id, ask.reason, count=count)


def pins(ask: Ask) -> Any:
    """A channel's pinned messages, the last pinned first."""
    channel = ask.channel()
    if not in_channel(channel, ask.app.id) & P.READ_MESSAGE_HISTORY:
        return {"items": [], "has_more": False}
    found = _pinned(channel)
    if "before" in ask.query:
        before = dt.datetime.fromisoformat(ask.query["before"])
        found = [each for each in found if each[0] < before]
    limit = int(ask.query.get("limit", 50))
    items: list[JSON] = [{"pinned_at": stamp(at), "message": shown(ask, message)} for at, message in found[:limit]]
    return {"items": items, "has_more": len(found) > limit}


def _pinned(channel: Channel) -> list[tuple[dt.datetime, Message]]:
    newest = sorted(channel.pins.items(), key=lambda pin: pin[1], reverse=True)
    return [(at, channel.messages[identifier]) for identifier, at in newest]


def pin(ask: Ask) -> None:
    """Pin a message."""
    channel = ask.channel(P.PIN_MESSAGES)
    message = ask.message(channel)
    if message.id in channel.pins:
        return
    if len(channel.pins) >= MOST_PINS:
        raise Refused(400, 30003, f"Maximum number of pins reached for the channel ({MOST_PINS})")
    channel.pins[message.id] = ask.world.clock.now()
    _told(ask, message, Act.MESSAGE_PIN)
    told = posting.post(ask.world, channel, ask.app.user, kind=PINNED, allowed={})
    told.reference = {"type": 0, "message_id": str(message.id), "channel_id": str(channel.id)}


def unpin(ask: Ask) -> None:
    """Unpin a message."""
    channel = ask.channel(P.PIN_MESSAGES)
    message = ask.message(channel)
    if channel.pins.pop(message.id, None):
        _told(ask, message, Act.MESSAGE_UNPIN)


def _told(ask: Ask, message: Message, act: Act) -> None:
    channel = message.channel
    posting.edit(ask.world, message, quiet=True)
    last = max(channel.pins.values(), default=None)
    data: JSON = {"channel_id": str(channel.id), "last_pin_timestamp": stamp(last)}
    if channel.guild:
        data["guild_id"] = str(channel.guild.id)
    ask.world.emit("CHANNEL_PINS_UPDATE", data, guild=channel.guild, channel=channel)
    where = {"channel_id": str(channel.id), "message_id": str(message.id)}
    audit.note(ask.world, channel.guild, act, ask.app.id, message.author.id, ask.reason, **where)


ROUTES: Final[tuple[Route, ...]] = (
    ("POST", "/channels/{channel}/messages/bulk-delete", delete_many),
    ("GET", "/channels/{channel}/messages/pins", pins),
    ("PUT", "/channels/{channel}/messages/pins/{message}", pin),
    ("DELETE", "/channels/{channel}/messages/pins/{message}", unpin),
)
