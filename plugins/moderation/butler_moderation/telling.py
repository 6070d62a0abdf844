"""What managers read in the log channel, and what people are told of what was done to them."""

from __future__ import annotations

from butler import Button, Channel, Guild, Plugin, Reply

from butler_moderation.punishing import Deed, in_words

TOLD = {"warn": "You were warned", "kick": "You were put out", "ban": "You were banned"}


def notice(deed: Deed, number: int) -> str:
    """What somebody is told."""
    guild = deed.channel.guild.name or deed.channel.guild.id
    what = TOLD.get(deed.do, f"There is a {deed.do} against you")
    lasts = f" ({in_words(deed.do, deed.seconds)})" if deed.seconds and deed.do not in {"warn", "kick"} else ""
    return f"{what} in {guild}{lasts}: {deed.reason or 'no reason was given'}. Case {number}."


class Telling:
    """Says things to managers and to those concerned; everything is written with what is being handled."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self._host = plugin.host

    def log_channel(self, guild: Guild) -> Channel | None:
        """Where managers of a guild read, or ``None``."""
        wanted = self._plugin.settings_for(guild).log_channel
        return self._host.channel(wanted) if wanted else None

    async def log(self, place: Channel, text: str, key: str, buttons: tuple[Button, ...] = ()) -> bool:
        """Tell the managers, once for each key; whether there is a channel for it."""
        channel = self.log_channel(place.guild)
        self._host.log.info("moderation", guild=place.guild.id, channel=place.id, what=text)
        if channel is not None:
            await self._host.push(channel, Reply(text, buttons=buttons, lasts=30 * 86_400.0), f"log {key}")
        return channel is not None

    def buttons(self, deed: Deed, number: int) -> tuple[Button, ...]:
        """What somebody can do about it."""
        return (Button("Appeal", "appeal", f"{number} {deed.channel.guild.id}"),)

    async def notify(self, deed: Deed, number: int, key: str) -> None:
        """Tell somebody in private what was done; where that cannot be, in the channel."""
        reply = Reply(notice(deed, number), buttons=self.buttons(deed, number), lasts=30 * 86_400.0)
        await self._host.push(
            deed.person, reply, f"told {key}", guild=deed.channel.guild, fallback=deed.channel, asked=True,
            at_night=True,
        )  # fmt: skip
