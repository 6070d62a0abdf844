"""Who comes, goes, changes, speaks by voice, as the host knows it (PLAT-1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from butler_discord.ids import ours
from butler_discord.pieces import Happened, Pieces
from butler_discord.talk import Teller

JSON = dict[str, Any]


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
            "VOICE_STATE_UPDATE": self._voice,
            "VOICE_SERVER_UPDATE": self._voice_server,
            "AUTO_MODERATION_ACTION_EXECUTION": self._automod,
        }

    def _joined(self, name: str, raw: JSON) -> list[Happened]:
        known = self._pieces.known(raw)
        if known is not None:
            self._guilds.counted(known, known.members + 1)
        return self._pieces.event(
            "member_joined", raw, person=self._pieces.person(raw, raw), joined=raw.get("joined_at")
        )

    def _left(self, name: str, raw: JSON) -> list[Happened]:
        known = self._pieces.known(raw)
        if known is not None:
            self._guilds.counted(known, known.members - 1)
        return self._pieces.event("member_left", raw, person=self._pieces.person(raw))

    def _changed(self, name: str, raw: JSON) -> list[Happened]:
        known = self._pieces.known(raw)
        if known is not None and int(raw["user"]["id"]) == self._guilds.me:
            known.held = tuple(map(int, raw.get("roles", ())))
        return self._pieces.event(
            "member_changed", raw, person=self._pieces.person(raw, raw), nickname=raw.get("nick"),
            roles=[ours(role) for role in raw.get("roles", ())], timeout=raw.get("communication_disabled_until"),
        )  # fmt: skip

    def _banned(self, name: str, raw: JSON) -> list[Happened]:
        return self._pieces.event("member_banned", raw, person=self._pieces.person(raw))

    def _voice(self, name: str, raw: JSON) -> list[Happened]:
        keys = ("self_mute", "self_deaf", "mute", "deaf", "self_video", "self_stream", "suppress")
        data: dict[str, Any] = {key: bool(raw.get(key)) for key in keys}
        mine = int(raw["user_id"]) == self._guilds.me
        more: dict[str, Any] = {"session": raw.get("session_id"), "mine": True} if mine else {}
        target = ours(raw["channel_id"]) if raw.get("channel_id") else ""
        return self._pieces.event("voice_state", raw, person=self._pieces.person(raw), target=target, **data, **more)

    def _voice_server(self, name: str, raw: JSON) -> list[Happened]:
        return self._pieces.event("voice_server", raw, endpoint=raw.get("endpoint"), token=raw.get("token"))

    def _automod(self, name: str, raw: JSON) -> list[Happened]:
        target = ours(raw["message_id"]) if raw.get("message_id") else ""
        return self._pieces.event(
            "automod", raw, person=self._pieces.person(raw), target=target, text=str(raw.get("content", "")),
            rule=ours(raw["rule_id"]), action=raw.get("action", {}).get("type"), matched=raw.get("matched_keyword"),
        )  # fmt: skip
