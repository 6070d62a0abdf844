"""Durations and moments as people write them, in the guild's zone (HOST-10)."""

from __future__ import annotations

import contextlib
import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from butler.services.commands.times import duration, moment
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.spec("HOST-10")
BERLIN = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2026, 11, 21, 9, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30m", 1800), ("2h", 7200), ("1d", 86400), ("1w", 604800), ("90s", 90), ("1h30m", 5400), ("1h 30m", 5400),
        ("2 hours", 7200), ("1 day 2 hrs", 93600), ("1.5h", 5400), ("10 Minutes", 600), ("0s", 0),
    ],
)  # fmt: skip
def test_a_duration_is_understood(text: str, seconds: int) -> None:
    assert duration(text).total_seconds() == seconds


@pytest.mark.parametrize(
    "text", ["", "5", "m", "-5m", "5x", "1h later", "five minutes", "99999w", "1e9s", "1h" * 40, "٣m!"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        duration(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tomorrow 9:00", "2026-11-22T08:00"),
        ("tomorrow at 9", "2026-11-22T08:00"),
        ("today 18:30", "2026-11-21T17:30"),
        ("friday 18:00", "2026-11-27T17:00"),
        ("noon", "2026-11-21T11:00"),
        ("9pm", "2026-11-21T20:00"),
        ("25 dec 12:00", "2026-12-25T11:00"),
        ("2027-07-01 12:00", "2027-07-01T10:00"),
        ("in 90 minutes", "2026-11-21T10:30"),
        ("1d", "2026-11-22T09:00"),
        ("tomorrow 9:00 UTC", "2026-11-22T09:00"),
    ],
)
def test_a_moment_is_understood_in_the_guilds_zone_and_given_in_utc(text: str, expected: str) -> None:
    found = moment(text, NOW, BERLIN)
    assert found.utcoffset() == dt.timedelta(0)
    assert found.strftime("%Y-%m-%dT%H:%M") == expected


@pytest.mark.parametrize(
    "text", ["", "5", "x", "may", "tomorrow 5", "someday", "31.2.2026", "a" * 100, "30m the", "9:00\x00", "\u202e 9:00"]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        moment(text, NOW, BERLIN)


def test_a_day_keeps_the_hour_across_a_change_of_the_clocks_and_hours_are_exact() -> None:
    before = dt.datetime(2026, 10, 24, 10, tzinfo=dt.UTC)  # noon in Berlin, the night before winter time
    assert moment("in 1 day", before, BERLIN) == dt.datetime(2026, 10, 25, 11, tzinfo=dt.UTC)
    assert moment("in 25 hours", before, BERLIN) == dt.datetime(2026, 10, 25, 11, tzinfo=dt.UTC)
    assert moment("tomorrow 12:00", before, BERLIN) == dt.datetime(2026, 10, 25, 11, tzinfo=dt.UTC)


WORDS = [
    "tomorrow",
    "9",
    "9:00",
    "may",
    "at",
    "in",
    "2",
    "hours",
    "-",
    "1",
    "99999999",
    "next",
    "week",
    "friday",
    "am",
    "pm",
    "+99:99",
    "12/12",
    "ago",
    "T",
    "Z",
    "24:00",
    "nan",
]
PARTS = st.sampled_from(WORDS)


@settings(max_examples=150, deadline=None)
@given(text=st.one_of(st.lists(PARTS, max_size=6).map(" ".join), st.text("0123456789:./-+ TZampdhwk", max_size=40)))
def test_no_text_raises_anything_but_the_two_errors_that_are_promised(text: str) -> None:
    with contextlib.suppress(ValueError, OverflowError):
        assert moment(text, NOW, BERLIN).tzinfo is dt.UTC
