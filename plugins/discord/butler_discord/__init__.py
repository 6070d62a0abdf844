"""Discord: people in its guilds talk with the host's personas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from butler import Plugin

from butler_discord.platform import Discord as DiscordPlatform
from butler_discord.tables import Asked, Direct, Draft, Home, Hook, Offered

__all__ = ["Discord"]


class Discord(Plugin):
    """Brings the platform ``discord``; it is served when butler.toml has ``[platforms.discord]``."""

    platform = DiscordPlatform
    tables = (Home, Hook, Asked, Draft, Direct, Offered)
    person_columns = {"discord_direct": ("person",)}  # noqa: RUF012 - the base class declares it a ClassVar

    async def export_person(self, person: str) -> Mapping[str, Any]:
        """The private channels with somebody, and who speaks there."""
        rows = await self.host.db.read(lambda: list(Direct.select().where(Direct.person == person).dicts()))
        return {"private_channels": rows} if rows else {}

    async def forget_person(self, person: str, replacement: str) -> Mapping[str, int]:
        """Forget them, in memory too."""
        platform = self.host.platform("discord")
        if isinstance(platform, DiscordPlatform) and platform.connected is not None:
            platform.connected.directs.forget(person)
        gone = await self.host.db.write(Direct.delete().where(Direct.person == person).execute)
        return {"discord_direct": gone}
