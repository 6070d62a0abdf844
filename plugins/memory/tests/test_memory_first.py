"""A persona that learns a fact knows it a week and a restart later, and where it is from (MEM-1, MEM-4)."""

from __future__ import annotations

from collections.abc import Callable

from butler.testing import House
from butler_memory import Memory

from .conftest import Minded


def test_what_was_learned_is_known_a_week_later(minded_on: Minded) -> None:
    """The host was closed in between; the memory stands in the prompt with its source."""
    minded_on.learn("ann", "I live in Paris now", text="ann lives in Paris", slot="home")
    house = minded_on.house
    house.stop()
    house.advance(days=7)
    house.start()
    assert "about ann: ann lives in Paris (#1, " in minded_on.prompt("ann", "do you know where I live?")


def test_the_reply_does_not_wait_for_it(minded: Minded) -> None:
    """MEM-8: the model is asked for facts after the reply was sent."""
    assert minded.house.dm("ann", "hello") == ["Very well."]
    assert not any("The conversation:" in prompt.turns[-1].text for prompt in minded.house.model.prompts)


def test_without_a_model_what_somebody_asks_to_be_remembered_is(make_house: Callable[..., House]) -> None:
    """By command, and in plain words."""
    house = make_house([Memory], toml="[personas.TheButler]\nmodel = 'offline'\n[plugins.memory]\nextract_after = 5\n")
    assert house.dm("ann", "/remember I am allergic to nuts") == ["I will remember: I am allergic to nuts"]
    house.dm("ann", "please remember that my sister is called Anna")
    house.advance(seconds=10)
    shown = house.dm("ann", "/memories")[0]
    assert "allergic to nuts" in shown
    assert "my sister is called Anna" in shown
