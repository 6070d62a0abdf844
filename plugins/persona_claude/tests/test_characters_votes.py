"""Who joins in unnamed: votes of a cheap model, off the channel's queue (CHAR-6, CHAR-7, CHAR-15, CHAR-16)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from butler import NO, VETO, YES, Message, Plugin, Vote, hookimpl
from butler.provider import Prompt
from butler.testing import House

Stage = Callable[..., House]
NYX = "name = 'Nyx'\ndescription = 'Knows networks.'\n"
PIXEL = "name = 'Pixel'\ndescription = 'Knows code.'\n"
ON = "[plugins.persona_claude]\nvotes = true\n"


def answer(*samples: dict[str, bool]) -> str:
    """Votes as a model gives them."""
    votes = [
        {"votes": [{"character": name, "reply": yes, "reason": f"{name} says so"} for name, yes in each.items()]}
        for each in samples
    ]
    return json.dumps({"samples": votes})


def spoke(house: House) -> list[str]:
    """Who said something, in order."""
    return [shown.reply.persona for shown in house.shown]


def asked(house: House) -> list[Prompt]:
    """The questions that were votes."""
    return [prompt for prompt in house.model.prompts if prompt.schema is not None]


@pytest.fixture
def house(stage: Stage) -> House:
    return stage(NYX, PIXEL, toml=ON)


def test_one_question_decides_for_all_and_the_majority_speaks(house: House) -> None:
    """CHAR-6."""
    house.model.say(answer({"Nyx": True, "Pixel": False}, {"Nyx": True, "Pixel": True}, {"Nyx": False, "Pixel": False}))
    house.say("ann", "my router is slow")
    assert len(asked(house)) == 1
    assert spoke(house) == ["Nyx"]


def test_why_tells_the_votes_with_their_reasons(house: House) -> None:
    """CHAR-6."""
    house.model.say(answer(*[{"Nyx": False, "Pixel": False}] * 3))
    message = house.post("ann", "my router is slow")
    house.settle()
    assert spoke(house) == []
    (said,) = house.command("ann", f"why {message.id}")
    assert "Nyx 0 of 3 for speaking (Nyx says so)" in said


@pytest.mark.parametrize(
    "data",
    [
        "nonsense", "{}", '{"samples": []}', '{"samples": [1, 2, 3]}',
        answer(*[{"Nyx": True}] * 2),
        answer(*[{"Nobody": True}] * 3),
        answer(*[{"Nyx": True}] * 3).replace("true", '"yes"'),
        json.dumps({"samples": [{"votes": [{"character": "Nyx", "reply": True, "reason": ""}] * 2}] * 3}),
    ],
)  # fmt: skip
def test_a_malformed_vote_is_silence(house: House, data: str) -> None:
    """CHAR-6, CHAR-15."""
    house.model.say(*[data] * 4)
    house.say("ann", "my router is slow")
    assert spoke(house) == []
    assert house.misdeeds == []


def test_a_late_vote_is_silence(house: House) -> None:
    """CHAR-6: within ``should_reply_timeout``."""
    house.model.delay = 11
    house.model.otherwise = answer(*[{"Nyx": True, "Pixel": True}] * 3)
    house.say("ann", "my router is slow")
    house.advance(minutes=2)
    assert spoke(house) == []


def test_a_vote_holds_up_nobody(house: House) -> None:
    """CHAR-6: off the channel's queue."""
    house.model.delay = 8
    house.model.rule("quick one", "Here.")
    house.model.otherwise = answer(*[{"Nyx": False, "Pixel": False}] * 3)
    house.post("ann", "my router is slow", settle=False)
    house.post("ann", "Pixel, a quick one", settle=False)
    began = house.clock.monotonic()
    house.settle(8.5)
    assert spoke(house) == ["Pixel"]
    assert house.clock.monotonic() - began < 9


def test_where_it_is_off_nobody_is_asked(stage: Stage) -> None:
    """CHAR-6: the guild turns it on."""
    house = stage(NYX, PIXEL)
    house.say("ann", "my router is slow")
    assert house.model.prompts == []


@pytest.mark.parametrize("text", ["Nyx, my router is slow", "hey pixel"])
def test_where_somebody_is_named_nobody_is_asked(house: House, text: str) -> None:
    """CHAR-6: only of the undecided."""
    house.say("ann", text)
    assert asked(house) == []
    assert len(spoke(house)) == 1


class Decides(Plugin):
    """Has decided before."""

    say = YES

    @hookimpl
    async def should_reply(self, message: Message) -> Vote | None:
        return Vote(self.say, "so be it") if message.kind == "message" else None


class Forbids(Decides):
    """Never."""

    say = VETO


class Doubts(Decides):
    """Rather not."""

    say = NO


