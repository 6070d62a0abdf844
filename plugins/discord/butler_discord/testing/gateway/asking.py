"""What a bot asks through the gateway: members of a guild, a voice channel, how it shows itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from butler_discord.testing.errors import JSON
from butler_discord.testing.gateway.codes import Op
from butler_discord.testing.gateway.hub import Hub
from butler_discord.testing.gateway.session import Session
from butler_discord.testing.state.guilds import Guild, Member

CHUNK = 1000


def members(hub: Hub, session: Session, data: JSON) -> None:
    """Answer with a guild's members, a thousand at a time: all, by name, or by id."""
    guild = hub.world.guilds.get(int(data["guild_id"]))
    if guild is None or session.app.id not in guild.members:
        return
    wanted = [int(each) for each in _listed(data.get("user_ids"))]
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


ASKED: Final[dict[int, Callable[[Hub, Session, Any], None]]] = {
    Op.REQUEST_MEMBERS: members,
    Op.PRESENCE: presence,
}
