"""What people and operators type (CHAR-3, CHAR-11, CHAR-12, CHAR-13, CHAR-14), with the examples (CHAR-1)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from butler import Rank
from butler.testing import House
from butler_persona_claude.cards import read
from butler_persona_claude.studio import EXAMPLES, example

from .conftest import told

Stage = Callable[..., House]
NYX = "name = 'Nyx'\ndescription = 'Knows networks.'\nrelationship = 'platonic'\nfallback = 'static on the line'\n"


@pytest.fixture
def house(stage: Stage) -> House:
    return stage(NYX)


# --- examples ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_are_brought_in_and_talk(house: House, name: str) -> None:
    """CHAR-1."""
    house.rank("ann", Rank.ADMIN)
    (said,) = house.say("ann", f"/character add {name}")
    assert f"{name} lives here now" in said
    house.model.say("Yes?")
    assert house.say("ann", f"{name}, hello") == ["Yes?"]
    assert "{{" not in told(house)


def test_pixel_goes_through_nine_modes_and_knows_of_it(house: House) -> None:
    """CHAR-1."""
    house.rank("ann", Rank.ADMIN)
    house.say("ann", "/character add Pixel")
    modes = [mode.name for mode in example("Pixel").character.modes]
    assert len(modes) >= 9
    seen = []
    for number in range(4 * len(modes)):
        house.say("ann", f"Pixel, bug {number}")
        seen.append(next(mode for mode in modes if f"Your mode now is “{mode}”" in told(house)))
    assert seen[::4] == modes
    house.say("ann", "Pixel, one more")
    assert f"moved you from {modes[-1]} to {modes[0]}" in told(house)
    assert house.say("ann", "/mode noir Pixel") == ["Pixel is noir now."]


# --- commands of people -----------------------------------------------------------------------------


def test_a_conversation_begins_anew(house: House) -> None:
    """CHAR-11."""
    house.dm("ann", "/persona talk Nyx")
    house.dm("ann", "the cake is a lie")
    house.dm("ann", "/reset_conversation")
    house.click("ann", "Yes")
    house.restart()
    house.dm("ann", "hello again")
    assert "cake" not in told(house)


def test_in_a_guild_members_do_not_reset_everybodys_conversation(house: House) -> None:
    """CHAR-11."""
    house.say("ann", "/reset_conversation")
    assert "everybody's conversation" in house.click("ann", "Yes")[-1]


def test_what_was_said_is_picked_and_forgotten(house: House) -> None:
    """CHAR-11."""
    house.model.say("Cake?", "Tea?", "Well.")
    house.say("ann", "Nyx, I like cake")
    house.say("ann", "Nyx, I like tea")
    house.say("ann", "/forget_last")
    house.choose("ann", "Nyx, I like cake → Cake?")
    assert house.click("ann", "Forget") == ["Forgotten: 2 messages."]
    house.say("ann", "Nyx?")
    assert "cake" not in told(house).lower()
    assert "I like tea" in told(house)


@pytest.mark.parametrize("count", [0, 11, -3])
def test_how_many_are_forgotten_has_a_limit(house: House, count: int) -> None:
    """CHAR-11."""
    assert "from 1 to 10" in house.say("ann", f"/forget_last {count}")[0]


def test_another_answer_is_previewed_and_taken(house: House) -> None:
    """CHAR-11."""
    house.model.say("First.", "Second.", "Third.")
    house.say("ann", "Nyx, hello")
    (shown,) = house.say("ann", "/reroll be brief")
    assert shown == "Second."
    assert house.shown[-1].reply.ephemeral
    assert "be brief" in told(house)
    assert house.click("ann", "Redo") == ["Third."]
    house.click("ann", "Accept")
    assert house.shown[0].text == "Third."
    house.say("ann", "Nyx?")
    assert "Third." in told(house)
    assert "First." not in told(house)


def test_another_answer_is_left(house: House) -> None:
    """CHAR-11."""
    house.model.say("First.", "Second.")
    house.say("ann", "Nyx, hello")
    house.say("ann", "/reroll")
    house.click("ann", "Dismiss")
    assert house.shown[0].text == "First."


def test_after_a_minute_it_can_be_taken_no_more(house: House) -> None:
    """CHAR-11: ``reroll_timeout_seconds``."""
    house.model.say("First.", "Second.")
    house.say("ann", "Nyx, hello")
    house.say("ann", "/reroll")
    house.advance(seconds=61)
    house.click("ann", "Accept")
    assert house.shown[0].text == "First."


def test_status_says_where_one_stands(house: House) -> None:
    """CHAR-11, CHAR-13."""
    house.say("ann", "Nyx, hello")
    (said,) = house.say("ann", "/status")
    assert "Model: default" in said
    house.model.priced = False
    house.say("ann", "Nyx, hello")
    assert "1 calls whose price is not known" in house.say("ann", "/status")[0]


# --- relationships ----------------------------------------------------------------------------------


def _moves(move: int, evidence: str) -> str:
    return json.dumps({"move": move, "evidence": evidence})


def test_the_stage_moves_on_what_the_person_said_and_can_be_set_back(house: House) -> None:
    """CHAR-3."""
    house.model.rule("data-", _moves(1, "You fixed my  ROUTER, thank you"))
    for _ in range(6):
        house.say("ann", "Nyx, you fixed my router, thank you so much")
    (said,) = house.say("ann", "/relationship Nyx")
    assert "platonic, acquaintance" in said
    assert "thank you" in said
    house.say("ann", "/relationship reset Nyx")
    assert "stranger again" in house.click("ann", "Yes")[-1]


@pytest.mark.parametrize("answer", [_moves(1, "I love you, Nyx, for ever"), _moves(7, "x"), "nonsense", _moves(1, "")])
def test_a_model_that_lies_or_babbles_moves_nothing(house: House, answer: str) -> None:
    """CHAR-3."""
    house.model.rule("data-", answer)
    for _ in range(7):
        house.say("ann", "Nyx, hello there my friend")
    assert "platonic, stranger" in house.say("ann", "/relationship Nyx")[0]


def test_what_was_in_private_does_not_show_in_public(house: House) -> None:
    """CHAR-2, CHAR-3."""
    house.dm("ann", "/persona talk Nyx")
    house.dm("ann", "/relationship choose adversarial Nyx")
    house.dm("ann", "hello")
    assert "You do not trust ann" in told(house)
    house.say("ann", "Nyx, hello")
    assert "do not trust" not in told(house)


def test_kinds_for_adults_need_the_guilds_word_and_an_age_restricted_channel(house: House) -> None:
    """CHAR-3."""
    for allowed, restricted in ((False, False), (True, False), (False, True)):
        house.set("persona_claude.adult_relationships", allowed)
        channel = house.world.channel("red" if restricted else "hall")
        house.world._channels[channel.id] = attrs.evolve(channel, age_restricted=restricted)
        (said,) = house.say("ann", "/relationship choose romantic Nyx", channel=channel.name)
        assert "for adults" in said, (allowed, restricted)
    house.set("persona_claude.adult_relationships", True)
    assert "romantic, noticing" in house.say("ann", "/relationship choose romantic Nyx", channel="red")[0]
    house.say("ann", "Nyx?", channel="red")
    assert "caught your interest" in told(house)
    house.say("ann", "Nyx?", channel="hall")
    assert "caught your interest" not in told(house)


def test_an_operators_own_kinds_count(stage: Stage) -> None:
    """CHAR-3."""
    house = stage(NYX)
    file = house.data / "persona_claude" / "relationships.toml"
    file.write_text('[crew]\nstages = [{ name = "deckhand", prompt = "{{user}} swabs." }]\n', "utf-8")
    house.restart()
    assert "crew, deckhand" in house.say("ann", "/relationship choose crew Nyx")[0]


# --- operators --------------------------------------------------------------------------------------


def _console(house: House, line: str) -> str:
    return str(house.run(house.host.operating.run(line, "cli:ann")).text)


def test_both_the_rank_and_the_log_channel_are_needed(house: House) -> None:
    """CHAR-12."""
    house.say("ann", "hello", channel="log")
    house.set("persona_claude.log_channel", "test:den/log")
    assert "rank admin" in house.say("ann", "/operator shutdown Nyx", channel="log")[0]
    house.rank("ann", Rank.ADMIN)
    assert "test:den/log" in house.say("ann", "/operator shutdown Nyx")[0]
    assert "exactly 'nyx'" in house.say("ann", "/operator shutdown nyx", channel="log")[0]
    assert "is silent" in house.say("ann", "/operator shutdown Nyx", channel="log")[0]
    house.restart()
    assert house.say("ann", "Nyx?") == []
    house.say("ann", "/operator start Nyx", channel="log")
    assert house.say("ann", "Nyx?")


def test_operators_see_numbers_and_no_contents(house: House) -> None:
    """CHAR-12."""
    house.say("ann", "Nyx, my secret is cake")
    said = _console(house, "persona_user test:ann")
    assert "answers of characters: 1" in said
    assert "cake" not in said
    assert "test:ann" in _console(house, "persona_users")
    assert "votes: off" in _console(house, "persona_status")
    assert "named in the log" in _console(house, "persona_verbose on")


def test_who_is_given_the_better_model_is_answered_by_it(stage: Stage) -> None:
    """CHAR-13."""
    house = stage(
        NYX, toml="[plugins.persona_claude]\ndefault_model = 'script:small'\npremium_model = 'script:large'\n"
    )
    house.say("ann", "Nyx?")
    assert "better model" in _console(house, "persona_premium test:ann")
    house.say("ann", "Nyx?")
    house.say("bob", "Nyx?")
    _console(house, "persona_premium test:ann")
    house.say("ann", "Nyx?")
    assert [prompt.model for prompt in house.model.prompts] == ["small", "large", "small", "small"]
    assert {prompt.max_tokens for prompt in house.model.prompts} == {1250}


def test_after_a_timeout_it_says_a_line_in_character_and_the_late_answer_is_dropped(house: House) -> None:
    """CHAR-14."""
    house.model.delay = 100
    house.post("ann", "Nyx?")
    house.advance(minutes=5)
    assert len(house.shown) == 1
    assert house.shown[0].text.startswith("static on the line")


def test_an_answer_takes_the_time_of_typing_less_that_of_thinking(house: House) -> None:
    """CHAR-9."""
    house.model.say("x" * 50)
    house.say("ann", "Nyx?")
    assert 7.9 < house.shown[-1].reply.typing < 12.1
    house.model.delay = 9
    house.model.say("Yes.")
    house.say("ann", "Nyx?")
    assert house.shown[-1].reply.typing == 0


# --- the studio -------------------------------------------------------------------------------------


def test_a_text_is_edited_by_form_and_taken_back(house: House) -> None:
    """CHAR-5."""
    house.rank("ann", Rank.ADMIN)
    house.say("ann", "/character add Pixel")
    house.say("ann", "/character edit scenario Pixel")
    house.fill("ann", text="Pixel is on the moon.")
    house.say("ann", "Pixel?")
    assert "on the moon" in told(house)
    assert "0." in house.say("ann", "/character versions Pixel")[0]
    house.say("ann", "/character restore 1 Pixel")
    house.say("ann", "Pixel?")
    assert "on the moon" not in told(house)


def test_an_admin_changes_only_who_lives_in_the_guild_alone(house: House) -> None:
    """CHAR-5."""
    house.rank("ann", Rank.ADMIN)
    assert "lives elsewhere" in house.say("ann", "/character edit scenario Nyx")[0]
    assert "lives elsewhere" in house.say("ann", "/character export toml Nyx")[0]


def test_a_character_is_exported_and_leaves(house: House) -> None:
    """CHAR-1."""
    house.rank("ann", Rank.ADMIN)
    house.say("ann", "/character add Pixel")
    house.say("ann", "/character export png Pixel")
    assert read(house.shown[-1].reply.files[0].data).character.name == "Pixel"
    house.say("ann", "/character remove Pixel")
    house.click("ann", "Yes")
    assert house.say("ann", "Pixel?") == []


def test_forgetting_somebody_forgets_all_of_it(house: House) -> None:
    """HOST-22."""
    house.say("ann", "Nyx?")
    house.say("ann", "/relationship choose mentorship Nyx")
    _console(house, "persona_premium test:ann")
    plugin: Any = house.plugin("persona_claude")
    assert sum(house.run(plugin.forget_person("test:ann", "gone")).values()) == 3
    assert not any(house.run(plugin.export_person("test:ann")).values())
    assert "platonic" in house.say("ann", "/relationship Nyx")[0]
