"""How much was asked of whom, by whom, and how that is limited (CORE-21)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from butler import Rank
from butler.testing import House
from butler_core import ButlerCore

MakeHouse = Callable[..., House]
pytestmark = pytest.mark.spec("CORE-21")


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    house = make_house([ButlerCore], toml="[plugins.butler_core]\nquestions_shown = false\n")
    house.rank("ann", Rank.MANAGER)
    return house


def test_answers_are_counted_by_persona_and_what_was_private_is_told_apart(house: House) -> None:
    for _ in range(3):
        house.say("bob", "butler, hello")
    house.dm("bob", "hello")
    (said,) = house.say("bob", "/usage")
    assert "TheButler: 4 (1 by direct message)" in said
    assert "TheButler: 4 calls" in said


def test_an_answer_counts_once_over_a_crash(house: House) -> None:
    for step in range(0, 40, 4):
        house.post("bob", f"butler, {step}?", settle=False)
        house.steps(step)
        house.crash()
    assert house.query("select sum(count) from butler_core_exchange") == [(10,)]


def test_others_are_shown_to_managers_alone(house: House) -> None:
    house.say("bob", "butler, hello")
    assert "TheButler: 1" in house.say("ann", "/usage bob")[0]
    house.say("carol", "hello")
    assert "only managers" in house.say("carol", "/usage bob")[0].casefold()


def test_a_guilds_usage_is_shown_by_persona_person_and_model(house: House) -> None:
    house.say("bob", "butler, hello")
    house.say("carol", "butler, hello")
    house.say("carol", "butler, hello", guild="glade")
    (said,) = house.say("ann", "/usage guild")
    assert "TheButler: 2 calls" in said
    assert "bob: 1 calls" in said
    assert "carol: 1 calls" in said


def test_a_limit_holds_from_the_next_question_on_and_is_taken_back(house: House) -> None:
    assert house.say("ann", "/usage limit person day requests 2") == [
        "From now on each person may use 2 requests in a day."
    ]
    said = [house.say("bob", "butler, hello") for _ in range(3)]
    assert said[:2] == [["Very well."], ["Very well."]]
    assert "daily budget of requests is used up" in said[2][0]
    assert "2 requests of 2 requests" in house.say("bob", "/usage")[0]
    house.say("ann", "/usage limit person day requests off")
    assert house.say("bob", "butler, hello") == ["Very well."]


def test_a_limit_may_hold_for_a_persona_or_the_guild(house: House) -> None:
    house.say("ann", "/usage limit persona hour requests 1")
    assert house.say("bob", "butler, hello") == ["Very well."]
    assert "persona's hourly budget" in house.say("carol", "butler, hello")[0]
    house.say("ann", "/usage limit persona hour requests off")
    house.say("ann", "/usage limit guild month tokens 0")
    assert "guild's monthly budget" in house.say("carol", "butler, hello")[0]


@pytest.mark.parametrize("most", ["many", "-1", "nan", "1e99"])
def test_what_is_no_limit_is_refused(house: House, most: str) -> None:
    assert "must be a number" in house.say("ann", f"/usage limit person day tokens {most}")[0]


def test_members_limit_nobody(house: House) -> None:
    house.say("bob", "/usage limit person day requests 0")
    assert house.say("bob", "butler, hello") == ["Very well."]
