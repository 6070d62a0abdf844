"""A message that arrived is the one that was sent, with what the host adds."""

from __future__ import annotations

import attrs
from butler.model import Message


def test_a_message_keeps_everything_when_it_arrives() -> None:
    told = {field.name: object() for field in attrs.fields(Message)}
    message = Message(**told)
    arrived = message.arrived(7, "host", ("a link",), ("an emoji",))
    added = {"seq": 7, "host": "host", "links": ("a link",), "emoji": ("an emoji",)}
    assert {name: getattr(arrived, name) for name in told} == {**told, **added}
