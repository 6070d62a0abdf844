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


class Reminder(Plugin):
    """Reminds in an hour."""

    @hookimpl
    async def on_message(self, message: Message) -> None:
        if message.text == "remind me":
            await self.host.push(message.channel, Reply("an hour has passed", wait=3600))


@pytest.mark.spec("HOST-5", "HOST-6")
def test_a_reply_that_waits_for_an_hour_holds_up_no_other(make_house: Callable[..., House]) -> None:
    house = make_house([Reminder])
    house.say("ann", "remind me", members=5)
    assert house.say("ann", "/help", members=5)
    house.advance(minutes=61)
    assert house.shown[-1].text == "an hour has passed"


@pytest.mark.spec("HOST-5")
def test_what_is_pushed_from_nowhere_waits_and_is_split_like_any_reply(make_house: Callable[..., House]) -> None:
    house = make_house([Fan])
    fan = house.host.lifecycle.plugins["fan"]
    house.run(fan.host.push(house.channel(), Reply("word " * 1000, wait=20)))
    house.advance(seconds=30)
    assert len(house.shown) == 3
    assert all(len(shown.text) <= 2000 for shown in house.shown)


@pytest.mark.spec("HOST-5")
def test_a_push_with_a_key_is_said_once_over_a_crash(make_house: Callable[..., House]) -> None:
    house = make_house([Fan])
    house.post("ann", "goal", to=house.channel(members=5))
    house.crash()
    house.advance(seconds=10)
    assert [shown.text for shown in house.shown] == ["What a goal!"]
