"""Long answers are cut where people would cut them, and code fences survive (PLAT-3, CHAR-10)."""

from __future__ import annotations

import re

import pytest
from butler.services.text import split
from butler.services.text.blocks import code_blocks
from hypothesis import example, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.spec("PLAT-3", "CHAR-10")


def solid(text: str) -> str:
    """A text without its white space."""
    return "".join(text.split())


def test_a_text_that_fits_is_left_as_it_is() -> None:
    assert split("  hello\n\n", 20) == ["  hello\n\n"]


@pytest.mark.parametrize("text", ["", "   ", "\n" * 50])
def test_a_text_without_anything_in_it_gives_no_piece(text: str) -> None:
    assert split(text, 10) == []


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="limit of at least 1"):
        split("x", 0)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("One here. Two.\n\nThree is\nthe last.", ["One here. Two.", "Three is\nthe last."]),
        ("One here. Two.\nThree is the last.", ["One here. Two.", "Three is the last."]),
        ("One here it is. Three is the last.", ["One here it is.", "Three is the last."]),
        ("one here it is three is the last", ["one here it is three", "is the last"]),
        ("x" * 45, ["x" * 20, "x" * 20, "x" * 5]),
        ("word " + "x" * 30, ["word", "x" * 20, "x" * 10]),
        ("- one item here\n  - inner item\n", ["- one item here", "  - inner item\n"]),
    ],
)
def test_a_cut_is_at_a_paragraph_else_a_line_else_a_sentence_else_a_word(text: str, pieces: list[str]) -> None:
    assert split(text, 20) == pieces


def test_a_fence_that_fits_in_one_piece_stays_whole() -> None:
    fence = "```py\na = 1\n\nb = 2\n\nc = 3\n```\n"
    assert split(f"Here it is, at last.\n\n{fence}\nThat was it.", 35) == [
        "Here it is, at last.",
        fence.rstrip(),
        "That was it.",
    ]


def test_a_longer_fence_is_closed_and_opened_again_with_its_info_string() -> None:
    lines = [f"line {number}" for number in range(8)]
    pieces = split("Look:\n\n~~~~py title=x\n" + "\n".join(lines) + "\n~~~~\nDone.", 50)
    assert pieces == [
        "Look:\n\n~~~~py title=x\nline 0\nline 1\nline 2\n~~~~",
        "~~~~py title=x\nline 3\nline 4\nline 5\nline 6\n~~~~",
        "~~~~py title=x\nline 7\n~~~~\nDone.",
    ]


def test_a_fence_in_a_quote_stays_in_the_quote() -> None:
    text = "> ```\n" + "> some code\n" * 6 + "> ```\n"
    assert split(text, 40) == ["> ```\n> some code\n> some code\n> ```"] * 3


def test_a_fence_that_is_never_closed_is_closed_in_every_piece_that_is_cut_off() -> None:
    pieces = split("```\n" + "code here\n" * 10, 40)
    assert all(piece.startswith("```\n") and piece.endswith("\n```") for piece in pieces[:-1])
    assert solid("".join(pieces)).count("codehere") == 10


@pytest.mark.parametrize("cluster", ["👩‍👩‍👧‍👦", "👍🏽", "🇩🇪", "é", "\ud83d\ude00", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "❤️"])
def test_what_people_see_as_one_character_is_not_torn(cluster: str) -> None:
    for limit in range(len(cluster), 2 * len(cluster)):
        pieces = split(cluster * 5, limit)
        assert "".join(pieces) == cluster * 5
        assert all(len(piece) % len(cluster) == 0 for piece in pieces), (limit, pieces)


def test_a_character_with_more_marks_than_fit_is_cut_all_the_same() -> None:
    zalgo = "a" + "\u0301" * 500
    pieces = split(zalgo, 40)
    assert "".join(pieces) == zalgo
    assert all(len(piece) <= 40 for piece in pieces)


FENCED = st.builds(
    lambda marks, info, lines: f"{marks}{info}\n" + "".join(f"{line}\n" for line in lines) + f"{marks}\n",
    st.sampled_from(["```", "~~~", "````"]),
    st.sampled_from(["", "py", "c++"]),
    st.lists(st.text("ab 1#>-", max_size=25), max_size=12),
)
PROSE = st.text("abc .!?\n\t*_[]()`>-#1éあ😀\u200d\u0301", max_size=120)
DOCUMENT = st.lists(st.one_of(FENCED, PROSE.map(lambda text: text + "\n\n")), max_size=6).map("".join)


@settings(max_examples=300, deadline=None)
@given(text=DOCUMENT, limit=st.integers(30, 90))
def test_no_piece_is_too_long_and_joined_they_lose_nothing_but_white_space(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert all(0 < len(piece) <= limit for piece in pieces)
    whole, joined = solid(text), solid("".join(pieces))
    marks = re.compile(r"[`~]{3,}(?:py|c\+\+)?")
    assert marks.sub("", joined) == marks.sub("", whole)


@settings(max_examples=300, deadline=None)
@given(
    before=st.sampled_from(["", "Some words.\n\n", "word " * 12 + "\n\n"]),
    fences=st.lists(FENCED, min_size=1, max_size=3),
)
def test_in_every_piece_each_fence_that_opens_is_closed(before: str, fences: list[str]) -> None:
    for piece in split(before + "\nand\n\n".join(fences), 60):
        for block in code_blocks(piece):
            assert not block.fenced or block.body_end < block.end, piece


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=300), limit=st.integers(1, 50))
@example(text="\x00" * 60, limit=7)
@example(text="\ud800\udc00\ud800" * 30, limit=1)
@example(text="\u202e\u2066" * 60, limit=10)
@example(text="\r\n" * 60 + "x", limit=10)
@example(text="```\n" * 60, limit=9)
@example(text="```" + "i" * 100 + "\ncode\n```\n" + "x" * 20, limit=40)
def test_any_text_is_cut_at_any_limit_without_loss(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert all(0 < len(piece) <= limit for piece in pieces)
    if not any(block.fenced for block in code_blocks(text)):
        assert solid("".join(pieces)) == solid(text)


@pytest.mark.parametrize("length", [100_000, 1_000_000])
def test_very_long_texts_are_cut(length: int) -> None:
    pieces = split("lorem ipsum " * (length // 12), 2000)
    assert all(len(piece) <= 2000 for piece in pieces)
    assert len(pieces) == -(-length // 2000) or len(pieces) == -(-length // 2000) + 1
