"""New members: told in private, welcomed in the channel, once each, however many come (CORE-1, CORE-2, CORE-4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from butler.testing import House
from butler_core import ButlerCore

MakeHouse = Callable[..., House]


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    house = make_house([ButlerCore])
    house.say("carol", "good morning")
    return house


def told(house: House, who: str) -> list[str]:
    """What somebody was told in private."""
    return [shown.text for shown in house.shown if shown.channel == f"test:dm/test:{who}"]


def said(house: House, channel: str = "test:den/hall") -> list[str]:
    """What is shown in a channel."""
    return [shown.text for shown in house.shown if shown.channel == channel]


@pytest.mark.spec("CORE-1")
def test_a_new_member_is_told_who_this_is_what_there_is_and_how_to_stop_it(house: House) -> None:
    house.join("ann")
    (text,) = told(house, "ann")
    assert "Welcome to den, ann!" in text
    assert "At your service" in text
    assert "`/remind`" in text
    assert "`/quiet on`" in text
    shown = next(shown for shown in house.shown if shown.text == text)
    assert [button.label for button in shown.reply.buttons] == ["No more of these"]


@pytest.mark.spec("CORE-1")
def test_the_menu_holds_what_is_enabled_there_and_allowed(house: House) -> None:
    house.join("ann")
    assert "`/clearchat`" not in told(house, "ann")[0]  # she manages nothing


@pytest.mark.spec("CORE-1")
def test_the_channel_welcomes_her_too(house: House) -> None:
    house.join("ann")
    house.advance(seconds=5)
    assert said(house) == ["Welcome to den, ann!"]
    assert house.shown[-1].notified == ("test:ann",)


@pytest.mark.spec("CORE-1")
@pytest.mark.parametrize(
    ("ways", "private", "public"),
    [("['dm']", 1, 0), ("['channel']", 0, 1), ("['off']", 0, 0), ("['dm', 'channel']", 1, 1)],
)
def test_a_guild_chooses_how(make_house: MakeHouse, ways: str, private: int, public: int) -> None:
    house = make_house([ButlerCore], toml=f"[plugins.butler_core]\nwelcome = {ways}\n")
    house.join("ann")
    house.advance(seconds=5)
    assert (len(told(house, "ann")), len(said(house))) == (private, public)


@pytest.mark.spec("CORE-1")
def test_a_thread_is_opened_where_that_is_wanted(make_house: MakeHouse) -> None:
    house = make_house([ButlerCore], toml="[plugins.butler_core]\nwelcome = ['thread']\n")
    house.join("ann")
    house.advance(seconds=5)
    (made,) = [done for done in house.sent if done.action.kind == "thread"]
    assert made.action.data["name"] == "Welcome, ann"
    assert said(house, made.id) == ["Welcome to den, ann!"]
    assert said(house) == []


@pytest.mark.spec("CORE-1")
def test_where_there_are_no_threads_it_is_said_in_the_channel(make_house: MakeHouse) -> None:
    house = make_house([ButlerCore], toml="[plugins.butler_core]\nwelcome = ['thread']\n")
    house.world.abilities -= {"thread"}
    house.join("ann")
    house.advance(seconds=5)
    assert said(house) == ["Welcome to den, ann!"]


@pytest.mark.spec("CORE-2")
def test_closed_direct_messages_fall_back_to_the_channel_and_are_not_tried_again(house: House) -> None:
    house.world.closed.add("test:ann")
    tried = []
    house.world.before = lambda action: tried.append(action.channel)
    house.join("ann")
    house.advance(hours=2)
    house.restart()
    house.advance(hours=2)
    assert told(house, "ann") == []
    assert [text for text in said(house) if "At your service" in text]
    assert tried.count("test:dm/test:ann") == 1
    pushed = house.run(house.plugin("butler_core").host.pushed("welcome test:den test:ann"))
    assert pushed.state == "left out"
    assert "test:den/hall" in pushed.reason


@pytest.mark.spec("CORE-4")
def test_who_wants_quiet_is_not_written_to(house: House) -> None:
    house.dm("ann", "/quiet on")
    before = len(told(house, "ann"))
    house.join("ann")
    house.advance(hours=1)
    assert len(told(house, "ann")) == before


@pytest.mark.spec("CORE-1")
def test_machines_and_those_who_come_back_are_not_welcomed(house: House) -> None:
    house.person("robot", bot=True)
    house.join("robot")
    house.join("ann")
    house.advance(seconds=5)
    house.leave("ann")
    house.join("ann")
    house.advance(seconds=5)
    assert said(house) == ["Welcome to den, ann!"]
    assert len(told(house, "ann")) == 1


@pytest.mark.spec("CORE-1", "CORE-2")
def test_five_hundred_within_a_minute_are_welcomed_once_each_and_within_limits_over_crashes(house: House) -> None:
    names = [f"guest{number:03}" for number in range(500)]
    for place, name in enumerate(names):
        house.happen("member_joined", name, id=house.world.number("e"), channel=house.channel())
        if place % 8 == 7:
            house.advance(seconds=1)
        if place in (100, 300):
            house.crash()
    for minute in range(100):
        if minute in (1, 20):
            house.steps(7)
            house.crash()
        house.advance(minutes=1)
    in_public = Counter(each for shown in house.shown for each in shown.notified if shown.channel == "test:den/hall")
    in_private = Counter(shown.channel for shown in house.shown if shown.channel.startswith("test:dm/"))
    assert set(in_public.values()) == {1}
    assert len(in_public) == 500
    assert set(in_private.values()) == {1}
    assert len(in_private) == 500
    opened = sorted(done.at for done in house.sent if done.action.kind == "dm")
    assert all((later - sooner).total_seconds() >= 59 for sooner, later in zip(opened, opened[6:], strict=False))
    assert len(said(house)) < 60


@pytest.mark.spec("CORE-1")
def test_an_odd_way_is_refused_with_what_was_expected(make_house: MakeHouse) -> None:
    house = make_house([ButlerCore], toml="[plugins.butler_core]\nwelcome = ['off', 'dm']\n")
    assert "stands alone" in house.host.lifecycle.problems["butler_core"]
