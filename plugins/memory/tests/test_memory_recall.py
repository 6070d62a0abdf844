"""Recall on a generated log, with the specification's numbers (MEM-11); the full size is in benchmarks/memory."""

from __future__ import annotations

import asyncio
import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from .conftest import Minded

ROOT = Path(__file__).parents[3]


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """What a smaller run of the benchmark finds, by name."""
    monkeypatch.syspath_prepend(str(ROOT))
    size = importlib.import_module("benchmarks.measure").Size(1, 0.06)
    measuring: Any = importlib.import_module("benchmarks.memory.measuring")
    found = {row.what: row.value for row in asyncio.run(measuring.found(size))}
    assert "benchmarks" in sys.modules
    return found


def test_facts_are_found_and_nothing_else_is_shown(figures: dict[str, float]) -> None:
    """98 % within the first five; none outdated, none that the asker may not know; no lie of the model is kept."""
    assert figures["facts within the first 5: the memory"] >= 98
    assert figures["outdated ones shown: the memory"] == 0
    assert figures["shown to the wrong ones: the memory"] == 0
    assert figures["lies of the model that were kept"] == 0
    assert figures["facts within the first 5: BM25 only"] < figures["facts within the first 5: the memory"]


def test_of_namesakes_each_is_told_their_own(minded: Minded) -> None:
    house = minded.house
    house.world.people["ann2"] = evolve(house.person("ann2"), name="ann")
    minded.learn("ann", "I live in Paris", guild="den", text="ann lives in Paris", slot="home")
    minded.teach("TheButler, I live in Rome", about="ann", text="ann lives in Rome", slot="home")
    house.say("ann2", "TheButler, I live in Rome")
    house.advance(seconds=10)
    assert minded.kept() == ["ann lives in Paris", "ann lives in Rome"]
    for who, mine in (("ann", "Paris"), ("ann2", "Rome")):
        told = minded.prompt(who, "where do I live?", guild="den").split('source="memory"')[1]
        assert told.index(f"lives in {mine}") == min(told.index("lives in Paris"), told.index("lives in Rome"))


def test_what_was_said_in_public_after_something_private_is_what_holds_in_private(minded: Minded) -> None:
    """Each place shows what was said last of the same, as far as it may be known there."""
    minded.learn("ann", "I live in Paris", text="ann lives in Paris", slot="home")
    minded.learn("ann", "I live in Rome", guild="den", text="ann lives in Rome", slot="home")
    assert "lives in Paris" not in minded.prompt("ann", "in which city do I live?").split('source="memory"')[1]
    minded.learn("ann", "I live in Paris again", text="ann lives in Paris", slot="home")
    told = minded.prompt("ann", "in which city do I live now?").split('source="memory"')[1]
    assert "lives in Paris" in told
    assert "lives in Rome" not in told
    assert "lives in Rome" in minded.prompt("bob", "where does ann live?", guild="den")
