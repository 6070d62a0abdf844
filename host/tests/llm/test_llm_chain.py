"""What becomes of a question to a model: the chain, trying again, the deadline, the breaker (HOST-16, HOST-17)."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable

import pytest
from butler import Message, ModelThrottled, ModelUnavailable, Persona, Plugin, Section, Use, hookimpl
from butler.errors import ModelError, ModelMisconfigured
from butler.provider import Completion, Prompt
from butler.testing import House
from butler.testing.model import ScriptedModel

Make = Callable[..., House]
TOML = '[personas.TheButler]\nmodel = ["script:one", "spare:two"]\n'


class Spare(ScriptedModel):
    name = "spare"


@pytest.fixture
def spare() -> Spare:
    return Spare()


@pytest.fixture
def both(make_house: Make, spare: Spare) -> House:
    house = make_house(toml=TOML)
    house.host.lifecycle.providers["spare"] = spare
    return house


@pytest.mark.spec("HOST-16")
def test_the_next_link_of_the_chain_answers_where_the_first_cannot(both: House, spare: Spare) -> None:
    both.model.fail(1)
    spare.say("I am the spare one.")
    assert both.say("ann", "Butler, hello") == ["I am the spare one."]


@pytest.mark.spec("HOST-17")
def test_what_may_work_when_asked_again_is_asked_three_times_at_most(both: House, spare: Spare) -> None:
    both.model.say(*[ModelUnavailable("away")] * 3)
    spare.say("Spare.")
    assert both.say("ann", "Butler, hello") == ["Spare."]
    assert len(both.model.prompts) == 3


@pytest.mark.spec("HOST-17")
def test_what_is_asked_again_and_works_is_answered_by_the_same_model(both: House, spare: Spare) -> None:
    both.model.say(ModelUnavailable("away"), "Here I am.")
    assert both.say("ann", "Butler, hello") == ["Here I am."]
    assert spare.prompts == []


@pytest.mark.spec("HOST-17")
def test_a_provider_that_asks_to_wait_is_asked_again_when_it_said(both: House) -> None:
    asked: list[dt.datetime] = []

    def note(prompt: Prompt) -> str:
        asked.append(both.clock.now())
        return "Now."

    both.model.say(ModelThrottled("slow down", retry_after=7.0), note)
    began = both.clock.now()
    assert both.say("ann", "Butler, hello") == ["Now."]
    assert (asked[0] - began).total_seconds() == pytest.approx(7.0, abs=0.1)


@pytest.mark.spec("HOST-17")
def test_where_the_wait_would_pass_the_deadline_the_next_link_is_asked_at_once(both: House, spare: Spare) -> None:
    both.model.say(ModelThrottled("slow down", retry_after=600.0))
    spare.say("Spare.")
    began = both.clock.now()
    assert both.say("ann", "Butler, hello") == ["Spare."]
    assert (both.clock.now() - began).total_seconds() < 1


@pytest.mark.spec("HOST-17", "CORE-11")
def test_a_provider_that_never_answers_costs_a_person_no_more_than_the_deadline(make_house: Make) -> None:
    house = make_house(toml='[host]\nmodel_deadline = 30\n[personas.TheButler]\nmodel = "script:one"\n')
    house.model.delay = 10_000
    began = house.clock.now()
    (said,) = house.say("ann", "Butler, hello")
    assert said.startswith("I am sorry, I cannot think just now. (error ")
    assert (house.clock.now() - began).total_seconds() == pytest.approx(30, abs=1)


@pytest.mark.spec("HOST-17")
def test_a_provider_that_hangs_leaves_time_for_the_others(both: House, spare: Spare) -> None:
    both.model.delay = 10_000
    spare.say("Spare.")
    assert both.say("ann", "Butler, hello") == ["Spare."]


@pytest.mark.spec("HOST-17")
def test_a_dead_provider_costs_one_line_down_and_one_up(both: House, spare: Spare) -> None:
    both.model.otherwise = ModelUnavailable("connection refused")
    for _ in range(30):
        both.say("ann", "Butler, hello")
        both.advance(seconds=20)
    both.model.otherwise = "Back."
    both.advance(minutes=1)
    assert both.say("ann", "Butler, hello") == ["Back."]
    lines = [line for line in both.logs if line.get("provider") == "script"]
    assert [line["event"] for line in lines] == ["provider does not answer", "provider answers again"]


@pytest.mark.spec("HOST-17")
def test_a_dead_provider_is_left_alone_and_tried_by_one_request_at_a_time(both: House) -> None:
    both.model.otherwise = ModelUnavailable("connection refused")
    for _ in range(40):
        both.say("ann", "Butler, hello")
    assert len(both.model.prompts) == 3


def test_a_wrong_key_is_said_once_with_what_to_do_and_not_asked_three_times(both: House, spare: Spare) -> None:
    both.model.otherwise = ModelMisconfigured("the key is refused", remedy="set SCRIPT_KEY in .env")
    both.say("ann", "Butler, hello")
    both.say("ann", "Butler, again")
    assert len(both.model.prompts) == 2
    (line,) = [line for line in both.logs if line["event"] == "model cannot be asked"]
    assert "set SCRIPT_KEY in .env" in line["reason"]


class Chooser(Plugin):
    """Wants another model for one topic."""

    name = "chooser"

    @hookimpl
    async def build_prompt(self, message: Message, persona: Persona) -> Use | Section:
        return Use(model="spare:big") if "hard" in message.text else Section("Easy.", stable=True)


def test_a_plugin_chooses_the_model_and_the_persona_s_own_are_asked_after_it(make_house: Make, spare: Spare) -> None:
    house = make_house([Chooser], toml='[personas.TheButler]\nmodel = "script:one"\n')
    house.host.lifecycle.providers["spare"] = spare
    spare.say("Thought hard.", ModelError("no"))
    house.model.say("Thought little.")
    assert house.say("ann", "Butler, a hard one") == ["Thought hard."]
    assert house.say("ann", "Butler, another hard one") == ["Thought little."]


@pytest.mark.spec("HOST-18")
def test_plugins_ask_models_themselves_and_are_charged(make_house: Make) -> None:
    house = make_house([Chooser], toml='[personas.TheButler]\nmodel = "script:one"\n')
    house.model.say('{"mood": 3}')
    bound = house.plugin("chooser").host.models
    completion: Completion = house.run(
        bound.complete("How is ann?", asker=house.world.person("ann"), purpose="mood", schema={"type": "object"})
    )
    assert completion.text == '{"mood": 3}'
    (line,) = house.run(bound.usage(["plugin", "purpose", "model"]))
    assert line.keys == ("chooser", "mood", "one")
    assert line.calls == 1


def test_an_answer_that_is_not_wanted_any_more_ends_with_its_request(make_house: Make) -> None:
    house = make_house([Chooser], toml='[personas.TheButler]\nmodel = "script:one"\n')
    house.model.delay = 100

    async def ask_and_leave() -> None:
        bound = house.plugin("chooser").host.models
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await bound.complete("Hello", asker=None, purpose="test")

    house.run(ask_and_leave())
    assert house.query("select state from host_usage") == [("cancelled",)]


@pytest.mark.spec("HOST-17", "CORE-11", "OPS-9")
def test_while_the_only_provider_is_dead_everybody_gets_one_apology_with_an_id_and_nobody_waits_long(
    make_house: Make,
) -> None:
    house = make_house(toml='[host]\nmodel_deadline = 20\n[personas.TheButler]\nmodel = "script:one"\n')
    house.model.otherwise = ModelUnavailable("connection refused")
    for minute in range(10):
        for who in ("ann", "bob", "eve"):
            began = house.clock.now()
            (said,) = house.say(who, f"TheButler, minute {minute}?")
            assert said.startswith("I am sorry, I cannot think just now. (error ")
            assert (house.clock.now() - began).total_seconds() <= 21
            number = said.rpartition("error ")[2].rstrip(")")
            assert [line for line in house.logs if line.get("id") == number]
        house.advance(minutes=1)
    house.model.otherwise = "Back."
    assert house.say("ann", "TheButler, and now?") == ["Back."]
    lines = [line["event"] for line in house.logs if line.get("provider") == "script"]
    assert lines == ["provider does not answer", "provider answers again"]


def test_an_apology_is_in_character_where_the_persona_has_one(make_house: Make) -> None:
    house = make_house(
        toml='[personas.TheButler]\nmodel = "script:one"\nsettings = { apology = "The silver distracts me." }\n'
    )
    house.model.fail(1)
    (said,) = house.say("ann", "TheButler, hello")
    assert said.startswith("The silver distracts me. (error ")
