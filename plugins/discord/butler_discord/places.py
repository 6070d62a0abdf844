"""Guilds, channels, threads and roles that change, as the host knows it (PLAT-1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from butler_discord.ids import ours
from butler_discord.known import TALK, VOICES, Known, Room
from butler_discord.permissions import named
from butler_discord.pieces import Happened, Pieces
from butler_discord.talk import Teller

JSON = dict[str, Any]


class Places:
    """Keeps what is known of the guilds up to date, and tells of it."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._guilds = pieces.guilds
        self.tellers: Mapping[str, Teller] = {
            "GUILD_UPDATE": self._guild,
            "CHANNEL_CREATE": self._channel,
            "CHANNEL_UPDATE": self._channel,
            "CHANNEL_DELETE": self._channel_gone,
            "CHANNEL_PINS_UPDATE": self._pinned,
            "THREAD_CREATE": self._thread,
            "THREAD_UPDATE": self._thread,
            "THREAD_DELETE": self._thread_gone,
            "GUILD_ROLE_CREATE": self._role,
            "GUILD_ROLE_UPDATE": self._role,
            "GUILD_ROLE_DELETE": self._role_gone,
        }

    def _guild(self, name: str, raw: JSON) -> list[Happened]:
        known = self._guilds.known.get(int(raw["id"]))
        if known is not None:
            known.name, known.owner = raw["name"], int(raw.get("owner_id") or 0)
            known.boosts = int(raw.get("premium_subscription_count") or 0)
            known.hall = int(raw.get("system_channel_id") or 0)
            known.shown = None
            for room in known.rooms.values():
                room.shown = None
            for role in raw.get("roles", ()):
                self._guilds.role(known, role)
        return self._pieces.raw(name, {**raw, "guild_id": raw["id"]})

    def _channel(self, name: str, raw: JSON) -> list[Happened]:
        known = self._pieces.known(raw)
        if known is None:
            return []
        before = known.rooms.get(int(raw["id"]))
        room = self._guilds.room(known, raw)
        room.last = max(room.last, before.last if before else 0)
        what = "created" if before is None else "changed"
        where = {**raw, "channel_id": raw["id"]} if room.kind in TALK else raw
        return self._pieces.event(
            "channel_changed", where, target=ours(raw["id"]), text=room.name, what=what, now=_room(room),
            before=_room(before), topic=raw.get("topic"), slowmode=int(raw.get("rate_limit_per_user") or 0),
            voice=room.kind in VOICES,
        )  # fmt: skip

    def _channel_gone(self, name: str, raw: JSON) -> list[Happened]:
        told = self._pieces.event(
            "channel_changed", raw, target=ours(raw["id"]), text=str(raw.get("name", "")), what="deleted"
        )
        self._guilds.drop_room(int(raw["id"]))
        return told

    def _pinned(self, name: str, raw: JSON) -> list[Happened]:
        return self._pieces.event("pin", raw, last=raw.get("last_pin_timestamp"))

    def _thread(self, name: str, raw: JSON) -> list[Happened]:
        known = self._pieces.known(raw)
        if known is None:
            return []
        new = int(raw["id"]) not in known.rooms
        room = self._guilds.room(known, raw)
        archived = bool(raw.get("thread_metadata", {}).get("archived"))
        person = self._guilds.somebody(int(raw["owner_id"]), known) if raw.get("owner_id") else None
        what = "archived" if archived else "created" if new else "changed"
        where = {**raw, "channel_id": raw["id"]}
        return self._pieces.event("thread", where, person=person, target=ours(raw["id"]), text=room.name, what=what)

    def _thread_gone(self, name: str, raw: JSON) -> list[Happened]:
        self._guilds.drop_room(int(raw["id"]))
        return self._pieces.event("thread", raw, target=ours(raw["id"]), what="deleted")

    def _role(self, name: str, raw: JSON) -> list[Happened]:
        known = self._pieces.known(raw)
        role = raw["role"]
        what = "created" if name.endswith("CREATE") else "changed"
        before = _role(known, int(role["id"]))
        if known is not None:
            self._guilds.role(known, role)
        return self._pieces.event(
            "role_changed", raw, target=ours(role["id"]), text=str(role.get("name", "")), what=what,
            now=_role(known, int(role["id"])), before=before,
        )  # fmt: skip

    def _role_gone(self, name: str, raw: JSON) -> list[Happened]:
        known = self._pieces.known(raw)
        before = _role(known, int(raw["role_id"]))
        if known is not None:
            self._guilds.drop_role(known, int(raw["role_id"]))
        text = before["name"] if before else ""
        return self._pieces.event(
            "role_changed", raw, target=ours(raw["role_id"]), text=text, what="deleted", before=before
        )


def _role(known: Known | None, role: int) -> JSON | None:
    """A role's name and the permissions that it gives, by their short names."""
    if known is None or role not in known.roles:
        return None
    return {"name": known.role_names.get(role, ""), "permissions": named(known.roles[role])}


def _room(room: Room | None) -> JSON | None:
    """What of a channel may change."""
    if room is None:
        return None
    rules = {ours(each.id): {"allow": named(each.allow), "deny": named(each.deny)} for each in room.overwrites}
    parent = ours(room.parent) if room.parent else ""
    return {"name": room.name, "parent": parent, "age_restricted": room.age_restricted, "permissions": rules}
