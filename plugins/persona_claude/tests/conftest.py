"""What the tests of characters share: cards, and houses in which some live."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from butler.testing import House
from butler_persona_claude import PersonaClaude
from butler_persona_claude.cards import png

CARD: dict[str, Any] = {
    "spec": "chara_card_v2",
    "spec_version": "2.0",
    "data": {
        "name": "Sera",
        "description": "{{char}} guards the glade.",
        "personality": "kind",
        "scenario": "{{user}} woke up hurt.",
        "first_mes": "You are awake, {{user}}!",
        "mes_example": "<START>\n{{user}}: who are you\n{{char}}: I am {{char}}.",
        "system_prompt": "",
        "post_history_instructions": "Speak softly.",
        "alternate_greetings": ["Hello again."],
        "tags": ["elf"],
        "creator_notes": "",
        "creator": "the tests",
        "character_version": "1",
        "extensions": {"somebody": {"else": None}},
        "character_book": {
            "entries": [
                {"keys": ["Eldoria"], "content": "Eldoria is a forest.", "enabled": True, "insertion_order": 1}
            ],
            "extensions": {},
        },
        "unknown": [1, 2, {"three": None}],
    },
}


def card(**fields: Any) -> dict[str, Any]:
    """The card with other fields."""
    return {**CARD, "data": {**CARD["data"], **fields}}


def picture(made: dict[str, Any] = CARD) -> bytes:
    """The card in a PNG."""
    return png.with_cards(png.plain("#336699"), {b"chara": json.dumps(made).encode()})


@pytest.fixture
def stage(make_house: Callable[..., House]) -> Callable[..., House]:
    """A house with the plugin, and characters brought in from TOML texts or cards."""

    def made(*characters: Any, toml: str = "", plugins: tuple[Any, ...] = ()) -> House:
        house = make_house([PersonaClaude, *plugins], toml=toml)
        for each in characters:
            bring(house, each)
        return house

    return made


def bring(house: House, character: Any, home: str = "*") -> str:
    """Bring a character in, as an operator does."""
    endings = {str: "toml", dict: "json", bytes: "png"}
    data = json.dumps(character) if isinstance(character, dict) else character
    file = house.data / f"new.{endings[type(character)]}"
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    answer = house.run(house.host.operating.run(f'character_import --home "{home}" {file}', "cli:ann"))
    return str(answer.text)


def told(house: House, place: int = -1) -> str:
    """All of a prompt for an answer."""
    prompts = [prompt for prompt in house.model.prompts if prompt.schema is None]
    return "\n".join(turn.text for turn in prompts[place].turns)
