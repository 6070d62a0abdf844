"""Changes of a room's state, as the host's events: who came and went, what was renamed, pinned, permitted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import field, frozen
from butler import Kind

from butler_luna_matrix.contents import inner, texts
from butler_luna_matrix.rooms import Room

JSON = dict[str, Any]


@frozen
class Change:
    """What a state event means. ``user`` is whom it is about, where that is not its sender."""

    kind: Kind
    user: str = ""
    target: str = ""
    text: str = ""
    data: Mapping[str, Any] = field(factory=dict)


def of(room: Room, raw: JSON) -> Change | None:
    """What a state event changes, seen from the room as it was before; ``None`` when it changes nothing."""
    kind, content = raw["type"], raw["content"]
    before = inner(raw, "unsigned", "prev_content")
    if content == before:
        return None
    reader = _READERS.get(kind)
    if reader is not None:
        return reader(room, raw, content, before)
    if kind in _OF_THE_CHANNEL:
        what = kind.removeprefix("m.room.")
        value = content.get(_OF_THE_CHANNEL[kind])
        return Change(
            "channel_changed", text=value if isinstance(value, str) else "", data={"what": what, "content": content}
        )
    return Change("raw", data={"type": kind, "state_key": raw["state_key"], "content": content})


_OF_THE_CHANNEL = {
    "m.room.name": "name",
    "m.room.topic": "topic",
    "m.room.avatar": "url",
    "m.room.canonical_alias": "alias",
    "m.room.join_rules": "join_rule",
    "m.room.history_visibility": "history_visibility",
    "m.room.encryption": "algorithm",
    "m.room.tombstone": "replacement_room",
}


def _member(room: Room, raw: JSON, content: JSON, before: JSON) -> Change:
    user, sender = raw["state_key"], raw["sender"]
    was, now = before.get("membership", "leave"), content.get("membership")
    told: JSON = {"by": f"matrix:{sender}"} if sender != user else {}
    if isinstance(content.get("reason"), str):
        told["reason"] = content["reason"]
    if now == "join" and was == "join":
        old, new = before.get("displayname") or "", content.get("displayname") or ""
        avatar = (
            {"avatar": content.get("avatar_url") or ""} if before.get("avatar_url") != content.get("avatar_url") else {}
        )
        return Change("member_changed", user, text=str(new), data={"before": old, "name": new, **avatar})
    if now == "join":
        return Change("member_joined", user, data=told)
    if now == "ban":
        return Change("member_banned", user, data=told)
    if now == "leave" and was == "join":
        return Change("member_left", user, data=told)
    return Change("raw", user, data={"type": "m.room.member", "membership": now, "before": was, **told})


def _pins(room: Room, raw: JSON, content: JSON, before: JSON) -> Change:
    now, was = texts(content.get("pinned")), texts(before.get("pinned")) or list(room.pinned)
    added = [item for item in now if item not in was]
    gone = [item for item in was if item not in now]
    data = {"pinned": [f"matrix:{item}" for item in added], "unpinned": [f"matrix:{item}" for item in gone]}
    return Change("pin", target=next(iter((*added, *gone)), ""), data=data)


def _levels(room: Room, raw: JSON, content: JSON, before: JSON) -> Change:
    now, was = inner(content, "users"), inner(before, "users")
    users = {f"matrix:{user}": now.get(user) for user in sorted({*now, *was}) if now.get(user) != was.get(user)}
    return Change("role_changed", data={"users": users})


_READERS: Mapping[str, Callable[[Room, JSON, JSON, JSON], Change]] = {
    "m.room.member": _member,
    "m.room.pinned_events": _pins,
    "m.room.power_levels": _levels,
}
