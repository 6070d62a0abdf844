"""Discord: people in its guilds talk with the host's personas."""

from __future__ import annotations

from butler import Plugin

from butler_discord.platform import Discord as DiscordPlatform
from butler_discord.tables import Asked, Direct, Draft, Home, Hook, Offered

__all__ = ["Discord"]


class Discord(Plugin):
    """Brings the platform ``discord``; it is served when butler.toml has ``[platforms.discord]``."""

    platform = DiscordPlatform
    tables = (Home, Hook, Asked, Draft, Direct, Offered)
    person_columns = {"discord_direct": ("person",)}  # noqa: RUF012 - the base class declares it a ClassVar
