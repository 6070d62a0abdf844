"""What is known of a model: the package's file, and before it the operator's (LLM-6)."""

from __future__ import annotations

import pytest
from butler import Catalog, ConfigError, Model

pytestmark = pytest.mark.spec("LLM-6")
KNOWN = Model("m-1", window=1000, input_price=1, output_price=2, temperature=False, source="a page", date="2026-01-02")


def read(text: str) -> Catalog:
    return Catalog.read(text, "models.toml")


def test_only_what_is_said_goes_before() -> None:
    facts = read('[models."m-1"]\nwindow = 5').over(KNOWN, "m-1")
    assert (facts.window, facts.input_price, facts.temperature, facts.source) == (5, 1, False, "a page")


def test_a_price_without_a_source_is_the_files_own() -> None:
    """Never the source of another price."""
    facts = read('[models."m-1"]\ninput = 0.5').over(KNOWN, "m-1")
    assert (facts.input_price, facts.source, facts.date) == (500_000, "models.toml", "")


def test_the_longest_beginning_with_a_star_that_fits_holds() -> None:
    catalog = read('[models."m*"]\nwindow = 1\n[models."m-1*"]\nwindow = 2\n[models."m-12"]\nwindow = 3')
    found = [catalog.find(name) for name in ("m-2", "m-11", "m-12", "n")]
    assert [model and (model.name, model.window) for model in found] == [("m-2", 1), ("m-11", 2), ("m-12", 3), None]


def test_a_name_with_its_provider_goes_before_one_without() -> None:
    catalog = read('[models."m-1"]\nwindow = 1\n[models."here:m-1"]\nwindow = 2')
    assert catalog.over(KNOWN, "here:m-1", "m-1").window == 2
    assert catalog.over(KNOWN, "there:m-1", "m-1").window == 1


def test_what_is_said_nowhere_stays_as_it_is() -> None:
    assert read("").over(KNOWN, "m-1") is KNOWN


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[models."m"]\nprice = 1', "unknown price"),
        ('[models."m"]\ninput = "cheap"', "expected the price of a million tokens"),
        ('[models."m"]\nwindow = 1.5', "expected a whole number of tokens"),
        ('[models."m"]\nfeatures = "text"', "expected a list of words"),
        ("models = 3", "expected tables"),
        ("[models", "models.toml"),
    ],
)
def test_what_is_wrong_is_named_with_what_was_expected(text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        read(text)
