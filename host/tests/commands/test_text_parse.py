"""Links, mentions and emoji are found once, on arrival; code and addresses count for nothing (HOST-5, KARMA-2)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from butler.services.text import inert, parse, plain, split
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.spec("HOST-5")


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://a.example/b_(c) and (http://d.example/e).", ("https://a.example/b_(c)", "http://d.example/e")),
        ("[here](https://a.example/x) <https://b.example>", ("https://a.example/x", "https://b.example")),
        ("www.a.org/x, twice www.a.org/x", ("http://www.a.org/x",)),
        ("https://ä.example/ü?q=1#z!", ("https://ä.example/ü?q=1#z",)),
        ("`https://in.code.example`", ()),
        ("notes.py and a.b and ann@b.example", ()),
        ("javascript://x mailto:a@b.example", ()),
    ],
)
def test_links_are_found_without_what_stands_around_them(text: str, links: tuple[str, ...]) -> None:
    assert parse(text).links == links


def test_a_word_too_long_for_a_link_is_blanked_all_the_same() -> None:
    parsed = parse(f"a http://a.example/{'x' * 1_024} b")
    assert parsed.links == ()
    assert parsed.without_code.split() == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        ("hi @ann, and @Bob-2!", ("ann", "Bob-2")),
        ('hi @"Lee Ann"', ("Lee Ann",)),
        ("hi @ann:server.example", ("ann:server.example",)),
        ("hi <@12> and <@!34>", ("12", "34")),
        ("@ann @ann", ("ann",)),
        ("mail ann@b.example", ()),
        ("`@ann` https://a.example/@ann", ()),
    ],
)
def test_mentions_are_found_by_name_and_by_id(text: str, mentions: tuple[str, ...]) -> None:
    assert parse(text).mentions == mentions


def test_emoji_are_found_in_order_each_time_the_platforms_own_too() -> None:
    assert parse("😀 <:pepe:123> 👍🏽😀 `😎` :) <a:wave:5>").emoji == ("😀", "<:pepe:123>", "👍🏽", "😀", "<a:wave:5>")


@pytest.mark.spec("KARMA-2")
@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("bob++ `i++` tea++", "bob++ tea++"),
        ("``a ` i++`` x++", "x++"),
        ("no `code here++", "no `code here++"),
        ("a `b\nc++` d++", "a d++"),
        ("a `b\n\nc++` d++", "a `b c++` d++"),
        (r"\`x++` y++", r"\`x++` y++"),
        ("```py\ni++\n```\nbob++", "bob++"),
        ("~~~\ni++", ""),
        ("> ```\n> i++\n> ```\nbob++", "bob++"),
        ("text\n\n    i++\n\nbob++", "text bob++"),
        ("https://a.example/i++ bob++", "bob++"),
    ],
)
def test_code_and_links_are_blanked_and_nothing_else(text: str, left: str) -> None:
    blanked = parse(text).without_code
    assert " ".join(blanked.split()) == left
    assert len(blanked) == len(text)
    assert [at for at, letter in enumerate(blanked) if letter != text[at] and letter != " "] == []


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=300), st.text('`~@:/.w<>!"\\ \n\tahtps', max_size=200)))
def test_any_text_is_taken_apart_with_every_offset_kept(text: str) -> None:
    parsed = parse(text)
    assert len(parsed.without_code) == len(text)
    assert all(mine in (theirs, " ") for mine, theirs in zip(parsed.without_code, text, strict=True))
    assert [letter for letter in parsed.without_code if letter == "\n"] == [letter for letter in text if letter == "\n"]


HOSTILE = [
    "[", "`", "*", "(", "http://", "> ", "- ", "a\n", "![](", "*a ", "`a``b```", "~~~\n", "1. ", "a@b.co ", "😀",
    "\u0301", "_a", "](", "@a", "<", "\\", "    a\n", "> > a\n", ":a:", "- a\n  ", "www.", "```\n", "\\`", '@"',
    "//a.b/", "\x00", "http://a.b/((", "http://a.b ", "\ud800", "\u202e", "```\na\n", "`" * 7 + " ", "<@", "<:a:", "x`",
    "\n\n`",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE, ids=ascii)
@pytest.mark.parametrize("work", [parse, inert, lambda text: split(text, 2000)], ids=["parse", "inert", "split"])
def test_a_hundred_thousand_hostile_characters_are_taken(work: Callable[[str], Any], piece: str) -> None:
    text = (piece * 100_000)[:100_000]
    assert work(text)


def steps(work: Callable[[str], Any], text: str) -> int:
    """How many calls a piece of work makes: a measure that no other load on the machine changes."""
    count = 0

    def tick(*_: Any) -> None:
        nonlocal count
        count += 1

    before = sys.getprofile()
    sys.setprofile(tick)
    try:
        work(text)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("piece", HOSTILE, ids=ascii)
def test_four_times_the_text_is_about_four_times_the_work(piece: str) -> None:
    texts = [(piece * length)[:length] for length in (4_900, 19_600)]
    for work in (parse, lambda text: split(text, 500)):
        work(texts[0])  # what is looked up once is looked up now
        short, long = (steps(work, text) for text in texts)
        assert long < 6 * short + 1_000


@pytest.mark.spec("PLAT-3")
@pytest.mark.parametrize(
    "text", ["@everyone", "hey @Here!", "@room", "<@&123>", "<!channel>", "@all@here", "**@everyone**"]
)
def test_no_mass_mention_is_left_alive(text: str) -> None:
    made = inert(text)
    assert made.replace("\u200b", "") == text
    assert not any(alive in made.lower() for alive in ("@everyone", "@here", "@room", "@all", "<@&", "<!channel"))
    assert inert(made) == made


@pytest.mark.spec("PLAT-3")
def test_mentions_of_one_person_are_left_unless_they_are_meant_too() -> None:
    assert inert("hi <@1>, a@b.example") == "hi <@1>, a@b.example"
    assert inert("hi <@1> <@!2>", people=True) == "hi <@\u200b1> <@\u200b!2>"


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("# Hi\n\n**bold** _it_ ~~no~~ `code`", "Hi\n\nbold it no code"),
        ("[l](http://a.example) <http://b.example>", "l (http://a.example) http://b.example"),
        ("- a\n- b\n  1. c\n  2. d\n\nend", "- a\n- b\n  1. c\n  2. d\n\nend"),
        ("```py\nx = 1\n```\nend", "x = 1\n\nend"),
        ("> quoted\n\n![a cat](x.png)", "quoted\n\na cat"),
        ("a & b < c \\* d", "a & b < c * d"),
        ("", ""),
    ],
)
def test_plain_text_keeps_what_is_said_and_drops_the_marks(markdown: str, text: str) -> None:
    assert plain(markdown) == text


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_any_text_can_be_made_plain_and_inert(text: str) -> None:
    assert isinstance(plain(text), str)
    assert inert(text).replace("\u200b", "") == text.replace("\u200b", "")
