"""The basics: dice, reminders, who somebody is, a guild's own commands (CORE-28)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from butler import BadArgument, Rank
from butler.testing import House
from butler_core import ButlerCore
from butler_core.basics.dice import roll
from butler_core.basics.placeholders import fill

MakeHouse = Callable[..., House]
pytestmark = pytest.mark.spec("CORE-28")


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    house = make_house([ButlerCore])
    house.rank("ann", Rank.MANAGER)
    return house


def test_a_ping_is_answered(house: House) -> None:
    assert house.command("ann", "ping") == ["Pong. I heard you after 0 ms."]


@pytest.mark.parametrize(
    ("text", "total", "how"),
    [
        ("d6", 6, "6"),
        ("2d6+1", 13, "(6 + 6) + 1"),
        ("3d4 - 2", 10, "(4 + 4 + 4) - 2"),
        ("-d6 + 20", 14, "- 6 + 20"),
        ("1d20+1d4", 24, "20 + 4"),
    ],
)
def test_dice_are_rolled_and_shown(text: str, total: int, how: str) -> None:
    assert roll(text, lambda sides: sides) == (total, how)


NO_DICE = ["", "d", "dog", "2d6 2d6", "1000d6", "2d1", "0d6", "2d6+", "1+" * 20 + "1", "2d6; import os"]


@pytest.mark.parametrize("text", NO_DICE)
def test_what_is_no_dice_is_refused(text: str) -> None:
    with pytest.raises(BadArgument):
        roll(text, lambda sides: sides)


def test_a_reminder_comes_by_direct_message_on_time_and_over_a_restart(house: House) -> None:
    assert house.say("ann", "/remind 30m the tea")[0].startswith("I will remind you in 30 min (")
    house.restart()
    house.advance(minutes=29)
    assert not [shown for shown in house.shown if "⏰" in shown.text]
    house.advance(minutes=2)
    told = [shown for shown in house.shown if "⏰" in shown.text]
    assert [(shown.channel, shown.text) for shown in told] == [
        ("test:dm/test:ann", "⏰ You wanted to be reminded: the tea")
    ]
    house.crash()
    house.advance(hours=1)
    assert len([shown for shown in house.shown if "⏰" in shown.text]) == 1


def test_a_reminder_is_said_in_the_channel_to_who_takes_no_direct_messages(house: House) -> None:
    house.world.closed.add("test:ann")
    house.say("ann", "/remind 30m the tea")
    house.advance(minutes=31)
    assert house.shown[-1].channel == "test:den/hall"
    assert house.shown[-1].notified == ("test:ann",)


def test_reminders_are_listed_and_taken_back(house: House) -> None:
    house.say("ann", "/remind 2h the cake")
    house.say("ann", "/remind 1h the tea")
    listed = house.say("ann", "/remind list")[0].splitlines()
    assert [line[-4:].strip() for line in listed[1:]] == ["tea", "cake"]
    assert house.say("ann", "/remind cancel 1") == ["I will not remind you of: the tea"]
    house.advance(hours=3)
    assert [shown.text[-4:] for shown in house.shown if "⏰" in shown.text] == ["cake"]
    assert "no reminder 1" in house.say("ann", "/remind cancel 1")[0]


def test_nobody_is_reminded_of_the_past(house: House) -> None:
    assert "over already" in house.say("ann", "/remind 2001-01-01 the tea")[0]


def test_a_person_is_described(house: House) -> None:
    house.say("bob", "hello")
    said = house.say("ann", "/userinfo bob")[0]
    assert "bob" in said
    assert "`test:bob`" in said
    assert "member" in said


def test_managers_write_commands_and_everybody_uses_them(house: House) -> None:
    house.say("ann", "/custom add greet Welcome to {guild}, {text}! You are the {uses}. one.")
    assert house.say("bob", "!greet carol and dave") == ["Welcome to den, carol and dave! You are the 1. one."]
    assert house.say("bob", "/greet eve") == ["Welcome to den, eve! You are the 2. one."]
    assert house.say("bob", "/custom greet mallory") == ["Welcome to den, mallory! You are the 3. one."]
    house.restart()
    assert house.say("bob", "!greet ann") == ["Welcome to den, ann! You are the 4. one."]
    assert "greet" in house.say("bob", "/custom list")[0]
    assert house.say("bob", "/greet x", guild="glade")[0].startswith("There is no command")
    house.say("ann", "/custom remove greet")
    assert house.say("bob", "!greet carol") == []


def test_members_write_no_commands(house: House) -> None:
    house.say("bob", "/custom add greet hi")
    assert house.query("select count(*) from butler_core_custom_command") == [(0,)]


def test_what_means_nothing_in_braces_is_named(house: House) -> None:
    assert "{persom} means nothing" in house.say("ann", "/custom add greet Hi {persom}")[0]


def test_what_was_typed_fills_in_nothing_itself() -> None:
    assert fill("{text} {1} {2}", {"uses": "7"}, "{uses} {person}", min) == "{uses} {person} {uses} {person}"
    assert fill("{choose:a|b} {3}.", {}, "", max) == "b ."
