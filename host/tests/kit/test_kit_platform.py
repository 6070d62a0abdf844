"""The platform in memory keeps to what every platform keeps to (AUTH-3, PLAT-2, PLAT-3)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from butler import Action, Channel, Clock, Lost, Message, PlatformError, Reply
from butler.testing import FakePlatform, House, World
from butler.testing.contracts import PlatformContract, Rig, Seen


class FakeRig(Rig):
    def __init__(self) -> None:
        self.world = World(Clock())
        self.platform = FakePlatform.on(self.world)(None, None)
        self.channel = self.world.channel()
        self.person = self.world.person("ann").id

    async def hear(self, text: str) -> None:
        ann = self.world.person("ann")
        self.world.post(Message(self.world.number("m"), self.channel, ann, text, self.world.clock.now()))

    async def shown(self) -> list[Seen]:
        return [Seen(shown.id, shown.text, shown.notified) for shown in self.world.shown if not shown.deleted]

    async def reactions(self, identifier: str) -> list[str]:
        shown = self.world.by_id(identifier)
        return shown.reactions if shown else []


class TestFakePlatform(PlatformContract):
    @asynccontextmanager
    async def rig(self) -> AsyncIterator[Rig]:  # type: ignore[override]
        yield FakeRig()


class TestWithoutAbilities(TestFakePlatform):
    """A platform that can only send says so, and is tested for that."""

    @asynccontextmanager
    async def rig(self) -> AsyncIterator[Rig]:  # type: ignore[override]
        rig = FakeRig()
        rig.world.abilities = {"send"}
        yield rig


class Careless(FakeRig):
    """Breaks one promise after the other."""

    def __init__(self, how: str) -> None:
        super().__init__()
        world, platform = self.world, self.platform
        if how == "pings":
            self.shown = self._loud  # type: ignore[method-assign]
        elif how == "doubles":
            world.dedupe_window = 0
            type(platform).dedupe_window = 60.0  # type: ignore[misc,assignment]
        elif how == "forgets":
            world.by_key = lambda key, channel: None  # type: ignore[method-assign]
        elif how == "boasts":
            platform.can = lambda action, channel=None: True  # type: ignore[method-assign]
        elif how == "hides":
            platform.can = lambda action, channel=None: False  # type: ignore[method-assign]
        elif how == "clings":
            platform.stop = self._nothing  # type: ignore[method-assign]

    async def _loud(self) -> list[Seen]:
        return [Seen(shown.id, shown.reply.text, ("*",)) for shown in self.world.shown]

    async def _nothing(self) -> None:
        pass


@pytest.mark.parametrize(
    ("how", "promise"),
    [
        ("pings", "test_no_text_wakes_anybody_up"),
        ("doubles", "test_the_same_key_twice_is_shown_once"),
        ("forgets", "test_what_is_sent_is_shown_and_found_by_its_key"),
        ("boasts", "test_what_it_cannot_do_it_says"),
        ("hides", "test_it_edits_if_it_says_so"),
        ("clings", "test_it_stops_clean_also_twice"),
    ],
)
def test_a_broken_promise_is_found(how: str, promise: str) -> None:
    class Broken(PlatformContract):
        @asynccontextmanager
        async def rig(self) -> AsyncIterator[Rig]:  # type: ignore[override]
            yield Careless(how)

    with pytest.raises(AssertionError):
        getattr(Broken(), promise)()


# --- what is particular to it ----------------------------------------------------------------------------


def test_what_happened_while_nobody_listened_is_delivered_at_the_start_in_order() -> None:
    async def main() -> list[str]:
        rig, seen = FakeRig(), []
        for number in range(3):
            await rig.hear(str(number))
        gone = asyncio.Event()

        async def receive(item: object) -> bool:
            assert isinstance(item, Message)
            seen.append(item.text)
            gone.set() if len(seen) == 3 else None
            return True

        await rig.platform.start(receive)
        await gone.wait()
        await rig.platform.stop()
        return seen

    assert asyncio.run(main()) == ["0", "1", "2"]


def test_actions_on_what_is_not_there_are_lost(house: House) -> None:
    platform, channel = house.host.platform("test:"), house.channel().id
    assert platform is not None
    for kind in ("edit", "delete", "react"):
        with pytest.raises(Lost):
            house.run(platform.perform(Action(kind, channel, "test:m99", Reply("x"), {"emoji": "x"}), "k"))


def test_keys_are_as_the_contract_says(house: House) -> None:
    for key in ("", "x" * 26):
        with pytest.raises(PlatformError, match="25"):
            house.world.perform(Action("send", house.channel().id, reply=Reply("x")), key)


def test_history_gives_what_people_said_before_a_message(house: House) -> None:
    said = [house.post("ann", str(number)) for number in range(5)]
    platform = house.host.platform("test:")
    assert platform is not None
    history = house.run(platform.history(house.channel().id, before=said[4].id, limit=2))  # type: ignore[arg-type]
    assert [message.text for message in history] == ["2", "3"]


def test_channels_and_people_are_made_when_named() -> None:
    world = World(Clock())
    assert world.channel() == world.channel("hall")
    assert world.channel("lounge", members=2).members == 2
    assert world.channel("lounge").members == 2
    assert world.person("Ann Lee").id == "test:ann_lee"
    assert world.dm(world.person("ann")).dm
    assert isinstance(world.at("test:den/hall"), Channel)
