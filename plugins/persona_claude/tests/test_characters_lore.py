"""What a lorebook tells (CHAR-4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from butler.testing import House
from butler_persona_claude.casting import prompt_of
from butler_persona_claude.character import Character, Entry, Lorebook
from butler_persona_claude.lore import Lore, safe_pattern

from .conftest import card, told


def _told(*entries: Entry, text: str = "the dragon sleeps", budget: int = 1000, **book: Any) -> list[str]:
    return Lore(Lorebook(entries, **book)).told([text], budget=budget, count=len).split("\n")


DRAGON = Entry("Dragons are old.", ("dragon",))


@pytest.mark.parametrize(
    ("entry", "text", "comes"),
    [
        (DRAGON, "a Dragon!", True),
        (DRAGON, "a dragonfly", False),
        (DRAGON, "nothing", False),
        (Entry("x", ("red dragon",)), "the red dragon", True),
        (Entry("x", ("red dragon",)), "the red, red dragonfly", False),
        (Entry("x", ("Dragon",), case=True), "a dragon", False),
        (Entry("x", ("Dragon",), case=True), "a Dragon", True),
        (Entry("x", ("dragon",), ("cave", "lair"), selective=True), "a dragon", False),
        (Entry("x", ("dragon",), ("cave", "lair"), selective=True), "a dragon in its lair", True),
        (Entry("x", ("dragon",), enabled=False), "a dragon", False),
        (Entry("x", ("竜",)), "赤い竜がいる", True),
        (Entry("x", ("c++",)), "I write c++ at night", True),
        (Entry("x", (r"drag(on|oon)s?",), regex=True), "two dragoons", True),
        (Entry("x", (r"/DRAGON/i",), regex=True), "a dragon", True),
        (Entry("x", ("(",), regex=True), "(", False),
    ],
)
def test_an_entry_comes_up_when_its_keys_are_mentioned(entry: Entry, text: str, comes: bool) -> None:
    """CHAR-4."""
    assert bool(_told(entry, text=text)[0]) is comes


def test_they_stand_in_the_order_of_insertion() -> None:
    """CHAR-4."""
    entries = [Entry(f"e{order}", ("dragon",), order=order) for order in (30, 10, 20)]
    assert _told(*entries, Entry("last", ("dragon",), order=1, before=False)) == ["e10", "e20", "e30", "last"]


def test_within_the_budget_those_of_higher_priority_stay() -> None:
    """CHAR-4."""
    entries = [Entry(f"low{number}", ("dragon",), priority=1) for number in range(5)]
    assert _told(*entries, Entry("high", ("dragon",), priority=9, order=999), budget=9) == ["low0", "high"]


def test_what_is_told_brings_up_more_where_that_is_wanted() -> None:
    """CHAR-4: recursive scanning."""
    chain = [DRAGON, Entry("The king fears dragons, old as they are.", ("old",)), Entry("The king is Otto.", ("king",))]
    assert len(_told(*chain)) == 1
    assert len(_told(*chain, recursive=True)) == 3


def test_lore_that_calls_for_itself_ends() -> None:
    """CHAR-1, CHAR-4: cyclic lore is told once."""
    ring = [Entry(f"k{(number + 1) % 50} is next", (f"k{number}",)) for number in range(50)]
    assert len(_told(*ring, text="k0", recursive=True)) <= 9
    assert _told(Entry("dragon dragon", ("dragon",)), recursive=True) == ["dragon dragon"]


@pytest.mark.parametrize("key", ["(a+)+$", "(a|a)*b", ".*.*.*=", r"(\w+)\1", "x" * 500, "(?(1)a)"])
def test_a_pattern_that_could_take_for_ever_is_left_out(key: str) -> None:
    """CHAR-4: nothing on the loop."""
    assert safe_pattern(key, False) is None


def test_what_is_constant_is_always_told_and_stable() -> None:
    """CHAR-4."""
    entries = (Entry("It is winter.", constant=True), Entry("Never.", constant=True, enabled=False))
    text = prompt_of(Character("X", description="Who.", lorebook=Lorebook(entries)))
    assert "It is winter." in text
    assert "Never." not in text


def test_only_the_last_messages_count(stage: Callable[..., House]) -> None:
    """CHAR-4: scan depth."""
    book = {"scan_depth": 2, "entries": [{"keys": ["Eldoria"], "content": "Eldoria is a forest."}]}
    house = stage(card(character_book=book))
    house.say("ann", "Sera, Eldoria?")
    assert "is a forest" in told(house)
    house.say("ann", "Sera, something else")
    house.say("ann", "Sera, and more")
    assert "is a forest" not in told(house)
