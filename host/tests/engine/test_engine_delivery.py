"""A platform is a plugin's code: whatever it does to a reply, the other replies get out (HOST-5, HOST-9)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from butler import Message, Plugin, hookimpl
from butler.errors import NotReady, StoreError
from butler.model import Action
from butler.store import schema
from butler.testing import House

pytestmark = pytest.mark.spec("HOST-5", "HOST-9")


class Parrot(Plugin):
    """Says what people say."""

    @hookimpl
    async def on_message(self, message: Message) -> None:
        if not message.author.bot:
            await message.reply(message.text)


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    house = make_house([Parrot])
    house.channel(members=5)
    return house


class Sick:
    """Does something instead of performing what says "sick", so many times."""

    def __init__(self, house: House, deed: Callable[[], Any], times: int) -> None:
        self.platform = house.host.lifecycle.platforms["test"]
        self.perform = self.platform.perform
        self.deed, self.times, self.tries = deed, times, 0
        self.platform.perform = self  # type: ignore[method-assign]

    __name__ = "perform"

    async def __call__(self, action: Action, key: str) -> Any:
        if action.reply is not None and action.reply.text == "sick":
            self.tries += 1
            if self.tries <= self.times:
                return await self.deed()
        return await self.perform(action, key)


def _raise(error: BaseException) -> Callable[[], Any]:
    async def deed() -> None:
        raise error

    return deed


async def _hang() -> None:
    await asyncio.Event().wait()


async def _nothing() -> None:
    return None


DEEDS = {
    "raises": (_raise(KeyError("x")), "raised"),
    "exits": (_raise(SystemExit(1)), "exited"),
    "cancels": (_raise(asyncio.CancelledError()), "cancelled"),
    "hangs": (_hang, "overstayed"),
}


@pytest.mark.parametrize("how", DEEDS)
def test_a_platform_that_fails_in_an_unforeseen_way_is_asked_again(how: str, house: House) -> None:
    deed, kind = DEEDS[how]
    Sick(house, deed, times=2)
    house.say("ann", "sick")
    house.advance(minutes=10)
    assert [shown.text for shown in house.shown] == ["sick"]
    assert [(fault.plugin, fault.hook, fault.kind) for fault in house.misdeeds] == [("test", "perform", kind)] * 2


@pytest.mark.parametrize("how", [*DEEDS, "answers nothing"])
def test_what_a_platform_fails_over_each_time_is_given_up_and_the_next_reply_goes_out(how: str, house: House) -> None:
    sick = Sick(house, DEEDS.get(how, (_nothing,))[0], times=1000)
    house.say("ann", "sick")
    house.say("ann", "well")
    house.advance(minutes=20)
    assert sick.tries == 5
    assert [shown.text for shown in house.shown] == ["well"]
    assert house.query("select state from host_outbox order by id") == [(schema.GIVEN_UP,), (schema.DELIVERED,)]
    assert house.host.queues.active == 0


def test_a_failing_platform_does_not_get_its_plugin_into_quarantine(house: House) -> None:
    Sick(house, _raise(KeyError("x")), times=1000)
    for _ in range(3):
        house.say("ann", "sick")
    house.advance(minutes=5)
    assert len(house.misdeeds) == 15
    assert house.host.quarantine.listed() == []


def test_the_error_of_a_platform_is_never_said_in_a_chat(house: House) -> None:
    Sick(house, _raise(KeyError("the secret")), times=1000)
    house.say("ann", "sick")
    house.advance(minutes=5)
    house.say("ann", "well")
    assert "secret" not in str(house.shown)


def test_a_search_in_the_history_that_fails_sends_nothing_twice(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = house.host.lifecycle.platforms["test"]
    find, tries = platform.find, []

    async def broken(key: str, channel: str) -> Any:
        tries.append(key)
        if len(tries) < 3:
            raise KeyError("x")
        return await find(key, channel)

    monkeypatch.setattr(platform, "find", broken)
    house.world.dedupe_window = 0
    house.faults.platform_drops_answer()
    house.say("ann", "once")
    house.advance(minutes=5)
    assert [shown.text for shown in house.shown] == ["once"]
    assert len(tries) == 3


def test_a_reply_waits_for_hours_until_its_platform_is_back(house: House) -> None:
    with house.faults.platform_refuses(NotReady("away")):
        house.say("ann", "patience")
        house.advance(hours=3)
        assert house.shown == []
    house.advance(seconds=10)
    assert [shown.text for shown in house.shown] == ["patience"]


def test_a_platform_that_swallows_every_cancel_holds_up_nothing(house: House) -> None:
    free = asyncio.Event()

    async def stubborn() -> None:
        while not free.is_set():
            try:
                await free.wait()
            except asyncio.CancelledError:
                continue

    Sick(house, stubborn, times=1)
    house.say("ann", "sick")
    house.say("ann", "well")
    house.advance(minutes=10)
    assert [shown.text for shown in house.shown] == ["sick", "well"]
    assert house.host.quarantine.listed() == []
    free.set()
    house.advance(minutes=1)


def test_a_reply_that_cannot_be_marked_holds_up_no_other_and_is_not_said_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, tries = house.host.journal.sent, []

    async def broken(*args: Any) -> int:
        tries.append(args)
        if len(tries) == 1:
            raise StoreError("too many calls wait")
        return await sent(*args)

    monkeypatch.setattr(house.host.journal, "sent", broken)
    house.say("ann", "one")
    house.say("ann", "two")
    assert [shown.text for shown in house.shown] == ["one", "two"]
    house.restart()
    assert [shown.text for shown in house.shown] == ["one", "two"]
    assert house.query("select state from host_outbox") == [(schema.DELIVERED,)] * 2


def test_a_host_stops_at_once_while_a_platform_hangs(house: House) -> None:
    Sick(house, _hang, times=1000)
    house.say("ann", "sick")
    before = house.loop.time()
    house.stop()
    assert house.loop.time() - before < 5
    house.start()
    house.advance(minutes=1)
    assert [shown.text for shown in house.shown] == ["sick"]
