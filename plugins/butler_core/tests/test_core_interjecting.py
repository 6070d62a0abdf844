"""TheButler joins in where that is on, rarely, never after a machine, and hushes where nobody answers (CORE-9, 29)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from butler import Rank
from butler.testing import House
from butler_core import ButlerCore
from butler_core.interjecting.feature import read

TOML = "[personas.TheButler]\nprompt = 'You are TheButler.'\nmodel = 'script'\n"
ASKED = "You were not asked anything"


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    house = make_house([ButlerCore], toml=TOML)
    house.set("butler_core.interject", value=True)
    house.set("butler_core.checkins", value=False)
    house.rank("ann", Rank.MANAGER)
    house.model.rule(ASKED, "The kettle is on, by the way.")
    return house


def joined(house: House) -> int:
    return sum(shown.text.startswith("The kettle") for shown in house.shown)


@pytest.mark.spec("CORE-9")
def test_it_joins_in_once_in_its_cooldown(house: House) -> None:
    for _ in range(6):
        house.say("bob", "I would like some tea")
        house.advance(minutes=4)
    assert joined(house) == 1
    house.advance(minutes=10)
    house.say("bob", "still no tea")
    house.advance(minutes=1)
    assert joined(house) == 2


@pytest.mark.spec("CORE-9")
def test_where_it_is_off_it_reads_nothing(house: House) -> None:
    house.set("butler_core.interject", value=False)
    house.say("bob", "I would like some tea")
    house.advance(minutes=5)
    assert house.model.prompts == []
    assert joined(house) == 0


@pytest.mark.spec("CORE-9")
def test_it_never_speaks_right_after_a_machine(house: House) -> None:
    house.person("robot", bot=True)
    house.post("bob", "I would like some tea", settle=False)
    house.post("robot", "beep", settle=False)
    house.settle()
    house.advance(minutes=1)
    assert joined(house) == 0


@pytest.mark.spec("CORE-9")
def test_it_says_nothing_where_it_has_nothing_to_say(make_house: Callable[..., House]) -> None:
    house = make_house([ButlerCore], toml=TOML)
    house.set("butler_core.interject", value=True)
    house.model.rule(ASKED, "Silent.")
    house.say("bob", "hello")
    house.advance(minutes=1)
    assert ASKED in house.model.asked
    assert house.shown == []


@pytest.mark.spec("CORE-9")
def test_it_reads_twenty_messages_or_five_minutes_whichever_is_more(house: House) -> None:
    said = [house.post("bob", f"word {number}", settle=False) for number in range(40)]
    now = house.clock.now()
    assert len(read(said, now)) == 40
    assert len(read(said, now + dt.timedelta(minutes=6))) == 20


@pytest.mark.spec("CORE-29")
def test_what_nobody_answers_is_said_half_as_often(house: House) -> None:
    house.say("bob", "I would like some tea")
    house.advance(minutes=20)
    assert joined(house) == 1
    assert "once in 1h. That is 50% of what the settings allow" in house.say("ann", "/hush")[0]
    house.restart()
    house.advance(minutes=20)
    house.say("bob", "anybody?")
    house.advance(minutes=1)
    assert joined(house) == 1
    house.advance(minutes=30)
    house.say("bob", "anybody?")
    house.advance(minutes=1)
    assert joined(house) == 2
    house.say("bob", "thank you!")
    assert "as often as the settings allow" in house.say("ann", "/hush")[0]


@pytest.mark.spec("CORE-29")
def test_a_manager_may_reset_it(house: House) -> None:
    house.say("bob", "I would like some tea")
    house.advance(minutes=20)
    assert "50%" in house.say("ann", "/hush")[0]
    assert "manager" in house.say("bob", "/hush reset")[0]
    assert "as often as the settings allow" in house.say("ann", "/hush reset")[0]
