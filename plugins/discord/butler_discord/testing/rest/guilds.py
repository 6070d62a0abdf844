"""A guild itself through the API, and who is in its voice channels."""

from __future__ import annotations

from typing import Any, Final

from butler_discord.testing.deeds import audit
from butler_discord.testing.deeds.audit import Act
from butler_discord.testing.errors import unknown
from butler_discord.testing.rest.ask import Ask, Route
from butler_discord.testing.state.permissions import Permission

KEPT = (
    "description", "preferred_locale", "verification_level", "default_message_notifications",
    "explicit_content_filter", "afk_timeout", "system_channel_flags",
)  # fmt: skip


def one(ask: Ask) -> Any:
    """A guild."""
    found = ask.guild()
    counts = {"approximate_member_count": len(found.members), "approximate_presence_count": len(found.members)}
    return {**found.json(), **(counts if ask.yes("with_counts") else {})}


def change(ask: Ask) -> Any:
    """Change a guild."""
    guild = ask.guild(Permission.MANAGE_GUILD)
    guild.name = ask.body.get("name", guild.name)
    guild.settings |= {key: ask.body[key] for key in KEPT if key in ask.body}
    ask.world.emit("GUILD_UPDATE", guild.json(), guild=guild)
    audit.note(ask.world, guild, Act.GUILD_UPDATE, ask.app.id, guild.id, ask.reason)
    return guild.json()


def voice(ask: Ask) -> Any:
    """In which voice channel somebody is."""
    state = ask.guild().voice.get(ask.number("user"))
    if state is None:
        raise unknown("Voice State")
    return state.json()


def my_voice(ask: Ask) -> Any:
    """In which voice channel the bot is."""
    state = ask.guild().voice.get(ask.app.id)
    if state is None:
        raise unknown("Voice State")
    return state.json()


def regions(ask: Ask) -> Any:
    """Where voice can be."""
    return [{"id": "here", "name": "Here", "optimal": True, "deprecated": False, "custom": False}]


ROUTES: Final[tuple[Route, ...]] = (
    ("GET", "/guilds/{guild}", one),
    ("PATCH", "/guilds/{guild}", change),
    ("GET", "/guilds/{guild}/voice-states/@me", my_voice),
    ("GET", "/guilds/{guild}/voice-states/{user}", voice),
    ("GET", "/voice/regions", regions),
    ("GET", "/guilds/{guild}/regions", regions),
)
