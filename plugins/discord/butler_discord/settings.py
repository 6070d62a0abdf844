"""The section ``[platforms.discord]``: the token, which shards, who is let in."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen
from butler import secret


@frozen
class Settings:
    """What ``[platforms.discord]`` may hold. Durations are seconds."""

    token: str = secret()
    """The bot's token: discord.com/developers/applications, New Application, Bot, Reset Token."""
    rest_url: str = ""
    """Another server that speaks Discord's API; empty: Discord's own."""
    bots: Mapping[str, str] = field(factory=dict, repr=False, metadata={"secret": True, "host_wide": True})
    """Personas with a bot of their own: the persona's name to its token."""
    shard_count: int = 1
    """Over how many shards the guilds are spread, all processes together; 0: as many as Discord recommends."""
    shards: tuple[int, ...] = ()
    """The shards that this process runs; empty: all."""
    owners: tuple[str, ...] = ()
    """Ids of people who rank as owner everywhere, DMs included."""
    webhooks: bool = True
    """Personas speak through webhooks, with their own name and picture; else through the bot, their name before it."""
    presences: bool = False
    """Ask for who is online (a privileged intent), and tell plugins of it."""
    slow_latency: float = 1.0
    """From which latency of the gateway on a shard is said to be slow."""
