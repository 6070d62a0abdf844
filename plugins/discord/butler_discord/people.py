"""Who comes, goes, changes, speaks by voice, as the host knows it (PLAT-1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from butler import Person

from butler_discord.ids import ours
from butler_discord.pieces import Happened, Pieces
from butler_discord.talk import Teller

JSON = dict[str, Any]

ACTS: Mapping[int, str] = {
    1: "guild_changed", 10: "channel_created", 11: "channel_changed", 12: "channel_deleted",
    13: "permissions_made", 14: "permissions_changed", 15: "permissions_deleted", 20: "kick", 21: "prune", 22: "ban",
    23: "unban", 24: "member_changed", 25: "roles_changed", 26: "voice_moved", 27: "voice_disconnected",
    28: "bot_added", 30: "role_created", 31: "role_changed", 32: "role_deleted", 40: "invite_created",
    41: "invite_changed", 42: "invite_deleted", 50: "webhook_created", 51: "webhook_changed", 52: "webhook_deleted",
    60: "emoji_created", 61: "emoji_changed", 62: "emoji_deleted", 72: "message_deleted", 73: "messages_deleted",
    74: "pinned", 75: "unpinned", 110: "thread_created", 111: "thread_changed", 112: "thread_deleted",
}  # fmt: skip
"""What the audit log tells of, by Discord's numbers."""


class People:
    """Understands what people do beside talking."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._guilds = pieces.guilds
        self.tellers: Mapping[str, Teller] = {
            "GUILD_MEMBER_ADD": self._joined,
            "GUILD_MEMBER_REMOVE": self._left,
            "GUILD_MEMBER_UPDATE": self._changed,
            "GUILD_BAN_ADD": self._banned,
            "GUILD_BAN_REMOVE": self._unbanned,
            "GUILD_AUDIT_LOG_ENTRY_CREATE": self._audited,
            "VOICE_STATE_UPDATE": self._voice,
            "VOICE_SERVER_UPDATE": self._voice_server,
            "AUTO_MODERATION_ACTION_EXECUTION": self._automod,
        }

    def _joined(self, name: str, raw: JSON) -> list[Happened]:
        known = self._pieces.known(raw)
        if known is not None:
            self._guilds.counted(known, known.members + 1)
            if known.hall in known.rooms:
                raw = {**raw, "channel_id": str(known.hall)}
        return self._pieces.event(
            "member_joined", raw, person=self._pieces.person(raw, raw), joined=raw.get("joined_at")
        )

    def _left(self, name: str, raw: JSON) -> list[Happened]:
        known = self._pieces.known(raw)
        if known is not None:
            self._guilds.counted(known, known.members - 1)
        before = self._guilds.remembered(int(raw["user"]["id"]), known) if known else None
        person = self._pieces.person(raw)
        return self._pieces.event("member_left", raw, person=before or person, before=_known_as(before))

    def _changed(self, name: str, raw: JSON) -> list[Happened]:
        known = self._pieces.known(raw)
        identifier = int(raw["user"]["id"])
        if known is not None and identifier == self._guilds.me:
            known.held = tuple(map(int, raw.get("roles", ())))
        before = self._guilds.remembered(identifier, known) if known else None
        return self._pieces.event(
            "member_changed", raw, person=self._pieces.person(raw, raw), nickname=raw.get("nick"),
            roles=[ours(role) for role in raw.get("roles", ())], timeout=raw.get("communication_disabled_until"),
            before=_known_as(before),
        )  # fmt: skip

    def _banned(self, name: str, raw: JSON) -> list[Happened]:
        return self._pieces.event("member_banned", raw, person=self._pieces.person(raw))

    def _unbanned(self, name: str, raw: JSON) -> list[Happened]:
        return self._pieces.event("member_unbanned", raw, person=self._pieces.person(raw))

    def _audited(self, name: str, raw: JSON) -> list[Happened]:
        """Who did what to whom: of a kick Discord tells nowhere else."""
        number = int(raw["action_type"])
        target = ours(raw["target_id"]) if raw.get("target_id") else ""
        return self._pieces.event(
            "audit", raw, id=f"{ours(raw['id'])}:audit", person=self._pieces.person(raw), target=target,
            text=ACTS.get(number, str(number)), reason=str(raw.get("reason") or ""),
            changes=list(raw.get("changes") or ()), options=dict(raw.get("options") or {}),
        )  # fmt: skip

    def _voice(self, name: str, raw: JSON) -> list[Happened]:
        keys = ("self_mute", "self_deaf", "mute", "deaf", "self_video", "self_stream", "suppress")
        data: dict[str, Any] = {key: bool(raw.get(key)) for key in keys}
        mine = int(raw["user_id"]) == self._guilds.me
        more: dict[str, Any] = {"session": raw.get("session_id"), "mine": True} if mine else {}
        target = ours(raw["channel_id"]) if raw.get("channel_id") else ""
        more["before"] = self._moved(raw)
        return self._pieces.event("voice_state", raw, person=self._pieces.person(raw), target=target, **data, **more)

    def _moved(self, raw: JSON) -> str:
        """Where somebody was until now, or ``""``."""
        known, user = self._pieces.known(raw), int(raw["user_id"])
        if known is None:
            return ""
        before = known.voice.pop(user, 0)
        if raw.get("channel_id"):
            known.voice[user] = int(raw["channel_id"])
        return ours(before) if before else ""

    def _voice_server(self, name: str, raw: JSON) -> list[Happened]:
        return self._pieces.event("voice_server", raw, endpoint=raw.get("endpoint"), token=raw.get("token"))

    def _automod(self, name: str, raw: JSON) -> list[Happened]:
        target = ours(raw["message_id"]) if raw.get("message_id") else ""
        return self._pieces.event(
            "automod", raw, person=self._pieces.person(raw), target=target, text=str(raw.get("content", "")),
            rule=ours(raw["rule_id"]), action=raw.get("action", {}).get("type"), matched=raw.get("matched_keyword"),
        )  # fmt: skip


def _known_as(person: Person | None) -> dict[str, Any] | None:
    """The name and the roles that somebody had; ``None`` where they were not met."""
    return None if person is None else {"name": person.name, "roles": list(person.roles)}
