"""Reactions through the API."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import unquote

import emoji

from butler_discord.testing.deeds import reacting
from butler_discord.testing.errors import Refused, missing_permissions, unknown
from butler_discord.testing.rest.ask import Ask, Route
from butler_discord.testing.state.permissions import Permission, in_channel

P = Permission
MOST = 20


def _emoji(ask: Ask) -> str:
    """The emoji in the path: one of Unicode, or ``name:id``."""
    given = unquote(ask.params["emoji"])
    name, _, identifier = given.removeprefix("a:").partition(":")
    if identifier.isdigit() and name:
        return f"{name}:{identifier}"
    if not emoji.is_emoji(given) and not emoji.is_emoji(given.rstrip("\ufe0f")) and not emoji.purely_emoji(given):
        raise Refused(400, 10014, "Unknown Emoji")
    return given


def react(ask: Ask) -> None:
    """React; a new emoji needs the permission to add one."""
    channel = ask.channel(P.READ_MESSAGE_HISTORY)
    message = ask.message(channel)
    given = _emoji(ask)
    if given not in message.reactions:
        if not in_channel(channel, ask.app.id) & P.ADD_REACTIONS:
            raise missing_permissions()
        if len(message.reactions) >= MOST:
            raise Refused(400, 30010, "Maximum number of reactions reached (20)")
    for user in channel.recipients.values():
        if ask.app.id in user.blocked:
            raise Refused(403, 90001, "Reaction was blocked")
    reacting.react(ask.world, message, ask.app.user, given)


def unreact(ask: Ask) -> None:
    """Take one's own reaction back."""
    channel = ask.channel(P.READ_MESSAGE_HISTORY)
    reacting.unreact(ask.world, ask.message(channel), ask.app.user, _emoji(ask))


def take(ask: Ask) -> None:
    """Take somebody else's reaction away."""
    channel = ask.channel(P.READ_MESSAGE_HISTORY)
    user = ask.world.user(ask.number("user"))
    if user is not ask.app.user:
        ask.may(channel, P.MANAGE_MESSAGES)
    reacting.unreact(ask.world, ask.message(channel), user, _emoji(ask))


def who(ask: Ask) -> Any:
    """Who reacted with an emoji."""
    message = ask.message(ask.channel(P.READ_MESSAGE_HISTORY))
    after, limit = int(ask.query.get("after", 0)), int(ask.query.get("limit", 25))
    users = sorted(user for user in message.reactions.get(_emoji(ask), {}) if user > after)
    return [ask.world.users[user].json() for user in users[:limit]]


def clear(ask: Ask) -> None:
    """Take all reactions away."""
    channel = ask.channel(P.MANAGE_MESSAGES)
    reacting.clear(ask.world, ask.message(channel))


def clear_one(ask: Ask) -> None:
    """Take all reactions with one emoji away."""
    channel = ask.channel(P.MANAGE_MESSAGES)
    message = ask.message(channel)
    given = _emoji(ask)
    if given not in message.reactions:
        raise unknown("Emoji")
    reacting.clear(ask.world, message, given)


_ALL = "/channels/{channel}/messages/{message}/reactions"
ROUTES: Final[tuple[Route, ...]] = (
    ("PUT", _ALL + "/{emoji}/@me", react),
    ("DELETE", _ALL + "/{emoji}/@me", unreact),
    ("DELETE", _ALL + "/{emoji}/{user}", take),
    ("GET", _ALL + "/{emoji}", who),
    ("DELETE", _ALL + "/{emoji}", clear_one),
    ("DELETE", _ALL, clear),
)
