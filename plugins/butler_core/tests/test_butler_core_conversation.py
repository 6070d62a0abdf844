"""Where TheButler converses, what it sees of the past, and when that ends (CORE-3, CORE-5, CORE-6, CORE-7)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from butler.testing import House
from butler_core import ButlerCore
from butler_core.conversation.farewell import says_goodbye
from hypothesis import given, settings
from hypothesis import strategies as st

MakeHouse = Callable[..., House]
TOML = "[plugins.butler_core]\nquestions_shown = false\nquestions_per_hour = 1000\n"


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    return make_house([ButlerCore], toml=TOML)


def seen(house: House) -> str:
    """All that the model was shown last."""
    return "\n".join(turn.text for turn in house.model.prompts[-1].turns)


# --- where (CORE-5) --------------------------------------------------------------------------------------


@pytest.mark.spec("CORE-5")
@pytest.mark.parametrize("text", ["butler, hello", "where is the Butler?", "hello TheButler", "hey @butler!"])
def test_it_answers_to_its_name_as_a_word_in_any_channel(house: House, text: str) -> None:
    assert house.say("ann", text) == ["Very well."]
    assert house.say("ann", text, channel="garden") == ["Very well."]


@pytest.mark.spec("CORE-5")
@pytest.mark.parametrize("text", ["hello", "the butlers' ball", "butlering is hard", "`butler run`"])
def test_it_is_silent_where_it_is_not_named(house: House, text: str) -> None:
    assert house.say("ann", text) == []


@pytest.mark.spec("CORE-5")
def test_it_always_answers_a_direct_message(house: House) -> None:
    assert house.dm("ann", "hello") == ["Very well."]


@pytest.mark.spec("CORE-3")
def test_conversation_may_be_kept_to_direct_messages(house: House) -> None:
    house.set("butler_core.converse_in", "dm", guild="den")
    assert house.say("ann", "butler, hello") == []
    assert house.say("ann", "butler, hello", guild="glade") == ["Very well."]
    assert house.dm("ann", "hello") == ["Very well."]


# --- what it sees (CORE-6) -------------------------------------------------------------------------------


@pytest.mark.spec("CORE-6")
def test_the_last_messages_are_in_the_prompt_and_earlier_ones_are_not(house: House) -> None:
    for number in range(60):
        house.say("bob", f"word{number:03}")
    house.say("ann", "butler, what did bob say?")
    assert "word059" in seen(house)
    assert "word050" in seen(house)
    assert "word010" not in seen(house)


WHERE = st.sampled_from(["dm ann", "dm bob", "hall", "garden", "glade"])
SAID = st.lists(st.tuples(WHERE, st.sampled_from(["ann", "bob"]), st.booleans()), min_size=2, max_size=14)


@pytest.mark.spec("CORE-6")
@settings(max_examples=25, deadline=None)
@given(SAID)
def test_what_was_said_in_private_never_reaches_another_channels_prompt(said: list[tuple[str, str, bool]]) -> None:
    """Whatever is said where, by whom, and with how long a silence between."""
    with House([ButlerCore], toml=TOML) as house:
        for number, (where, who, pause) in enumerate(said):
            mark = f"secret{number:03}"
            answer = f"answer{number:03}"
            house.model.say(answer)
            if where.startswith("dm "):
                house.dm(where.removeprefix("dm "), f"{mark} in private")
            else:
                guild = "glade" if where == "glade" else "den"
                house.say(who, f"butler, {mark}", channel="hall" if where == "glade" else where, guild=guild)
            foreign = [n for n, (other, _, _) in enumerate(said[:number]) if other.startswith("dm ") and other != where]
            shown = seen(house)
            assert not [n for n in foreign if f"secret{n:03}" in shown or f"answer{n:03}" in shown]
            assert mark in shown
            if pause:
                house.advance(minutes=31)


@pytest.mark.spec("CORE-6")
def test_a_model_may_look_further_back_in_the_same_conversation_only(house: House) -> None:
    house.dm("ann", "the key lies under the elephant")
    house.say("bob", "an elephant in the hall")
    for number in range(60):
        house.say("bob", f"word{number}")
    house.model.call("search_history", words="elephant")
    house.model.say("In the hall.")
    house.say("ann", "butler, where is the elephant?")
    assert "an elephant in the hall" in seen(house)
    assert "under the elephant" not in seen(house)


# --- when it ends (CORE-7) -------------------------------------------------------------------------------


@pytest.mark.spec("CORE-7")
def test_silence_ends_a_conversation(house: House) -> None:
    house.dm("ann", "my cat is called Mimi")
    house.advance(minutes=29)
    house.dm("ann", "what is she called?")
    assert "Mimi" in seen(house)
    house.advance(minutes=31)
    house.dm("ann", "what is she called?")
    assert "Mimi" not in seen(house)
    assert house.query("select count(*) from host_inbox where text like '%Mimi%'") == [(1,)]


@pytest.mark.spec("CORE-7")
def test_a_goodbye_ends_it_with_the_answer_to_it_also_over_a_restart(house: House) -> None:
    house.dm("ann", "my cat is called Mimi")
    house.model.say("Sleep well, ann.")
    assert house.dm("ann", "Thanks, bye!") == ["Sleep well, ann."]
    house.restart()
    house.dm("ann", "hello again")
    assert "Mimi" not in seen(house)
    assert "Sleep well" not in seen(house)
    house.dm("ann", "how are you?")
    assert "hello again" in seen(house)


@pytest.mark.spec("CORE-7")
def test_a_goodbye_to_somebody_else_ends_nothing(house: House) -> None:
    house.say("ann", "butler, my cat is called Mimi")
    house.say("bob", "bye all")
    house.say("bob", "bye")
    house.say("ann", "butler, what is she called?")
    assert "Mimi" in seen(house)
    house.say("ann", "goodbye butler")
    house.say("ann", "butler, what is she called?")
    assert "Mimi" not in seen(house)


@pytest.mark.spec("CORE-7")
def test_it_is_reset_by_command_after_a_yes(house: House) -> None:
    house.dm("ann", "my cat is called Mimi")
    house.dm("ann", "/reset")
    house.dm("ann", "what is she called?")
    assert "Mimi" in seen(house)
    house.dm("ann", "/reset")
    assert house.click("ann", "Yes")[-1] == "Let us begin anew."
    house.model.call("search_history", words="Mimi")
    house.model.say("I do not know.")
    house.dm("ann", "what is she called?")
    assert "my cat" not in seen(house)


@pytest.mark.spec("CORE-7")
@pytest.mark.parametrize(
    "text", ["bye", "Goodbye, Butler!", "thanks, good night", "ok bye then", "See you later!", "tschüss"]
)
def test_a_goodbye_is_recognised(text: str) -> None:
    assert says_goodbye(text, ["butler", "TheButler"])


@pytest.mark.spec("CORE-7")
@pytest.mark.parametrize(
    "text", ["", "by", "bye bye birdie is a musical", "say bye to him", "goodbye cruel world", "b" * 90]
)
def test_a_sentence_with_such_a_word_is_none(text: str) -> None:
    assert not says_goodbye(text, ["butler"])


# --- by command (CORE-3) ---------------------------------------------------------------------------------


@pytest.mark.spec("CORE-3")
def test_bm_opens_a_direct_conversation_with_the_menu(house: House) -> None:
    house.say("ann", "/bm")
    told = [shown for shown in house.shown if shown.channel == "test:dm/test:ann"]
    assert "At your service" in told[0].text
    assert "/remind" in told[0].text
    assert house.dm("ann", "hello") == ["Very well."]


@pytest.mark.spec("CORE-3")
def test_bm_with_a_text_is_answered_there(house: House) -> None:
    house.model.say("All is well.")
    house.say("ann", "/bm how are things?")
    told = [shown for shown in house.shown if shown.channel == "test:dm/test:ann"]
    assert told[0].text == "> how are things?\n\nAll is well."
    assert told[0].persona == "TheButler"


@pytest.mark.spec("CORE-2", "CORE-3")
def test_bm_is_answered_in_the_channel_where_direct_messages_are_closed(house: House) -> None:
    house.world.closed.add("test:ann")
    house.say("ann", "/bm")
    assert house.shown[-1].channel == "test:den/hall"
    assert "At your service" in house.shown[-1].text


@pytest.mark.spec("CORE-3")
def test_bo_asks_a_single_question_without_what_was_said_before(house: House) -> None:
    house.say("ann", "butler, my cat is called Mimi")
    house.model.say("A spirit.")
    assert house.say("ann", "/bo what is a genie?") == ["A spirit."]
    assert "Mimi" not in seen(house)


@pytest.mark.spec("CORE-11")
def test_a_model_that_fails_is_excused_with_an_id_that_is_in_the_log(house: House) -> None:
    house.model.fail(5)
    said = house.say("ann", "/bo what is a genie?")[0]
    number = said.partition("(error ")[2].partition(")")[0]
    assert [line for line in house.logs if line.get("id") == number]
