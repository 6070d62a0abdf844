"""What counts as a vote in a text, and what does not (KARMA-1, KARMA-2)."""

from __future__ import annotations

import pytest
from butler.services.text import parse
from butler_karma.parsing import Point, only_points, points_in, same_emoji
from hypothesis import given
from hypothesis import strategies as st


def found(text: str) -> list[Point]:
    return points_in(text, parse(text).without_code)


@pytest.mark.spec("KARMA-1")
@pytest.mark.parametrize(
    ("text", "name", "amount", "reason"),
    [
        ("@bob++", "@bob", 1, ""),
        ("@bob--", "@bob", -1, ""),
        ("bob++", "bob", 1, ""),
        ("bob--", "bob", -1, ""),
        ("coffee++", "coffee", 1, ""),
        ("thanks, bob++!", "bob", 1, ""),
        ("(bob++)", "bob", 1, ""),
        ("**bob++**", "bob", 1, ""),
        ("bob++ for the help", "bob", 1, "the help"),
        ("bob++ because of the help", "bob", 1, "the help"),
        ("bob-- for  being   late \nhello", "bob", -1, "being late"),
        ("@bob ++ for x", "@bob", 1, "x"),
        ("<@123>++", "<@123>", 1, ""),
        ("<@!123> --", "<@!123>", -1, ""),
        ("@bob:server.org++", "@bob:server.org", 1, ""),
        ('"cold brew"++', "cold brew", 1, ""),
        ('@"Ann Lee" ++', "Ann Lee", 1, ""),
        ("@bob—", "@bob", -1, ""),
        ("co-op++", "co-op", 1, ""),
        ("o'neil++", "o'neil", 1, ""),
        ("Ünï++", "Ünï", 1, ""),
        ("咖啡++", "咖啡", 1, ""),
        ("bob++ for `code` in it", "bob", 1, "`code` in it"),
        ("bob++ " + "for " + "x" * 500, "bob", 1, "x" * 199 + "…"),
    ],
)
def test_a_vote_is_found_with_its_sign_and_reason(text: str, name: str, amount: int, reason: str) -> None:
    assert found(text) == [Point(name, amount, reason)]


@pytest.mark.spec("KARMA-2")
@pytest.mark.parametrize(
    "text",
    [
        "i++",
        "for (int i = 0; i < n; i++)",
        "I like c++ and g++",
        "`count++`",
        "``count++ ` x``",
        "```\ncount++\n```",
        "~~~python\ncount++\n~~~",
        "    count++",
        "https://example.org/bob++",
        "see www.example.org/bob-- there",
        "foo++bar",
        "a--b",
        "foo+++",
        "foo---",
        "---",
        "++",
        "--help",
        "git --version",
        "x=foo++",
        "foo-->bar",
        "well-- I do not know",
        "bob—",
        "bob ++",
        "> bob++",
        "/karma give bob++",
        "!karma give bob++",
        '""++',
        "mail me at a@bob++",
        "x" * 70 + "++",
        "",
    ],
)
def test_what_only_looks_like_a_vote_does_not_count(text: str) -> None:
    assert found(text) == []


def test_several_votes_keep_their_own_reasons() -> None:
    assert found("ann++ for tea, bob++ and carol-- because of the noise.") == [
        Point("ann", 1, "tea"),
        Point("bob", 1, ""),
        Point("carol", -1, "the noise."),
    ]


def test_a_name_counts_once_in_a_message_however_it_is_written() -> None:
    assert found("bob++ Bob++ @BOB-- ｂｏｂ++") == [Point("bob", 1)]


def test_a_flood_of_votes_is_cut() -> None:
    assert len(found(" ".join(f"thing{number}++" for number in range(1000)))) == 20


@pytest.mark.parametrize("text", ["bob++", "bob++, ann++!", "@bob ++ for the help", "bob++ and ann--"])
def test_a_message_of_nothing_but_votes_is_known(text: str) -> None:
    assert only_points(text, parse(text).without_code)


@pytest.mark.parametrize("text", ["hello", "", "thanks bob++", "TheButler, what do you think? bob++", "`bob++`"])
def test_any_other_message_is_not_taken_for_votes_alone(text: str) -> None:
    assert not only_points(text, parse(text).without_code)


@pytest.mark.parametrize("emoji", ["👍", "👍🏽", "👍\ufe0f", "👍🏿\ufe0f"])
def test_an_emoji_is_the_same_in_every_colour(emoji: str) -> None:
    assert same_emoji(emoji, "👍")
    assert not same_emoji(emoji, "👎")


def test_no_emoji_is_like_none() -> None:
    assert not same_emoji("", "")


@given(st.text(alphabet="ab+-— @\"'<>.`\n:1", max_size=300))
def test_whatever_the_text_each_name_is_found_once_and_not_empty(text: str) -> None:
    points = found(text)
    assert all(point.name.strip() and abs(point.amount) == 1 for point in points)
    assert len({point.name.removeprefix("@") for point in points}) == len(points)
