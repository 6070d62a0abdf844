"""What a plugin says unasked belongs to what is being handled: committed with it, in order, once (HOST-5)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from butler import Action, Message, Plugin, Reply, hookimpl
from butler.testing.house import House


class Fan(Plugin):
    """Reacts, then cheers a little later."""

    @hookimpl
    async def on_message(self, message: Message) -> None:
        if "goal" in message.text and not message.author.bot:
            await self.host.act(Action("react", message.channel.id, message.id, data={"emoji": "⚽"}))
            await self.host.push(message.channel, Reply("What a goal!", wait=5), key=message.id)


@pytest.mark.spec("HOST-5")
def test_what_was_asked_for_first_is_done_first(make_house: Callable[..., House]) -> None:
    house = make_house([Fan])
    house.say("ann", "goal", members=5)
    house.advance(seconds=10)
    assert [done.action.kind for done in house.world.done] == ["react", "send"]


@pytest.mark.spec("HOST-5")
def test_a_push_with_a_key_is_said_once_over_a_crash(make_house: Callable[..., House]) -> None:
    house = make_house([Fan])
    house.post("ann", "goal", to=house.channel(members=5))
    house.crash()
    house.advance(seconds=10)
    assert [shown.text for shown in house.shown] == ["What a goal!"]
