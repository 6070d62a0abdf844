"""Who has been silent is asked how they are: once, by day, unless they want quiet (CORE-12)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from butler import Rank
from butler.testing import House
from butler_core import ButlerCore

pytestmark = pytest.mark.spec("CORE-12")

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    house = make_house([ButlerCore])
    house.set("host.timezone", "Europe/Berlin")
    house.clock.set(dt.datetime(2030, 7, 1, 12, tzinfo=BERLIN))
    house.rank("ann", Rank.MANAGER)
    house.say("ann", "hello")
    return house


def asked(house: House, who: str) -> list[str]:
    return [shown.text for shown in house.shown if shown.channel == f"test:dm/test:{who}" and "Good day" in shown.text]


def test_after_a_day_somebody_is_asked_once(house: House) -> None:
    house.say("bob", "hello")
    house.advance(hours=23)
    assert asked(house, "bob") == []
    house.advance(hours=2)
    assert asked(house, "bob") == ["Good day, bob. I have not heard from you in den lately. How are you?"]
    house.advance(days=20)
    assert len(asked(house, "bob")) == 1


def test_who_answered_may_be_asked_again(house: House) -> None:
    house.say("bob", "hello")
    house.advance(hours=25)
    house.dm("bob", "I am fine")
    house.advance(hours=20)
    assert len(asked(house, "bob")) == 1
    house.advance(hours=24)
    assert len(asked(house, "bob")) == 2


def test_nobody_is_asked_at_night(house: House) -> None:
    house.clock.set(dt.datetime(2030, 7, 1, 23, 30, tzinfo=BERLIN))
    house.say("bob", "good night")
    house.advance(days=2)
    (shown,) = [each for each in house.shown if each.channel == "test:dm/test:bob"]
    local = shown.at.astimezone(BERLIN)
    assert (local.day, local.hour) == (3, 8)


def test_who_wants_quiet_is_not_asked(house: House) -> None:
    house.dm("bob", "/quiet on")
    house.say("bob", "hello")
    house.advance(days=3)
    assert asked(house, "bob") == []


def test_after_a_week_the_hello_is_a_longer_one(house: House) -> None:
    house.set("butler_core.checkin_after", "7d")
    house.say("bob", "hello")
    house.advance(days=8)
    (told,) = asked(house, "bob")
    assert "It has been 7 days" in told
    assert "There is no need to answer" in told


def test_who_is_heard_of_elsewhere_is_not_silent(house: House) -> None:
    house.say("bob", "hello")
    for _ in range(4):
        house.advance(hours=20)
        house.say("bob", "hello", guild="glade")
    assert asked(house, "bob") == []


def test_where_it_is_off_nobody_is_asked(house: House) -> None:
    house.set("butler_core.checkins", value=False)
    house.say("bob", "hello")
    house.advance(days=3)
    assert asked(house, "bob") == []


def test_inactive_lists_who_has_been_silent_the_longest_first(house: House) -> None:
    house.set("butler_core.checkins", value=False)
    house.say("bob", "hello", channel="lobby")
    house.advance(days=5)
    house.say("carol", "hello")
    house.advance(days=8)
    house.person("dora")
    house.say("eve", "hello")
    told = house.say("ann", "/inactive 7")[0].splitlines()
    assert told[:4] == [
        "**Silent for 7 days or more**", "bob: 13 days ago, in #lobby", "carol: 8 days ago, in #hall",
        "dora: never heard of",
    ]  # fmt: skip
    assert not [line for line in told if line.startswith("eve")]
    assert "manager" in house.say("eve", "/inactive")[0]
