"""What managers read in the log channel, and what people are told of what was done to them."""

from __future__ import annotations

from butler import Channel, Guild, Plugin

from butler_moderation.punishing import Deed


class Telling:
    """Says things to managers and to those concerned; everything is written with what is being handled."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self._host = plugin.host

    def log_channel(self, guild: Guild) -> Channel | None:
        """Where managers of a guild read, or ``None``."""
        wanted = self._plugin.settings_for(guild).log_channel
        return self._host.channel(wanted) if wanted else None

    async def log(self, place: Channel, text: str, key: str) -> None:
        """Tell the managers, once for each key."""
        channel = self.log_channel(place.guild)
        self._host.log.info("moderation", guild=place.guild.id, channel=place.id, what=text)
        if channel is not None:
            await self._host.push(channel, text, f"log {key}")

    async def warn(self, deed: Deed) -> None:
        """Tell somebody in private what they are warned of; where that cannot be, in the channel."""
        guild = deed.channel.guild
        text = f"You were warned in {guild.name or guild.id}: {deed.reason}."
        await self._host.push(
            deed.person, text, deed.key, guild=guild, fallback=deed.channel, asked=True, at_night=True
        )
