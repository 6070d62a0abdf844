"""What somebody typed becomes a call, or is told what was expected (HOST-10)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from butler.services.commands.parse import body_of
from butler.services.commands.words import Reader
from hypothesis import example, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.spec("HOST-10")


def words(line: str, *keys: str) -> list[Any]:
    reader = Reader(line)
    found = []
    while (word := reader.word(keys)) is not None:
        found.append((word.key, word.text) if word.key else word.text)
    return found


def test_a_name_may_stand_with_two_dashes_before_its_value_and_a_flag_needs_none() -> None:
    reader = Reader("--room hall --repair --strange x --room=den")
    found = [reader.word({"room", "repair"}, {"repair"}) for _ in range(5)]
    assert [(word.key, word.text) for word in found if word] == [
        ("room", "hall"),
        ("repair", "yes"),
        ("", "--strange"),
        ("", "x"),
        ("room", "den"),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("one two", ["one", "two"]),
        ('"two words" x', ["two words", "x"]),
        ("“two words” x", ["two words", "x"]),
        ("„two words“ x", ["two words", "x"]),
        ("«two words» x", ["two words", "x"]),
        ('“two words" x', ["two words", "x"]),
        (r'"say \"hi\" now"', ['say "hi" now']),
        ('@"Lee Ann" x', ["Lee Ann", "x"]),
        ("don't stop", ["don't", "stop"]),
        ('5" pipe', ['5"', "pipe"]),
        ('""', [""]),
        ('"5" pipe" x', ["5", 'pipe"', "x"]),
        ('"a"b c" x', ['a"b c', "x"]),
        ("a\tb\nc", ["a", "b", "c"]),
        ('days=5 name="a b" x=1', [("days", "5"), ("name", "a b"), "x=1"]),
        ("Days=5", [("days", "5")]),
    ],
)
def test_quotes_hold_words_together_and_known_names_mark_options(line: str, expected: list[Any]) -> None:
    assert words(line, "days", "name") == expected


@pytest.mark.parametrize(
    ("text", "prefix", "body"),
    [
        ("/help", "/", "help"),
        ("!karma give ann", "!", "karma give ann"),
        ("/help\nme", "/", "help\nme"),
        ("/home/user/file", "/", None),
        ("!!", "!", None),
        ("! karma", "!", None),
        ("hello /help", "/", None),
        ("help", "", None),
        ("/", "/", None),
    ],
)
def test_only_a_name_behind_the_prefix_makes_a_command(text: str, prefix: str, body: str | None) -> None:
    assert body_of(text, prefix) == body


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("/karma", "Ann has 3"),
        ("/KARMA bob", "Bob has 3"),
        ("/k @bob", "Bob has 3"),
        ("/karma show bob", "Bob has 3"),
        ('/karma "lee ann"', "Lee Ann has 3"),
        ("/karma give bob", "Bob 1 ''"),
        ("/karma g bob 5", "Bob 5 ''"),
        ('/karma give bob 2 for  "the" tea', "Bob 2 'for  \"the\" tea'"),
        ("/karma give bob 2 one\ntwo\n  three", "Bob 2 'one\\ntwo\\n  three'"),
        ("/karma give points=7 bob thanks", "Bob 7 'thanks'"),
        ("/karma give bob reason=so what 2", "Bob 1 'so what 2'"),
        ("/karma give person=bob 3", "Bob 3 ''"),
        ("/every x", "x|small|None|0.5|False|0:05:00|None"),
        ("/every x LARGE very-bad 0.25 yes", "x|large|Mood.VERY_BAD|0.25|True|0:05:00|None"),
        ("/every x span=1h30m where=#gard", "x|small|None|0.5|False|1:30:00|garden"),
        ("/every x where=here", "x|small|None|0.5|False|0:05:00|hall"),
        ("/remind tomorrow at 9:00 call mom", "2026-11-22T08:00:00+00:00 call mom"),
        ("/remind 2h tea", "2026-11-21T11:00:00+00:00 tea"),
        ("/remind in 2 hours tea", "2026-11-21T11:00:00+00:00 tea"),
        ('/remind "tomorrow 9:00" 5 eggs', "2026-11-22T08:00:00+00:00 5 eggs"),
        ("/remind tomorrow 5 eggs", "2026-11-22T09:00:00+00:00 5 eggs"),
    ],
)
def test_a_line_reaches_its_handler_with_converted_arguments(desk: Any, line: str, answer: str) -> None:
    outcome = desk.say("ann", line)
    assert (outcome.kind, outcome.texts) == ("ran", (answer,))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("/karma give", "person is missing: who gets them"),
        ("/karma give nobody", "person: I know no person called “nobody” here"),
        ("/karma give an", "“an” may be “Ann” (test:1), “Annika” (test:2)"),
        ("/karma give bob many", "points must be a whole number, not “many”"),
        ("/karma give bob 99999999999999999999", "points must be a whole number"),
        ("/karma give bob points=1 points=2", "points is given twice"),
        ('/karma give "bob', 'The quotation mark " is never closed'),
        ("/karma bob ann", "“ann” is one word too many"),
        ("/karma giev", "did you mean karma give?"),
        ("/every x huge", "size must be one of small, large, not “huge”"),
        ("/every x small sad", "mood must be one of good, very-bad, not “sad”"),
        ("/every x small good nan", "share must be a number, not “nan”"),
        ("/every x small good 1 maybe", "loud must be yes or no, not “maybe”"),
        ("/every x span=soon", "span must be a duration such as 30m, 2h or 1d, not “soon”"),
        ("/every x where=attic", "where: I know no channel called “attic” here"),
        ("/remind someday x", "when must be a date or time"),
        ("/remind tomorrow", "what is missing: a text"),
    ],
)
def test_a_wrong_line_is_told_what_was_expected_with_usage_and_example(desk: Any, line: str, problem: str) -> None:
    outcome = desk.say("bob", line)
    (answer,) = outcome.texts
    assert outcome.kind == "wrong"
    assert problem in answer
    assert "\nUsage: `/" in answer
    assert "\nExample: `/" in answer


def test_the_example_of_a_wrong_line_is_right(desk: Any) -> None:
    for line in ("/every", "/remind", "/karma give"):
        example_line = desk.answer("bob", line).rpartition("Example: `")[2].rstrip("`")
        assert desk.say("bob", example_line).kind == "ran", example_line


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("/kamra", "There is no command “/kamra” here; did you mean /karma?"),
        ("/xyzzy", "There is no command “/xyzzy” here; /help lists what there is"),
        ("/house", "/house does nothing by itself; there is: lock, burn"),
        ("/house lokc", "/house has no “lokc”; there is: lock, burn; did you mean /house lock?"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest_or_the_list(desk: Any, line: str, answer: str) -> None:
    outcome = desk.say("bob", line)
    assert (outcome.kind, outcome.texts) == ("unknown", (answer,))


def test_usage_and_example_stand_in_the_prefix_of_the_platform(desk: Any) -> None:
    desk.prefix = "!"
    answer = desk.answer("ann", "!karma give")
    assert "Usage: `!karma give person [points] [reason…]`" in answer
    assert "Example: `!karma give ann 2 for the tea`" in answer


def test_what_a_message_calls_is_known_before_it_runs(desk: Any) -> None:
    called = [
        desk.runner.called(text, "/", "test:1", "test:hall")
        for text in ("/k g bob", "/karma bob", "/house", "/no", "hi")
    ]
    assert called == ["karma give", "karma", "house", "no", ""]


NAMES = ("karma", "karma give", "every", "remind", "house", "help", "whoami", "nope", "")
PIECES = ["bob", "ann", '"', "“", "=", "points=", "reason=", "5", "\x00", "�", "\u202e", "@", "<@3>", "tomorrow", "1h"]
LINES = st.one_of(st.text(st.characters(), max_size=200), st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join))


@pytest.mark.spec("HOST-10", "HOST-9")
@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(NAMES), line=LINES)
@example(name="karma give", line="\ud83d\x00\u202e \u202e")
@example(name="karma give", line="bob " + "9" * 100_000)
@example(name="every", line="x" * 100_000)
@example(name="karma", line='"' * 100_000)
@example(name="karma", line='"a" ' * 25_000)
@example(name="karma", line="points=" * 15_000)
@example(name="remind", line="tomorrow " * 11_000)
@example(name="every", line="x span=" + "1h" * 50_000)
@example(name="help", line="a" * 100_000)
@example(name="", line="z" * 100_000)
def test_no_line_whatever_it_holds_breaks_anything(fresh: Any, name: str, line: str) -> None:
    desk = fresh()
    outcome = asyncio.run(desk.runner.run(desk.request("bob"), f"{name} {line}"))
    assert outcome.kind in {"ran", "wrong", "unknown"}
    assert all(text for text in outcome.texts)
