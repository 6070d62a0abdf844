"""A card is brought in, talked to, edited while the host runs, and taken out again (CHAR-1, CHAR-5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from butler.testing import House

from .conftest import CARD, picture, told

Stage = Callable[..., House]


def test_a_png_card_is_talked_to(stage: Stage) -> None:
    """CHAR-1."""
    house = stage(picture())
    house.model.say("I am here.")
    assert house.say("ann", "Sera, where is Eldoria?") == ["I am here."]
    prompt = told(house)
    assert "Sera guards the glade." in prompt
    assert "Eldoria is a forest." in prompt
    assert "{{" not in prompt


def test_it_is_there_after_a_restart(stage: Stage) -> None:
    """CHAR-1."""
    house = stage(picture())
    house.crash()
    assert house.say("ann", "Sera?")


def test_an_edited_file_holds_from_the_next_message_on_and_the_former_version_is_kept(stage: Stage) -> None:
    """CHAR-5."""
    house = stage(picture())
    file = house.data / "persona_claude" / "characters" / "Sera" / "character.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("guards the glade", "burns the glade").replace("Speak softly", "Shout"), "utf-8")
    house.advance(seconds=2)
    house.say("ann", "Sera?")
    assert "Sera burns the glade." in told(house)
    assert "Shout." in told(house)
    plugin: Any = house.plugin("persona_claude")
    assert len(plugin.casting.library.versions("Sera")) == 2


def test_a_broken_edit_changes_nothing_and_is_named(stage: Stage) -> None:
    """CHAR-5."""
    house = stage(CARD)
    file = house.data / "persona_claude" / "characters" / "Sera" / "character.toml"
    file.write_text("name = ", "utf-8")
    house.advance(seconds=2)
    assert house.say("ann", "Sera?")
    listed = house.run(house.host.operating.run("character_list", "cli:ann")).text
    assert "Sera/character.toml: this is no TOML" in listed


def test_whose_folder_is_taken_away_leaves(stage: Stage) -> None:
    """CHAR-1."""
    house = stage(CARD)
    folder = house.data / "persona_claude" / "characters" / "Sera"
    (folder / "character.toml").unlink()
    house.advance(seconds=2)
    assert house.say("ann", "Sera?") == []


def test_where_two_are_one_answers_and_whoever_is_named_is_meant(stage: Stage) -> None:
    """CHAR-6, CHAR-7: as at the console."""
    house = stage(CARD, "name = 'Mir'\n")

    def spoke(text: str) -> list[str]:
        before = len(house.shown)
        house.say("ann", text, members=2)
        return [shown.reply.persona for shown in house.shown[before:]]

    assert spoke("good evening") == ["TheButler"]
    assert spoke("Mir and Sera, good evening") == ["Mir", "Sera"]
    house.say("ann", "/persona talk Sera", members=2)
    assert spoke("good evening") == ["Sera"]
    assert spoke("Mir?") == ["Mir"]
