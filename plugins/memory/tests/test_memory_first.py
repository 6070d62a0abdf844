"""A persona that learns a fact knows it a week and a restart later, and where it is from."""

from __future__ import annotations

import json
from typing import Any

from butler.testing import House
from butler_memory import Memory


def facts(*found: dict[str, Any]) -> str:
    """What a model answers that looks for facts."""
    return json.dumps({"facts": list(found)})


TOML = "[personas.TheButler]\nmodel = 'script:one'\n"


def test_what_was_learned_is_known_a_week_later(house_with_memory: House) -> None:
    house = house_with_memory
    lives = {"message": 1, "quote": "I live in Paris", "text": "ann lives in Paris", "about": "ann", "slot": "home"}
    house.model.rule("The conversation:", facts(lives))
    house.dm("ann", "I live in Paris now")
    house.advance(seconds=10)
    house.stop()
    house.advance(days=7)
    house.start()
    house.dm("ann", "do you know where I live?")
    prompt = next(p for p in reversed(house.model.prompts) if "The conversation:" not in p.turns[-1].text)
    text = "\n".join(turn.text for turn in prompt.turns)
    assert "ann lives in Paris (#1, " in text


def test_without_a_model_what_was_asked_to_be_remembered_is(make_house: Any) -> None:
    house = make_house([Memory])
    assert house.dm("ann", "/remember I am allergic to nuts") == ["I will remember: I am allergic to nuts"]
    assert "allergic to nuts" in house.dm("ann", "/memories")[0]
