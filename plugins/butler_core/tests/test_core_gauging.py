"""People are asked how they feel; the report shows how that is distributed and how it changed, no names (CORE-13)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from butler import Rank
from butler.testing import House
from butler_core import ButlerCore

pytestmark = pytest.mark.spec("CORE-13")

PEOPLE = ("bob", "carol", "dora", "eve")
START = '/gauge start "How are you feeling today?" 1d everybody'


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    house = make_house([ButlerCore], toml="[personas.TheButler]\nprompt = 'x'\nmodel = 'offline'\n")
    house.set("host.quiet_hours", "")
    house.set("butler_core.checkins", value=False)
    house.rank("ann", Rank.MANAGER)
    for who in ("ann", *PEOPLE):
        house.say(who, "hello")
    return house


def asked(house: House, who: str) -> int:
    there = [shown.text for shown in house.shown if shown.channel == f"test:dm/test:{who}"]
    return sum("How are you feeling today?" in text for text in there)


def test_people_are_asked_again_and_again_and_who_wants_quiet_is_not(house: House) -> None:
    house.dm("eve", "/quiet on")
    assert "goes to 4 people now, and every 1d from now on" in house.say("ann", START)[0]
    house.advance(minutes=5)
    assert [asked(house, who) for who in PEOPLE] == [1, 1, 1, 0]
    house.restart()
    house.advance(days=1, minutes=5)
    assert [asked(house, who) for who in PEOPLE] == [2, 2, 2, 0]


def test_the_report_shows_a_distribution_and_its_course_without_names(house: House) -> None:
    house.say("ann", START)
    house.advance(minutes=5)
    for who, text in (("bob", "wonderful, I love it"), ("carol", "great"), ("dora", "terrible, awful")):
        assert house.dm(who, text) == ["Thank you; that is noted, without your name."]
    house.advance(days=1, minutes=5)
    for who, text in (("bob", "bad"), ("carol", "awful and sad"), ("dora", "horrible")):
        house.dm(who, text)
    told = house.say("ann", "/gauge report")[0]
    assert "6 answers: 2 good, 0 neither, 4 bad" in told
    files = house.shown[-1].reply.files
    assert [file.data[:4] for file in files] == [b"\x89PNG"] * 2
    assert not [who for who in PEOPLE if who in told + files[0].alt + files[1].alt]
    rows = house.query("select * from butler_core_gauge_answer")
    assert not any("terrible" in str(row) for row in rows)


def test_a_model_scores_where_there_is_one(make_house: Callable[..., House]) -> None:
    house = make_house([ButlerCore], toml="[personas.TheButler]\nprompt = 'x'\nmodel = 'script'\n")
    house.set("host.quiet_hours", "")
    house.rank("ann", Rank.MANAGER)
    house.say("bob", "hello")
    house.say("ann", START)
    house.advance(minutes=5)
    house.model.rule("How does this answer", '{"mood": -0.75}')
    house.dm("bob", "es geht so")
    house.advance(seconds=5)
    assert house.query("select score from butler_core_gauge_answer") == [(-0.75,)]


def test_few_answers_are_not_shown(house: House) -> None:
    house.say("ann", START)
    house.advance(minutes=5)
    house.dm("bob", "wonderful")
    assert "too few to show" in house.say("ann", "/gauge report")[0]


def test_one_answer_each_and_questions_are_none(house: House) -> None:
    house.say("ann", START)
    house.advance(minutes=5)
    house.dm("bob", "what do you mean?")
    house.dm("bob", "good")
    house.dm("bob", "bad, very bad")
    house.advance(seconds=5)
    (score,) = house.query("select score from butler_core_gauge_answer")
    assert score[0] > 0


def test_it_stops(house: House) -> None:
    house.say("ann", START)
    house.advance(minutes=5)
    number = house.query("select id from butler_core_gauge")[0][0]
    assert "is asked no more" in house.say("ann", f"/gauge stop {number}")[0]
    house.advance(days=2)
    assert asked(house, "bob") == 1
    assert "stopped, to everybody" in house.say("ann", "/gauge list")[0]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('start "How?" 5m everybody', "once an hour at most"), ('start "How?" 1d here', "A gauge asks people"),
        ("report 99", "There is no question 99"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said(house: House, line: str, why: str) -> None:
    assert why in house.say("ann", f"/gauge {line}")[0]


def test_members_may_not(house: House) -> None:
    assert "manager" in house.say("bob", START)[0]