@pytest.mark.parametrize(("other", "questions"), [(Decides, 0), (Forbids, 0), (Doubts, 1)])
def test_what_another_plugin_decided_is_not_voted_on(stage: Stage, other: type[Plugin], questions: int) -> None:
    """CHAR-6."""
    house = stage(NYX, PIXEL, toml=ON, plugins=(other,))
    house.say("ann", "my router is slow")
    assert len(asked(house)) == questions


def test_a_channel_is_voted_on_so_often_an_hour(stage: Stage) -> None:
    """CHAR-6: ``votes_per_hour``, over a restart."""
    house = stage(NYX, toml=f"{ON}votes_per_hour = 3\n")
    house.model.otherwise = answer(*[{"Nyx": False}] * 3)
    for number in range(5):
        house.say("ann", f"the {number}th time")
        house.restart()
    assert len(asked(house)) == 3
    house.advance(hours=1.1)
    house.say("ann", "and again")
    assert len(asked(house)) == 4


def test_the_voting_model_is_asked(stage: Stage) -> None:
    """CHAR-6: a cheap one; without it the persona's own."""
    house = stage(NYX, toml=f"{ON}voting_model = 'script:cheap'\n")
    house.say("ann", "my router is slow")
    assert [prompt.model for prompt in asked(house)][:1] == ["cheap"]


@pytest.mark.parametrize("text", ["what do you two think?", "both of you, please", "hey you guys"])
def test_whom_a_plural_means_a_model_says(stage: Stage, text: str) -> None:
    """CHAR-7: with votes off too; they speak one after the other."""
    house = stage(NYX, PIXEL)
    house.model.say(answer(*[{"Nyx": True, "Pixel": True}] * 3), "First.", "Second.")
    house.say("ann", text)
    assert spoke(house) == ["Nyx", "Pixel"]
    assert "First." in "\n".join(turn.text for turn in house.model.prompts[-1].turns)


def test_two_who_are_named_answer_in_the_order_in_which_they_are_named(house: House) -> None:
    """CHAR-7: and the second sees what the first said."""
    house.model.say("I begin.", "I end.")
    house.say("ann", "Pixel and Nyx, who are you?")
    assert spoke(house) == ["Pixel", "Nyx"]
    assert "I begin." in house.model.asked


def test_machines_are_not_voted_on(house: House) -> None:
    """CHAR-8."""
    house.person("robot", bot=True)
    house.say("robot", "my router is slow")
    house.say("robot", "Nyx, my router is slow")
    assert house.model.prompts == []


def test_machines_are_answered_where_that_is_wanted_a_few_times_only(stage: Stage) -> None:
    """CHAR-8."""
    house = stage(NYX, toml="[plugins.persona_claude]\nreply_to_bots = true\n")
    house.person("robot", bot=True)
    house.say("ann", "good morning")
    for _ in range(10):
        house.say("robot", "Nyx, again")
        house.advance(seconds=20)
    assert 1 <= len(spoke(house)) <= 3


@pytest.mark.parametrize("count", [1, 2, 5, 20, 50])
def test_however_many_say_yes_the_answers_to_a_person_are_few(stage: Stage, count: int) -> None:
    """CHAR-15: over a crash in the middle as well."""
    house = stage(*[f"name = 'P{number}'\n" for number in range(count)], toml=ON)
    yes = {f"P{number}": True for number in range(count)}
    house.model.rule("Nobody named you", "P0, P1 and P2, what do you say?")
    house.model.otherwise = answer(*[yes] * 3)
    house.post("ann", "hello all", settle=False)
    house.steps(40)
    house.crash()
    house.say("ann", "hello again")
    house.advance(minutes=5)
    assert len(spoke(house)) <= 2 * 3


def _scene(*speakers: str, end: bool = False) -> Any:
    return json.dumps({"speakers": [*speakers], "end": end, "reason": "drama"})


def test_a_director_orders_the_speakers_and_ends_the_scene(stage: Stage) -> None:
    """CHAR-16."""
    house = stage(NYX, PIXEL, toml=f"{ON}hypervisor = 'model'\n")
    house.model.say(_scene("Pixel", "Nyx"), "First.", "Second.")
    message = house.post("ann", "the door creaks")
    house.settle()
    assert spoke(house) == ["Pixel", "Nyx"]
    assert "the director has Pixel, Nyx speak: drama" in house.command("ann", f"why {message.id}")[0]
    house.model.say(_scene(end=True))
    house.say("ann", "the door closes")
    before = len(house.model.prompts)
    house.say("ann", "silence falls")
    assert len(house.model.prompts) == before
    house.say("ann", "Nyx?")
    house.model.say(_scene("Nyx"))
    house.say("ann", "a new scene")
    assert len(asked(house)) == 3
