"""Guilds through the API: what they are, their channels, roles and members."""

from __future__ import annotations

from typing import Any, Final

from butler_discord.testing.errors import unknown
from butler_discord.testing.rest.ask import Ask, Route
from butler_discord.testing.state.guilds import Guild, Member


def guild(ask: Ask) -> Any:
    """A guild."""
    found = ask.guild()
    counts = {"approximate_member_count": len(found.members), "approximate_presence_count": len(found.members)}
    return {**found.json(), **(counts if ask.query.get("with_counts") else {})}


def channels(ask: Ask) -> Any:
    """Its channels, without threads."""
    return [channel.json() for channel in ask.guild().channels.values() if not channel.is_thread]


def roles(ask: Ask) -> Any:
    """Its roles."""
    return [role.json() for role in ask.guild().roles.values()]


def channel(ask: Ask) -> Any:
    """A channel."""
    return ask.channel().json()


def member_of(found: Guild, user: int) -> Member:
    """A member. Raises ``Refused``."""
    if user not in found.members:
        raise unknown("Member")
    return found.members[user]


def member(ask: Ask) -> Any:
    """A member."""
    return member_of(ask.guild(), ask.number("user")).json()


ROUTES: Final[tuple[Route, ...]] = (
    ("GET", "/guilds/{guild}", guild),
    ("GET", "/guilds/{guild}/channels", channels),
    ("GET", "/guilds/{guild}/roles", roles),
    ("GET", "/guilds/{guild}/members/{user}", member),
    ("GET", "/channels/{channel}", channel),
)
