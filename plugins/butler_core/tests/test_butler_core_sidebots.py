"""Side bots are called in, Botpacalypse ends, silences are broken once (CORE-23, CORE-24, CORE-25)."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from butler import Rank
from butler.testing import House
from butler_core import ButlerCore

MakeHouse = Callable[..., House]


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    house = make_house([ButlerCore], toml="[plugins.butler_core]\nquestions_shown = false\n")
    house.rank("ann", Rank.MANAGER)
    house.model.rule("", lambda prompt: f"I, {prompt.persona}, say {len(house.model.prompts)}.")
    return house


def spoken(house: House) -> list[str]:
    """Who of the personas spoke, in order."""
    return [shown.persona for shown in house.shown if shown.persona]


# --- /bots (CORE-23) -------------------------------------------------------------------------------------


@pytest.mark.spec("CORE-23")
def test_those_who_live_here_and_those_who_can_be_called_are_listed(house: House) -> None:
    (said,) = house.say("ann", "/bots")
    assert said == "- **TheButler**\nThese can be called in: Gale, Jarvis, Puerus."


@pytest.mark.spec("CORE-23")
def test_a_persona_is_called_in_for_a_while_and_answers_to_its_name(house: House) -> None:
    assert house.say("bob", "hello Puerus") == []
    assert "I am Puerus, the apprentice" in house.say("ann", "/bots start puerus 30")[0]
    assert house.say("bob", "hello Puerus")[0].startswith("I, Puerus, say")
    assert "until 09:30" in house.say("bob", "/bots")[0]
    house.restart()
    house.advance(minutes=29)
    assert house.say("bob", "hello Puerus")
    house.advance(minutes=2)
    assert house.say("bob", "hello Puerus") == []


@pytest.mark.spec("CORE-23")
def test_a_persona_leaves_by_command_and_comes_back(house: House) -> None:
    house.say("ann", "/bots start Jarvis")
    house.say("ann", "/bots stop Jarvis")
    assert house.say("bob", "hello Jarvis") == []
    house.say("ann", "/bots stop TheButler")
    assert house.say("bob", "hello butler") == []
    house.say("ann", "/bots start TheButler")
    assert house.say("bob", "hello butler") != []


@pytest.mark.spec("CORE-23")
def test_members_call_nobody_in_and_what_is_wrong_is_said(house: House) -> None:
    house.say("bob", "/bots start Puerus")
    assert house.say("bob", "hello Puerus") == []
    assert "nobody called Bert" in house.say("ann", "/bots start Bert")[0]
    assert "does not live here" in house.say("ann", "/bots stop Puerus")[0]


# --- Botpacalypse (CORE-24) ------------------------------------------------------------------------------


@pytest.mark.spec("CORE-24")
def test_personas_answer_each_other_in_turn_and_end_on_time(house: House) -> None:
    (said,) = house.say("bob", "/botpacalypse 2")
    assert "Jarvis, Puerus" in said or "Puerus, Jarvis" in said
    house.advance(minutes=2)
    house.advance(seconds=10)
    voices = spoken(house)
    assert set(voices) == {"Jarvis", "Puerus", "TheButler"}
    assert all(one != other for one, other in itertools.pairwise(voices))
    assert 10 <= len(voices) <= 20
    assert [shown.text for shown in house.shown if "is over" in shown.text] == [
        "Botpacalypse is over; the bots are quiet again."
    ]
    house.advance(hours=1)
    assert spoken(house) == voices
    assert house.say("bob", "hello Puerus") == []


@pytest.mark.spec("CORE-24")
def test_it_ends_by_command(house: House) -> None:
    house.say("bob", "/botpacalypse 5 Puerus, Jarvis")
    house.advance(seconds=20)
    before = len(spoken(house))
    assert before
    assert "is over" in house.say("carol", "/botpacalypse stop")[0]
    house.advance(hours=1)
    assert len(spoken(house)) == before
    assert set(spoken(house)) == {"Puerus", "Jarvis"}
    assert "no bots talk" in house.say("carol", "/botpacalypse stop")[0].casefold()


@pytest.mark.spec("CORE-24")
def test_it_ends_when_its_budget_is_spent(house: House) -> None:
    house.set("butler_core.botpacalypse_max_messages", 7, guild="den")
    assert "in 7 messages at most" in house.say("bob", "/botpacalypse 30")[0]
    house.advance(minutes=10)
    assert len(spoken(house)) == 7
    assert [shown for shown in house.shown if "is over" in shown.text]


@pytest.mark.spec("CORE-24")
def test_it_goes_on_over_a_restart_and_a_crash_and_ends_all_the_same(house: House) -> None:
    house.say("bob", "/botpacalypse 3")
    house.advance(seconds=30)
    house.restart()
    house.advance(seconds=30)
    house.steps(9)
    house.crash()
    house.advance(seconds=30)
    assert len(spoken(house)) > 8
    house.advance(minutes=5)
    ended = spoken(house)
    assert len([shown for shown in house.shown if "is over" in shown.text]) == 1
    house.advance(hours=1)
    assert spoken(house) == ended


@pytest.mark.spec("CORE-24")
def test_a_person_is_answered_within_it(house: House) -> None:
    house.say("bob", "/botpacalypse 5 Puerus, Jarvis")
    house.say("bob", "What do you think of elephants?")
    house.advance(seconds=7)
    assert "elephants" in "\n".join(turn.text for turn in house.model.prompts[-1].turns)


@pytest.mark.spec("CORE-24")
def test_outside_of_it_bots_never_answer_bots(house: House) -> None:
    house.say("ann", "/bots start Puerus")
    house.say("ann", "/bots start Jarvis")
    house.model.rule("", "Puerus, Jarvis and TheButler: hello!")
    house.person("robot", bot=True)
    assert house.say("robot", "hello Puerus, Jarvis and butler") == []
    before = len(spoken(house))
    house.say("bob", "Puerus, say hello")
    house.advance(hours=2)
    assert len(spoken(house)) - before == 1


@pytest.mark.spec("CORE-24")
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("botpacalypse 0", "1 to 60 minutes"),
        ("botpacalypse 999", "1 to 60 minutes"),
        ("botpacalypse 5 Puerus", "two at least"),
        ("botpacalypse 5 Puerus, Bert", "nobody called Bert"),
    ],
)
def test_what_cannot_be_is_said(house: House, typed: str, said: str) -> None:
    assert said in house.command("bob", typed)[0].casefold().replace("bert", "Bert")
    assert spoken(house) == []


@pytest.mark.spec("CORE-24")
def test_there_is_one_in_a_channel_at_a_time(house: House) -> None:
    house.say("bob", "/botpacalypse 5")
    assert "at it already" in house.say("carol", "/botpacalypse 5")[0]


# --- silences (CORE-25) ----------------------------------------------------------------------------------


@pytest.fixture
def poking(make_house: MakeHouse) -> House:
    house = make_house([ButlerCore], toml="[plugins.butler_core]\nquestions_shown = false\npoke_after = '5m'\n")
    house.model.rule("", "What colour was it?")
    return house


@pytest.mark.spec("CORE-25")
def test_a_silence_after_a_person_is_broken_once(poking: House) -> None:
    poking.say("bob", "I saw a bird today")
    poking.advance(minutes=4)
    assert spoken(poking) == []
    poking.advance(minutes=3)
    assert spoken(poking) == ["TheButler"]
    assert "I saw a bird" in "\n".join(turn.text for turn in poking.model.prompts[-1].turns)
    poking.advance(hours=3)
    assert spoken(poking) == ["TheButler"]


@pytest.mark.spec("CORE-25")
def test_a_silence_after_a_bot_is_not(poking: House) -> None:
    poking.person("robot", bot=True)
    poking.say("bob", "I saw a bird today")
    poking.say("robot", "beep")
    poking.say("bob", "butler, hello", channel="garden")
    before = len(spoken(poking))
    poking.advance(hours=1)
    assert len(spoken(poking)) == before


@pytest.mark.spec("CORE-25")
def test_a_restart_neither_forgets_a_silence_nor_breaks_it_twice(poking: House) -> None:
    poking.say("bob", "I saw a bird today")
    poking.advance(minutes=3)
    poking.restart()
    poking.advance(minutes=4)
    assert spoken(poking) == ["TheButler"]
    poking.crash()
    poking.advance(minutes=30)
    assert spoken(poking) == ["TheButler"]


@pytest.mark.spec("CORE-25")
def test_it_works_in_private_and_is_off_unless_wanted(poking: House, house: House) -> None:
    poking.model.fail(1)
    poking.dm("bob", "I saw a bird today")  # the apology is a bot's word
    poking.advance(minutes=10)
    private = len(poking.shown)
    house.say("bob", "I saw a bird today")
    house.advance(hours=1)
    assert spoken(house) == []
    assert private == 1
