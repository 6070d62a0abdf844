"""Whatever another homeserver sends as an event: the listening goes on."""

from __future__ import annotations

import asyncio
import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from butler import Clock, Event, Message
from butler_luna_matrix.contents import events_of
from butler_luna_matrix.incoming import Incoming
from butler_luna_matrix.invites import Invites
from butler_luna_matrix.rooms import Rooms
from butler_luna_matrix.timelines import Timelines
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ME, ANN = "@butler:server", "@ann:server"
KINDS = [
    "m.room.message",
    "m.reaction",
    "m.room.redaction",
    "m.room.member",
    "m.room.power_levels",
    "m.room.create",
    "m.sticker",
    "x",
    "m.room.pinned_events",
    "m.room.name",
    "m.room.encrypted",
    "m.space.parent",
    "m.space.child",
    "m.poll.response",
]
KEYS = [
    "m.relates_to",
    "rel_type",
    "event_id",
    "key",
    "m.in_reply_to",
    "m.new_content",
    "body",
    "msgtype",
    "formatted_body",
    "m.mentions",
    "user_ids",
    "url",
    "info",
    "filename",
    "membership",
    "displayname",
    "users",
    "users_default",
    "via",
    "pinned",
    "redacts",
    "is_falling_back",
    "prev_content",
    "additional_creators",
    "room_version",
    "is_direct",
    "reason",
]
WORDS = [
    "m.text",
    "m.image",
    "m.emote",
    "m.thread",
    "m.replace",
    "m.annotation",
    "join",
    "invite",
    "ban",
    ME,
    ANN,
    "12",
]

leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(WORDS)
keys = st.sampled_from(KEYS)
anything = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
)
contents = st.dictionaries(keys, anything, max_size=6)
events = st.fixed_dictionaries(
    {
        "type": st.sampled_from(KINDS),
        "content": contents | anything,
        "sender": st.sampled_from([ANN, ME]),
        "event_id": st.text(max_size=3),
    },
    optional={
        "state_key": st.sampled_from([ME, ANN, ""]),
        "unsigned": contents | anything,
        "origin_server_ts": leaves,
        "redacts": leaves,
    },
)


class NoReactions:
    async def add(self, event: str, target: str, person: str, emoji: str, at: dt.datetime) -> None:
        """Nothing is kept."""

    async def take(self, event: str) -> tuple[str, str, str] | None:
        return None


def listening(got: list[Message | Event]) -> Timelines:
    async def no_state(room: str) -> list[dict[str, Any]]:
        return []

    async def by_ann(room: str, event: str) -> str:
        return ANN

    async def receive(item: Message | Event) -> bool:
        got.append(item)
        return True

    rooms = Rooms(no_state, own={ME})
    incoming = Incoming(rooms, NoReactions(), {ME}, by_ann)
    connection: Any = SimpleNamespace(user_id=ME)

    async def noticed(room: str, raw: dict[str, Any]) -> None:
        pass

    return Timelines(
        line=connection, rooms=rooms, incoming=incoming, receive=receive, clock=Clock(), seen=None, noticed=noticed
    )


@pytest.mark.spec("LUNA-2", "LUNA-3")
@given(st.lists(events | anything, max_size=5), anything)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_after_any_events_the_next_message_arrives(before: list[Any], ephemeral: Any) -> None:
    got: list[Message | Event] = []
    good = {
        "type": "m.room.message",
        "sender": ANN,
        "event_id": "$good",
        "content": {"msgtype": "m.text", "body": "hello"},
    }
    part = {
        "timeline": {"events": [*before, good]},
        "ephemeral": {"events": [{"type": "m.typing", "content": ephemeral}]},
    }
    asyncio.run(listening(got).joined("!room:server", part, "s1"))
    assert [item.text for item in got if isinstance(item, Message) and item.id == "matrix:$good"] == ["hello"]


@pytest.mark.spec("HOST-30")
@given(st.lists(events, max_size=4))
@settings(max_examples=100, deadline=None)
def test_any_invitation_is_decided_or_ignored(state: list[Any]) -> None:
    connection: Any = SimpleNamespace(user_id=ME)
    invites = Invites(connection, "ask", ())
    asyncio.run(invites.decide("!room:server", events_of(state), Clock().now()))
