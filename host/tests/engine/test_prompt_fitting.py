"""A prompt out of owned sections, fitted to the window (HOST-8, MEM-14)."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from butler import Channel, Guild, Message, Person, Persona, Section
from butler.engine.prompt import NEVER_DROPPED, assemble
from hypothesis import given
from hypothesis import strategies as st

PERSONA = Persona("Nyx", prompt="You are Nyx.")
CHANNEL = Channel("t:hall", Guild("t:den"))
ANN = Person("t:ann", "Ann")
NYX = Person("t:nyx", "Nyx", bot=True, persona="Nyx")


def _count(text: str) -> int:
    return len(text) // 4 + 1


def _message(text: str, seq: int = 100, author: Person = ANN) -> Message:
    return Message(f"t:{seq}", CHANNEL, author, text, dt.datetime(2030, 1, 1, tzinfo=dt.UTC), seq)


def _texts(sections: list[Section], history: list[Message], newest: Message, room: int = 10_000) -> list[str]:
    made = assemble(PERSONA, sections, history, newest, room=room, count=_count)
    return [turn.text for turn in made.turns]


@pytest.mark.spec("HOST-8", "MEM-5")
def test_stable_sections_stand_before_history_and_changing_ones_behind_it() -> None:
    sections = [Section("changes"), Section("stays", stable=True)]
    history = [_message("before", 1), _message("answer", 2, NYX)]
    assert _texts(sections, history, _message("now")) == [
        "You are Nyx.", "stays", "Ann: before", "answer", "changes", "Ann: now",
    ]  # fmt: skip


@pytest.mark.spec("HOST-8")
def test_what_the_persona_said_is_the_assistants_turn() -> None:
    made = assemble(PERSONA, [], [_message("mine", 1, NYX)], _message("now"), room=1000, count=_count)
    assert [turn.role for turn in made.turns] == ["system", "assistant", "user"]


@pytest.mark.spec("HOST-8")
def test_a_section_takes_its_shorter_form_before_it_is_dropped() -> None:
    long = Section("x" * 400, short="short", owner="lore")
    made = assemble(PERSONA, [long], [], _message("now"), room=30, count=_count)
    assert [(used.owner, used.form) for used in made.used] == [("persona", "whole"), ("lore", "short")]


@pytest.mark.spec("HOST-8")
def test_the_lowest_priority_is_dropped_first_and_that_is_recorded() -> None:
    sections = [Section("a" * 100, priority=10, owner="low"), Section("b" * 100, priority=90, owner="high")]
    made = assemble(PERSONA, sections, [], _message("now"), room=40, count=_count)
    assert {used.owner: used.form for used in made.used} == {"persona": "whole", "low": "dropped", "high": "whole"}


@pytest.mark.spec("HOST-8")
def test_a_sections_own_budget_holds_even_where_there_is_room() -> None:
    section = Section("x" * 400, budget=5, short="brief", owner="lore")
    made = assemble(PERSONA, [section], [], _message("now"), room=10_000, count=_count)
    assert made.used[1].form == "short"


@pytest.mark.spec("HOST-8")
def test_history_that_a_section_covers_is_left_out() -> None:
    history = [_message("old", 1), _message("new", 2)]
    assert _texts([Section("summary", covers=2, stable=True)], history, _message("now"))[1:] == [
        "summary", "Ann: new", "Ann: now",
    ]  # fmt: skip


@pytest.mark.spec("HOST-8")
def test_of_a_message_that_is_too_long_the_beginning_and_the_end_are_kept() -> None:
    text = "begin " + "x" * 100_000 + " end"
    last = _texts([], [], _message(text), room=2_000)[-1]
    assert last.startswith("Ann: begin")
    assert last.endswith(" end")
    assert "characters left out" in last


SECTIONS = st.lists(
    st.builds(
        Section,
        text=st.text(max_size=300),
        priority=st.integers(0, NEVER_DROPPED - 1),
        stable=st.booleans(),
        short=st.sampled_from(["", "short"]),
        budget=st.sampled_from([0, 0, 20]),
    ),
    max_size=8,
)


@pytest.mark.spec("HOST-8", "MEM-14")
@given(
    sections=SECTIONS,
    history=st.lists(st.text(max_size=200), max_size=12),
    newest=st.text(min_size=1, max_size=100),
    room=st.integers(60, 600),
)
def test_no_prompt_is_over_budget_and_the_newest_message_is_never_dropped(
    sections: list[Section], history: list[str], newest: str, room: int
) -> None:
    past = [_message(text, seq) for seq, text in enumerate(history, 1)]
    made = assemble(PERSONA, sections, past, _message(newest), room=room, count=_count)
    assert made.turns[-1].text == f"Ann: {newest}"
    assert sum(_count(turn.text) for turn in made.turns) <= room
    assert made.tokens <= room


@pytest.mark.spec("HOST-8", "MEM-14")
@pytest.mark.parametrize("prompts", [2_000, pytest.param(100_000, marks=pytest.mark.soak)])
def test_of_many_prompts_none_is_over_budget_and_none_lacks_the_newest_message_or_the_rules(prompts: int) -> None:
    dice = random.Random(1)
    rule = Section("Nobody's data without consent.", priority=NEVER_DROPPED, stable=True)
    for number in range(prompts):
        sections = [rule, *(_random_section(dice) for _ in range(dice.randrange(12)))]
        past = [_message("word " * dice.randrange(40), seq) for seq in range(1, dice.randrange(1, 45))]
        heard = [_message("heard " * dice.randrange(20), 100 + each) for each in range(dice.randrange(3))]
        newest = f"newest {number} " + "x" * dice.randrange(1, 120)
        room = dice.randrange(200, 1500)
        made = assemble(PERSONA, sections, past, _message(newest), heard, room=room, count=_count)
        texts = [turn.text for turn in made.turns]
        assert sum(map(_count, texts)) <= room
        assert f"Ann: {newest}" in texts
        assert rule.text in texts


def _random_section(dice: random.Random) -> Section:
    text = "fact " * dice.randrange(1, 200)
    short = dice.choice(["", "fact", text])
    return Section(
        text, priority=dice.randrange(100), stable=dice.random() < 0.5, budget=dice.choice([0, 0, 50]), short=short
    )
