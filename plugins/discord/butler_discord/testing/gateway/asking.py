"""What a bot asks through the gateway: members of a guild, a voice channel, how it shows itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from butler_discord.testing.deeds import voice
from butler_discord.testing.errors import JSON
from butler_discord.testing.gateway.codes import Intent, Op
from butler_discord.testing.gateway.hub import Hub
from butler_discord.testing.gateway.session import Session
from butler_discord.testing.state.guilds import Guild, Member
from butler_discord.testing.state.permissions import Permission, in_channel

CHUNK = 1000


def members(hub: Hub, session: Session, data: JSON) -> None:
    """Answer with a guild's members, a thousand at a time: all, by name, or by id."""
    guild = hub.world.guilds.get(int(data["guild_id"]))
    if guild is None or session.app.id not in guild.members:
        return
    wanted = [int(each) for each in _listed(data.get("user_ids"))]
    everybody = not wanted and not data.get("query") and not data.get("limit")
    if everybody and (not session.intents & Intent.MEMBERS or _too_soon(hub, session, guild, data)):
        return
    found = _by_id(guild, wanted) if wanted else _by_name(guild, data.get("query") or "", data.get("limit") or 0)
    chunks = [found[start : start + CHUNK] for start in range(0, len(found), CHUNK)] or [[]]
    for number, chunk in enumerate(chunks):
        answer: JSON = {
            "guild_id": str(guild.id), "members": [member.json() for member in chunk], "chunk_index": number,
            "chunk_count": len(chunks), "not_found": [str(each) for each in wanted if each not in guild.members],
        }  # fmt: skip
        if data.get("nonce") is not None:
            answer["nonce"] = data["nonce"]
        session.tell("GUILD_MEMBERS_CHUNK", json.dumps(answer))


def _too_soon(hub: Hub, session: Session, guild: Guild, data: JSON) -> bool:
    """Whether all members were asked for just now; the bot is told when it may ask again."""
    now = hub.world.clock.monotonic()
    left = session.asked_members.get(guild.id, -1e9) + hub.limits.members_every - now
    if left > 0:
        meta = {"guild_id": str(guild.id), "nonce": data.get("nonce")}
        limited = {"opcode": int(Op.REQUEST_MEMBERS), "retry_after": round(left, 3), "meta": meta}
        session.tell("RATE_LIMITED", json.dumps(limited))
        return True
    session.asked_members[guild.id] = now
    return False


def voice_state(hub: Hub, session: Session, data: JSON) -> None:
    """Go into a voice channel, between them, or out."""
    guild = hub.world.guilds.get(int(data["guild_id"]))
    if guild is None or session.app.id not in guild.members:
        return
    channel = guild.channels.get(int(data["channel_id"] or 0))
    if channel is not None and not in_channel(channel, session.app.id) & Permission.CONNECT:
        return
    voice.move(
        hub.world, guild, guild.members[session.app.id], channel,
        self_mute=bool(data.get("self_mute")), self_deaf=bool(data.get("self_deaf")),
    )  # fmt: skip


def channel_info(hub: Hub, session: Session, data: JSON) -> None:
    """Answer with the voice channels of a guild in which somebody is."""
    guild = hub.world.guilds.get(int(data["guild_id"]))
    if guild is not None and session.app.id in guild.members:
        busy = sorted({state.channel for state in guild.voice.values() if state.channel})
        channels = [{"id": str(channel), "status": None, "voice_start_time": None} for channel in busy]
        session.tell("CHANNEL_INFO", json.dumps({"guild_id": str(guild.id), "channels": channels}))


def _listed(ids: Any) -> list[Any]:
    return ids if isinstance(ids, list) else [ids] if ids else []


def _by_id(guild: Guild, wanted: list[int]) -> list[Member]:
    return [guild.members[each] for each in wanted if each in guild.members]


def _by_name(guild: Guild, query: str, limit: int) -> list[Member]:
    start = query.lower()
    found = [
        member
        for member in guild.members.values()
        if member.name.lower().startswith(start) or member.user.name.startswith(start)
    ]
    return found[:limit] if limit else found


def presence(hub: Hub, session: Session, data: JSON) -> None:
    """Show itself so from now on."""
    session.presence = data
    hub.world.touch()


ASKED: Final[dict[int, Callable[[Hub, Session, Any], None]]] = {
    Op.REQUEST_MEMBERS: members,
    Op.PRESENCE: presence,
    Op.VOICE_STATE: voice_state,
    Op.REQUEST_CHANNEL_INFO: channel_info,
}
