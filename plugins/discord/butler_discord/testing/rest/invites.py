"""Invites through the API."""

from __future__ import annotations

from typing import Any, Final

from butler_discord.testing.deeds import audit, invites
from butler_discord.testing.deeds.audit import Act
from butler_discord.testing.errors import Refused, invalid, missing_permissions
from butler_discord.testing.rest.ask import Ask, Route
from butler_discord.testing.state.invites import Invite
from butler_discord.testing.state.permissions import Permission, in_channel, in_guild

P = Permission
MOST = 1000


def create(ask: Ask) -> Any:
    """Make an invite; one of the same sort is used again unless ``unique`` is asked for."""
    channel = ask.channel(P.CREATE_INSTANT_INVITE)
    age, uses = int(ask.body.get("max_age", 86_400)), int(ask.body.get("max_uses", 0))
    if not 0 <= age <= 604_800:
        raise invalid("max_age", "NUMBER_TYPE_MAX", "int value should be between 0 and 604800.")
    if not 0 <= uses <= 100:
        raise invalid("max_uses", "NUMBER_TYPE_MAX", "int value should be between 0 and 100.")
    now = ask.world.clock.now()
    known = [each for each in ask.world.invites.values() if each.channel is channel and each.valid(now)]
    if len(known) >= MOST:
        raise Refused(400, 30016, f"Maximum number of invites reached ({MOST})")
    if not ask.body.get("unique"):
        for each in known:
            if (each.inviter, each.max_age, each.max_uses) == (ask.app.user, age, uses):
                return each.json()
    temporary = bool(ask.body.get("temporary"))
    made = invites.invite(ask.world, channel, ask.app.user, max_age=age, max_uses=uses, temporary=temporary)
    audit.note(ask.world, channel.guild, Act.INVITE_CREATE, ask.app.id, None, ask.reason)
    return made.json()


def _valid(ask: Ask, found: list[Invite]) -> Any:
    now = ask.world.clock.now()
    return [each.json() for each in found if each.valid(now)]


def of_guild(ask: Ask) -> Any:
    """A guild's invites, with how often each was used."""
    guild = ask.guild(P.MANAGE_GUILD)
    return _valid(ask, [each for each in ask.world.invites.values() if each.channel.guild is guild])


def of_channel(ask: Ask) -> Any:
    """A channel's invites."""
    channel = ask.channel(P.MANAGE_CHANNELS)
    return _valid(ask, [each for each in ask.world.invites.values() if each.channel is channel])


def one(ask: Ask) -> Any:
    """An invite."""
    return invites.find(ask.world, ask.params["code"]).json()


def delete(ask: Ask) -> Any:
    """Take an invite back."""
    found = invites.find(ask.world, ask.params["code"])
    guild = found.channel.guild
    assert guild is not None
    may = in_guild(guild, ask.app.id) & P.MANAGE_GUILD or in_channel(found.channel, ask.app.id) & P.MANAGE_CHANNELS
    if not may:
        raise missing_permissions()
    told = found.json()
    invites.take_back(ask.world, found)
    audit.note(ask.world, guild, Act.INVITE_DELETE, ask.app.id, None, ask.reason)
    return told


ROUTES: Final[tuple[Route, ...]] = (
    ("POST", "/channels/{channel}/invites", create),
    ("GET", "/channels/{channel}/invites", of_channel),
    ("GET", "/guilds/{guild}/invites", of_guild),
    ("GET", "/invites/{code}", one),
    ("DELETE", "/invites/{code}", delete),
)
