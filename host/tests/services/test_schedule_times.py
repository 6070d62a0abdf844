"""When something runs next: intervals that do not drift, cron lines on a guild's clock (HOST-21)."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from butler.errors import BadArgument
from butler.services.schedule import check_cron, check_interval
from butler.services.schedule.times import next_time
from hypothesis import given
from hypothesis import strategies as st

BERLIN = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)


def runs(line: str, since: str, number: int, zone: ZoneInfo = BERLIN) -> list[str]:
    """The next runs of a cron line, as the zone's clock shows them."""
    at = dt.datetime.fromisoformat(since).replace(tzinfo=zone).astimezone(dt.UTC)
    shown = []
    for _ in range(number):
        found = next_time("cron", line, 0, at, zone)
        assert found is not None
        assert found > at
        at = found
        shown.append(at.astimezone(zone).strftime("%m-%d %H:%M %z"))
    return shown


@pytest.mark.spec("HOST-21")
def test_half_past_two_runs_once_on_the_day_on_which_it_comes_twice() -> None:
    assert runs("30 2 * * *", "2026-10-24T12:00", 2) == ["10-25 02:30 +0200", "10-26 02:30 +0100"]


@pytest.mark.spec("HOST-21")
def test_half_past_two_runs_once_on_the_day_on_which_it_does_not_exist() -> None:
    assert runs("30 2 * * *", "2026-03-28T12:00", 2) == ["03-29 03:30 +0200", "03-30 02:30 +0200"]


@pytest.mark.spec("HOST-21")
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"])
def test_a_line_for_every_hour_runs_on_evenly_through_both_changes(zone: str) -> None:
    changes = {"Europe/Berlin": ("03-29", "10-25"), "America/New_York": ("03-08", "11-01"),
               "Australia/Lord_Howe": ("04-05", "10-04"), "Africa/Casablanca": ("02-15", "03-22")}  # fmt: skip
    for change in changes[zone]:
        at = dt.datetime.fromisoformat(f"2026-{change}").replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)
        end = at + dt.timedelta(hours=8)
        while at < end:
            found = next_time("cron", "*/30 * * * *", 0, at, ZoneInfo(zone))
            assert found == at + dt.timedelta(minutes=30)
            at = found


@pytest.mark.spec("HOST-21")
@given(
    line=st.sampled_from(
        ["0 2 * * *", "*/7 2-3 * * *", "30 * * * *", "0 0 1 * *", "59 23 * * sun", "15 1,2,3 * mar,oct *"]
    ),
    zone=st.sampled_from(
        ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/St_Johns"]
    ),
    after=st.integers(1_760_000_000, 1_800_000_000),
)
def test_the_next_time_is_later_and_nothing_lies_between(line: str, zone: str, after: int) -> None:
    at = dt.datetime.fromtimestamp(after, dt.UTC)
    found = next_time("cron", line, 0, at, ZoneInfo(zone))
    assert found is not None
    assert found > at
    between = at + (found - at) / 2
    assert next_time("cron", line, 0, between, ZoneInfo(zone)) == found


@pytest.mark.spec("HOST-21")
def test_an_interval_of_a_day_keeps_its_distance_across_the_changes() -> None:
    anchor = dt.datetime(2026, 10, 23, 12, tzinfo=BERLIN)
    at = anchor
    for day in range(1, 5):
        found = next_time("every", "86400.0", anchor.timestamp(), at, BERLIN)
        assert found is not None
        assert found.timestamp() == anchor.timestamp() + day * 86400
        at = found


@given(st.floats(1, 1e6), st.floats(0, 1e9), st.floats(0, 1e8))
def test_an_interval_lies_on_its_grid_however_late_it_is_asked(seconds: float, anchor: float, later: float) -> None:
    after = dt.datetime.fromtimestamp(anchor + later, dt.UTC)
    found = next_time("every", check_interval(seconds), anchor, after, BERLIN)
    assert found is not None
    assert dt.timedelta() < found - after <= dt.timedelta(seconds=seconds + 2e-3)
    turns = (found.timestamp() - anchor) / round(seconds, 3)
    assert abs(turns - round(turns)) * seconds < 1e-4


@pytest.mark.spec("HOST-21")
@pytest.mark.parametrize("line", ["0 9 * * 1", "0 9 * * 1-5", "0 9 * * mon,3", "0 9 * * 0"])
def test_weekdays_by_number_are_refused_with_the_remedy(line: str) -> None:
    with pytest.raises(BadArgument, match=r"weekdays by number; .*day names.*mon-fri"):
        check_cron(line, NOW)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("0 9 * *", "4 fields"),
        ("0 9 * * mon extra", "6 fields"),
        ("0 25 * * *", "no cron line"),
        ("0 9 L * *", "no cron line"),
        ("* * * * fri-mon", "no cron line"),
        ("0 0 30 2 *", "never comes"),
        ("", "0 fields"),
    ],
)
def test_a_wrong_line_is_refused_with_the_reason(line: str, why: str) -> None:
    with pytest.raises(BadArgument, match=why):
        check_cron(line, NOW)


def test_a_line_is_kept_in_one_form() -> None:
    assert check_cron("  0 9  *  JAN Mon-Fri ", NOW) == "0 9 * jan mon-fri"
    assert check_cron("0 0 29 2 *", NOW) == "0 0 29 2 *"


@pytest.mark.parametrize("seconds", [0, -5, 0.5, float("nan"), float("inf")])
def test_an_interval_that_is_none_is_refused(seconds: float) -> None:
    with pytest.raises(BadArgument, match="interval"):
        check_interval(seconds)
