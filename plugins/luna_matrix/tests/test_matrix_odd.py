"""Text and events of any kind, on a real homeserver (HOST-5)."""

from __future__ import annotations

import asyncio

import pytest
from butler_luna_matrix.testing import Person
from butler_luna_matrix.testing.bot import Bot


@pytest.mark.spec("LUNA-2")
def test_whatever_stands_in_an_event_the_events_after_it_arrive(bot: Bot, ann: Person) -> None:
    """What a homeserver lets pass; what it refuses here may still come from another: test_matrix_anything."""
    odd: list[tuple[str, dict[str, object]]] = [
        ("m.room.message", {"msgtype": "m.text", "body": ""}),
        ("m.room.message", {"msgtype": "m.image", "body": "x", "url": 5, "info": [], "filename": {}}),
        ("m.room.message", {"m.new_content": 3, "body": "", "msgtype": "x", "m.relates_to": {"rel_type": "m.replace"}}),
        ("m.room.message", {"msgtype": "m.text", "body": "y", "m.relates_to": {"m.in_reply_to": []}}),
        ("m.reaction", {"m.relates_to": {"rel_type": "m.annotation"}}),
        ("org.example.anything", {"a": {"b": [None, 1, "x\u0000"]}}),
        ("m.sticker", {"url": "mxc://x/y", "info": {"size": "big", "mimetype": 3}}),
    ]

    async def main() -> None:
        async with bot.running(), ann:
            room = await bot.room_with(ann)
            for kind, content in odd:
                await ann.send(room, kind, content)
            for kind in ("m.room.pinned_events", "m.space.parent"):
                await ann.set_state(room, kind, {"pinned": {"a": 1}, "via": 3})
            await ann.say(room, "still there")
            await bot.house.text("still there")

    asyncio.run(main())


@pytest.mark.spec("HOST-5")
def test_text_of_any_kind_comes_in_as_it_was_said(bot: Bot, ann: Person) -> None:
    texts = [
        "nul \x00 inside",
        "\u202eright to left",
        "z\u0335a\u0336l\u0337g\u0338o" * 50,
        "😀" * 10_000,
        "x" * 60_000,
    ]

    async def main() -> None:
        async with bot.running(), ann:
            room = await bot.room_with(ann)
            for text in texts:
                await ann.say(room, text)
            await bot.house.until(lambda: len(bot.house.texts) == len(texts))
            assert bot.house.texts == texts

    asyncio.run(main())
