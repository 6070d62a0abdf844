"""Something follows when somebody is silent, joins, gains a role, or is in a low mood (CORE-14)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from butler import Rank
from butler.testing import House
from butler_core import ButlerCore

pytestmark = pytest.mark.spec("CORE-14")


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    house = make_house([ButlerCore])
    house.rank("ann", Rank.MANAGER)
    house.set("butler_core.checkins", value=False)
    house.set("host.quiet_hours", "")
    house.say("ann", "hello")
    house.say("bob", "hello")
    return house


def told(house: House, channel: str) -> list[str]:
    return [shown.text for shown in house.shown if shown.channel == channel]


def test_who_is_silent_is_told_once_for_each_silence(house: House) -> None:
    house.say("ann", "/trigger silent 3d them We miss you, {person}.")
    house.advance(days=2)
    assert told(house, "test:dm/test:bob") == []
    house.restart()
    house.advance(days=9)
    assert told(house, "test:dm/test:bob") == ["We miss you, bob."]
    house.say("bob", "hello")
    house.advance(days=4)
    assert told(house, "test:dm/test:bob") == ["We miss you, bob."] * 2


def test_who_was_silent_before_is_left_alone(house: House) -> None:
    house.advance(days=10)
    house.say("ann", "/trigger silent 3d them We miss you, {person}.")
    house.advance(days=1)
    assert told(house, "test:dm/test:bob") == []


def test_who_joins_is_shown_around(house: House) -> None:
    house.say("ann", "/trigger joins here Everybody, this is {person}.")
    house.join("carol")
    assert "Everybody, this is carol." in told(house, "test:den/hall")


def test_who_gains_a_role_is_thanked(house: House) -> None:
    house.world.roles = {"test:r1": "Helpers", "test:r2": "Others"}
    house.say("ann", "/trigger role Helpers them Thank you, {person}.")
    changes = [([], ["test:r2"]), (["test:r2"], ["test:r1", "test:r2"]), (["test:r1", "test:r2"], ["test:r1"])]
    for number, (before, after) in enumerate(changes):
        data = {"roles": after, "before": {"roles": before}}
        house.happen("member_changed", "bob", channel=house.channel(), id=f"test:c{number}", data=data)
    assert told(house, "test:dm/test:bob") == ["Thank you, bob."]


def test_a_mood_that_falls_is_seen_once(house: House) -> None:
    house.say("ann", "/trigger mood -0.3 here {person} may need somebody.")
    for text in (
        "what a lovely day",
        "I am so happy",
        "great!",
        "this is awful",
        "I hate it, terrible",
        "horrible, sad",
    ):
        house.say("bob", text)
    house.say("bob", "everything is bad and I am miserable")
    assert told(house, "test:den/hall").count("bob may need somebody.") == 1


def test_a_command_runs_with_the_rights_of_who_set_it(house: House) -> None:
    house.say("ann", "/trigger joins here /userinfo {person}")
    house.join("carol")
    assert any("test:carol" in text for text in told(house, "test:den/hall"))
    house.say("ann", "/trigger joins here /inactive")
    house.rank("ann", Rank.MEMBER)
    house.say("ann", "I am no manager any more")
    house.join("dora")
    assert any("manager" in text for text in told(house, "test:den/hall"))


def test_they_are_listed_and_deleted(house: House) -> None:
    house.say("ann", "/trigger joins here Hello {person}.")
    number = house.query("select id from butler_core_trigger")[0][0]
    assert f"**{number}**. joins, to #hall: Hello {{person}}." in house.say("ann", "/trigger list")[0]
    house.say("ann", f"/trigger delete {number}")
    house.join("carol")
    assert "Hello carol." not in told(house, "test:den/hall")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("joins them /ping", "A command is given in a channel"), ("silent 5m them x", "at least 1h"),
        ("mood 7 here x", "A mood is -1 to 1"), ("role Nobody here x", "no channel, role or person"),
        ("delete 99", "There is no trigger 99"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said(house: House, line: str, why: str) -> None:
    assert why in house.say("ann", f"/trigger {line}")[0]
