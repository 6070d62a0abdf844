"""Who answers: in company of two always, in larger company when named (LUNA-11, HOST-7)."""

from __future__ import annotations

from typing import Any

import pytest
from butler import NO, VETO, YES, Message, Persona, Plugin, Vote, hookimpl
from butler.testing.house import House
from butler.testing.world import ACCOUNT

NAMED = ["butler, are you there?", "TheButler!", "@TheButler hi", "ask the Butler", "BUTLER"]
NOT_NAMED = ["butlers are many", "a butlerian jihad", "hello all", "thebutlers"]


@pytest.mark.spec("LUNA-11")
@pytest.mark.parametrize("text", NAMED)
def test_in_company_the_persona_answers_when_it_is_named(make_house: Any, text: str) -> None:
    house: House = make_house(toml='[personas.TheButler]\nmodel = "script"\nprompt = "x"\nhandles = ["butler"]')
    assert house.say("ann", text, members=3)


@pytest.mark.spec("LUNA-11")
@pytest.mark.parametrize("text", NOT_NAMED)
def test_in_company_it_is_silent_when_it_is_not_named(make_house: Any, text: str) -> None:
    house: House = make_house(toml='[personas.TheButler]\nmodel = "script"\nprompt = "x"\nhandles = ["butler"]')
    assert house.say("ann", text, members=3) == []


@pytest.mark.spec("LUNA-11")
def test_a_mention_of_the_hosts_account_names_its_main_persona(house: House) -> None:
    assert house.say("ann", "you there", members=4, mentions=(ACCOUNT,))


@pytest.mark.spec("LUNA-11")
def test_with_two_in_the_room_it_always_answers(house: House) -> None:
    assert house.say("ann", "hm", members=2)


@pytest.mark.spec("LUNA-11")
def test_a_machine_is_not_answered(house: House) -> None:
    house.person("robot", bot=True)
    assert house.say("robot", "TheButler, hi", members=3) == []


class Says(Plugin):
    """Votes as its subclass says."""

    vote: Vote

    @hookimpl
    async def should_reply(self, message: Message, persona: Persona) -> Vote:
        return self.vote


class Yes(Says):
    """Wants it to speak."""

    vote = Vote(YES, "why not")


class No(Says):
    """Would rather not."""

    vote = Vote(NO, "boring")


class Veto(Says):
    """Forbids it."""

    vote = Vote(VETO, "quiet hours")


@pytest.mark.spec("HOST-7")
@pytest.mark.parametrize(
    ("voters", "members", "speaks"),
    [
        ([Yes], 5, True),
        ([No], 2, True),
        ([No, Yes], 5, True),
        ([Veto], 2, False),
        ([Yes, Veto], 2, False),
        ([No], 5, False),
    ],
)
def test_one_veto_silences_else_one_yes_speaks(
    make_house: Any, voters: list[type[Plugin]], members: int, speaks: bool
) -> None:
    house: House = make_house(voters)
    assert bool(house.say("ann", "hm", members=members)) is speaks


@pytest.mark.spec("OPS-1", "HOST-7")
def test_the_record_of_a_silence_names_each_vote_with_its_reason(make_house: Any) -> None:
    house: House = make_house([Veto])
    house.say("ann", "hm", members=2)
    votes = house.record(house.world.said[-1])["votes"]["TheButler"]
    assert votes == {"speaks": False, "votes": [["veto", "veto", "quiet hours"], ["host", "no", "somebody vetoed"]]}
