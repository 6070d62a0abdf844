"""Ten questions an hour: the eleventh is refused politely and once, replies say how many are left (CORE-8)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from butler import CommandError, Rank
from butler.testing import House
from butler_core import ButlerCore

MakeHouse = Callable[..., House]
pytestmark = pytest.mark.spec("CORE-8")


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    house = make_house([ButlerCore])
    house.model.rule("", "Very well.")
    return house


def ask(house: House, times: int = 1, who: str = "ann") -> list[str]:
    """Somebody asks again and again, a minute apart; what is said."""
    said = []
    for number in range(times):
        said += house.say(who, f"butler, question {number}?")
        house.advance(minutes=1)
    return said


def reactions(house: House) -> list[str]:
    return [done.action.data["emoji"] for done in house.sent if done.action.kind == "react"]


def test_each_reply_says_how_many_are_left(house: House) -> None:
    assert ask(house, 2) == [
        "Very well.\n\n*9 of 10 questions left this hour*",
        "Very well.\n\n*8 of 10 questions left this hour*",
    ]
    assert ask(house, 8)[-1] == "Very well.\n\n*no of 10 questions left this hour*"


def test_the_eleventh_is_refused_with_the_time_and_later_ones_get_a_reaction(house: House) -> None:
    began = house.clock.now()
    ask(house, 10)
    asked = len(house.model.prompts)
    (said,) = ask(house)
    assert "10 questions within the hour, ann" in said
    assert f"free at {began.hour + 1:02}:{began.minute:02}, in 50 min" in said
    assert ask(house, 3) == []
    assert reactions(house) == ["⏳"] * 3
    assert len(house.model.prompts) == asked


def test_the_window_slides(house: House) -> None:
    ask(house, 11)
    house.advance(minutes=50)  # the first two were more than an hour ago
    assert [len(house.say("ann", f"butler, {number}?")) for number in range(3)] == [1, 1, 0]


def test_one_is_not_refused_in_words_twice_within_an_hour_nor_after_a_crash(house: House) -> None:
    ask(house, 11)
    house.crash()
    assert ask(house) == []
    house.advance(hours=1)
    assert len(ask(house, 11)) == 11


def test_a_crash_in_the_middle_of_a_refusal_says_it_once(house: House) -> None:
    ask(house, 10)
    before = len(house.shown)
    for step in range(12):
        house.post("ann", f"butler, more {step}?", settle=False)
        house.steps(step)
        house.crash()
    assert len([shown for shown in house.shown[before:] if "genie" in shown.text]) == 1


def test_everybody_has_questions_of_their_own_and_all_channels_count(house: House) -> None:
    ask(house, 9)
    assert "no of 10" in house.say("ann", "butler, here?", channel="garden", guild="glade")[0]
    assert "genie" in house.dm("ann", "and here?")[0]
    assert "9 of 10" in ask(house, who="bob")[0]


def test_commands_are_free_and_questions_by_command_count(house: House) -> None:
    for _ in range(5):
        house.say("ann", "/ping")
    assert "9 of 10" in house.say("ann", "/bo what is new?")[0]
    ask(house, 9)
    assert "10 questions within the hour" in house.say("ann", "/bo and now?")[0]
    assert house.say("ann", "/ping") == ["Pong. I heard you after 0 ms."]


def test_questions_side_by_side_cannot_be_more_than_there_are(house: House) -> None:
    ask(house, 8)
    asked = len(house.model.prompts)
    house.model.delay = 5.0
    for name in ("a", "b", "c", "d", "e"):
        house.post("ann", "butler, quick?", to=house.channel(name), settle=False)
    house.settle()
    assert len(house.model.prompts) - asked == 2


def test_what_a_model_did_not_answer_costs_nothing(house: House) -> None:
    ask(house, 9)
    house.model.fail(1)
    assert "error" in house.say("ann", "butler, question?")[0]
    house.advance(minutes=3)
    assert "no of 10" in house.say("ann", "butler, question?")[0]


def test_two_personas_refuse_once(make_house: MakeHouse) -> None:
    toml = "[personas.Nyx]\nprompt = 'You are Nyx.'\nmodel = 'script:x'\nchannels = ['*']\n"
    toml += "[personas.TheButler]\nmodel = 'script:x'\n"
    house = make_house([ButlerCore], toml=toml + "[plugins.butler_core]\nquestions_per_hour = 1\n")
    assert len(house.say("ann", "butler and Nyx, hello")) == 2  # one question, two answers
    house.advance(minutes=2)
    assert len(house.say("ann", "butler and Nyx, hello")) == 1
    assert reactions(house) == []


def test_owners_and_what_no_model_is_asked_for_are_not_counted(make_house: MakeHouse) -> None:
    house = make_house([ButlerCore])
    house.rank("ann", Rank.OWNER)
    assert {*ask(house, 12)} == {"Very well."}
    offline = make_house([ButlerCore], toml="[personas.TheButler]\nmodel = 'offline'\n")
    assert len(ask(offline, 12)) == 12
    assert not [shown for shown in offline.shown if "left this hour" in shown.text]


def test_a_guild_may_allow_fewer_and_not_more(house: House) -> None:
    house.set("butler_core.questions_per_hour", 1, guild="den")
    assert "no of 1" in house.say("ann", "butler, hello", guild="den")[0]
    assert "genie" in house.say("ann", "butler, hello", guild="den")[0]
    with pytest.raises(CommandError, match="only be tightened"):
        house.set("butler_core.questions_per_hour", 50, guild="glade")


def test_linked_accounts_are_one_person(house: House) -> None:
    ask(house, 10)
    house.say("bob", "hello")
    house.run(house.host.links.link("test:ann", "test:bob"))
    assert "genie" in ask(house, who="bob")[0]


def test_what_was_asked_is_not_kept_longer_than_it_counts(house: House) -> None:
    ask(house, 3)
    house.advance(hours=2)
    ask(house)
    assert house.query("select count(*) from butler_core_question") == [(1,)]
