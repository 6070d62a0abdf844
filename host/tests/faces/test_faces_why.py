"""Why something was said or not, in words, and what would have turned it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from butler import VETO, YES, Message, Persona, Plugin, Reply, Section, Stop, Vote, hookimpl
from butler.services.why import Change, explain, latest_record, record_of, turning
from butler.testing import House


class Quiet(Plugin):
    """Forbids TheButler to speak."""

    @hookimpl
    async def should_reply(self, message: Message, persona: Persona, votes: Sequence[Vote]) -> Vote | None:
        return Vote(VETO, "it is night") if "night" in message.text else None


class Gate(Plugin):
    """Stops messages before anybody sees them."""

    @hookimpl
    async def on_message(self, message: Message) -> Stop | None:
        return Stop("a banned word") if "banned" in message.text else None


class Censor(Plugin):
    """Holds replies back."""

    @hookimpl
    async def review_reply(self, reply: Reply, persona: Persona | None) -> Stop | None:
        return Stop("not fit to be said") if "rude" in reply.text else None


class Eager(Plugin):
    """Has everybody speak, and adds to the prompt."""

    @hookimpl
    async def should_reply(self, message: Message, persona: Persona, votes: Sequence[Vote]) -> Vote | None:
        return Vote(YES, "why not") if "eager" in message.text else None

    @hookimpl
    async def build_prompt(self, message: Message, persona: Persona) -> Section:
        return Section("a secret of this house", priority=10)


def changed(house: House) -> Change | None:
    """What would have turned the last message."""
    return turning(house.why())


@pytest.mark.spec("OPS-1")
def test_an_answer_is_explained_with_votes_tokens_and_model(house: House) -> None:
    house.say("ann", "TheButler, hello")
    told = explain(house.why(), operator=False)
    assert "It was answered." in told
    assert "host votes YES: TheButler is named." in told
    assert "tokens in" in told


@pytest.mark.spec("OPS-1", "LUNA-11")
def test_silence_in_company_is_turned_by_naming_the_persona(house: House) -> None:
    assert house.say("ann", "hello all") == []
    assert changed(house) == Change("name TheButler in the message")
    house.say("ann", "hello all, TheButler included")
    assert changed(house) is None


@pytest.mark.spec("OPS-1")
def test_a_veto_is_turned_by_disabling_who_vetoed(house: House) -> None:
    house.load(Quiet)
    house.say("ann", "TheButler, good night")
    change = changed(house)
    assert change is not None
    assert change.plugins == ("quiet",)
    house.disable("quiet", guild="den")
    assert house.say("ann", "TheButler, good night")


@pytest.mark.spec("OPS-1")
def test_a_stopped_message_is_turned_by_disabling_who_stopped_it(house: House) -> None:
    house.load(Gate)
    house.say("ann", "TheButler, a banned word")
    change = changed(house)
    assert change is not None
    assert change.plugins == ("gate",)
    told = explain(house.why(), operator=True)
    assert "stopped before anybody could answer: gate: a banned word." in told
    assert "`/plugins disable gate`" in told


@pytest.mark.spec("OPS-1")
def test_a_reply_that_was_held_back_is_turned_by_disabling_the_reviewer(house: House) -> None:
    house.load(Censor)
    house.model.say("something rude")
    assert house.say("ann", "TheButler, speak") == []
    change = changed(house)
    assert change is not None
    assert change.plugins == ("censor",)
    assert "the reply was held back" in explain(house.why(), operator=False)


@pytest.mark.spec("OPS-1")
def test_members_read_reasons_and_counts_but_no_faults_and_no_texts_of_sections(house: House) -> None:
    house.load(Eager)
    house.say("ann", "an eager crowd")
    record = {**house.why(), "faults": [["eager", "on_message", "raised", "KeyError: the inside"]]}
    for_members, for_operators = (explain(record, operator=operator) for operator in (False, True))
    assert "eager votes YES: why not." in for_members
    assert "A section of eager" in for_members
    assert "the inside" not in for_members
    assert "KeyError: the inside" in for_operators
    assert "secret of this house" not in for_members + for_operators


def _silent(**votes: Any) -> dict[str, Any]:
    ballots = {name: {"speaks": False, "votes": given} for name, given in votes.items()}
    return {"outcome": "silent", "votes": ballots, "channel": "test:c", "hooks": {}}


def test_several_vetoes_need_all_of_them_gone() -> None:
    change = turning(_silent(Ann=[["a", "veto", "x"], ["b", "veto", "y"], ["host", "no", "somebody vetoed"]]))
    assert change is not None
    assert change.plugins == ("a", "b")
    assert change.text == "a and b forbid Ann to answer here; without them there would be an answer"


def test_of_several_personas_the_cheapest_change_is_named() -> None:
    change = turning(
        _silent(Ann=[["a", "veto", "x"], ["host", "no", "somebody vetoed"]], Bob=[["host", "no", "5 are in the room"]])
    )
    assert change == Change("name Bob in the message")


def test_what_a_bot_said_has_no_small_change() -> None:
    assert turning(_silent(Ann=[["host", "no", "a bot said it"]])) is None


def test_a_channel_without_personas_says_so() -> None:
    change = turning({"outcome": "silent", "channel": "test:c"})
    assert change is not None
    assert "no persona lives in test:c" in change.text


def test_what_was_meant_for_another_is_turned_by_addressing_this_one() -> None:
    assert turning(_silent(Ann=[["host", "no", "it is meant for Bob"]])) == Change("address it to Ann")


@pytest.mark.spec("OPS-1")
def test_the_last_record_is_that_of_a_person_not_that_of_the_answer(house: House) -> None:
    said = house.post("ann", "TheButler, hello")
    house.settle()
    found = house.run(latest_record(house.host.database))
    assert found is not None
    assert found["message"] == said.id


@pytest.mark.spec("OPS-1")
def test_a_record_is_found_by_the_id_of_the_reply_too_but_not_from_another_channel(house: House) -> None:
    house.say("ann", "TheButler, hello")
    (reply,) = house.query("select sent, channel from host_outbox")
    found = house.run(record_of(house.host.database, reply[0]))
    assert found is not None
    assert found["outcome"] == "spoke"
    assert house.run(record_of(house.host.database, reply[0], channel=reply[1])) == found
    assert house.run(record_of(house.host.database, reply[0], channel="test:elsewhere")) is None
