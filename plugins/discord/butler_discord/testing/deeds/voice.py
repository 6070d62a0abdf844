"""People go into voice channels, between them, and out; bots too."""

from __future__ import annotations

import secrets

from butler_discord.testing.state.channels import Channel
from butler_discord.testing.state.guilds import Guild, Member
from butler_discord.testing.state.voice import VoiceState
from butler_discord.testing.world import World


def move(
    world: World,
    guild: Guild,
    member: Member,
    channel: Channel | None,
    *,
    self_mute: bool | None = None,
    self_deaf: bool | None = None,
) -> None:
    """Somebody is in a voice channel from now on, or (``None``) in none."""
    state = guild.voice.get(member.user.id)
    if state is None and channel is None:
        return
    if state is None:
        state = VoiceState(guild, member, None, secrets.token_hex(16))
    came = channel is not None and state.channel != channel.id
    state.channel = channel.id if channel else None
    state.self_mute = state.self_mute if self_mute is None else self_mute
    state.self_deaf = state.self_deaf if self_deaf is None else self_deaf
    if channel is None:
        guild.voice.pop(member.user.id, None)
    else:
        guild.voice[member.user.id] = state
    told(world, state)
    app = world.apps.get(member.user.id)
    if app is not None and came:
        data = {"token": secrets.token_hex(8), "guild_id": str(guild.id), "endpoint": "127.0.0.1:1"}
        world.emit("VOICE_SERVER_UPDATE", data, guild=guild, only=app)


def told(world: World, state: VoiceState) -> None:
    """Tell of somebody's voice as it is now."""
    world.emit("VOICE_STATE_UPDATE", state.json(), guild=state.guild)
