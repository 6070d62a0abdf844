"""Tokens are estimated from above (LLM-1)."""

from __future__ import annotations

import pytest
from butler.testing.providers import tokens
from butler_llm_openai.counting import count
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.spec("LLM-1")


@settings(deadline=None)
@given(st.text())
def test_no_text_is_more_than_estimated(text: str) -> None:
    """As the stand-in cuts, which cuts finer than most."""
    assert count(text) >= tokens.count(text)


PROSE = """
Early one evening in the year 1887 a butler, whose name nobody remembers, carried 12 glasses and a letter through the
great hall. "Good evening," he said; nobody answered, because the house (as he well knew) had been empty for 3 years.
"""


def test_prose_is_not_estimated_far_too_long() -> None:
    """OpenAI says that a token is about four characters of English: at most half as much again."""
    assert len(PROSE) / 4 <= count(PROSE) <= 1.5 * len(PROSE) / 4
