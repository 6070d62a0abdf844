"""Days are counted on each guild's own clock, over restarts and daylight saving; ``/top`` and ``/me`` (CORE-20)."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from butler.testing import House
from butler_core import ButlerCore

pytestmark = pytest.mark.spec("CORE-20")

ZONES = {"berlin": "Europe/Berlin", "york": "America/New_York", "lordhowe": "Australia/Lord_Howe"}


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    house = make_house([ButlerCore])
    for guild, zone in ZONES.items():
        house.set("host.timezone", zone, guild=guild)
    return house


def counted(house: House) -> dict[tuple[str, str], int]:
    rows = house.query("select guild, day, sum(messages) from butler_core_tally group by guild, day")
    return {(guild.removeprefix("test:"), day): count for guild, day, count in rows}


def at(house: House, zone: str, *when: int) -> None:
    house.clock.set(dt.datetime(*when, tzinfo=ZoneInfo(zone)))  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("guild", "night"),
    [
        ("berlin", (2026, 3, 29)), ("berlin", (2026, 10, 25)),
        ("york", (2026, 3, 8)), ("york", (2026, 11, 1)),
        ("lordhowe", (2026, 4, 5)), ("lordhowe", (2026, 10, 4)),
    ],
)  # fmt: skip
def test_a_day_ends_at_its_midnight_when_the_clocks_change(
    house: House, guild: str, night: tuple[int, int, int]
) -> None:
    day = dt.date(*night)
    zone = ZoneInfo(ZONES[guild])
    begin = dt.datetime.combine(day, dt.time(), zone)
    end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone)
    hours = (end.astimezone(dt.UTC) - begin.astimezone(dt.UTC)) / dt.timedelta(hours=1)
    assert hours != 24, "the clocks do not change in that night"
    second = dt.timedelta(seconds=1)
    for moment in (begin.astimezone(dt.UTC) - second, begin, end.astimezone(dt.UTC) - second, end):
        house.clock.set(moment)
        house.say("ann", "hello", guild=guild)
    before, after = day - dt.timedelta(days=1), day + dt.timedelta(days=1)
    assert counted(house) == {(guild, str(before)): 1, (guild, str(day)): 2, (guild, str(after)): 1}


def test_what_was_said_before_midnight_counts_for_that_day_over_a_crash(house: House) -> None:
    at(house, "Europe/Berlin", 2026, 6, 30, 23, 59, 58)
    for number in range(5):
        house.post("ann", f"hello {number}", to=house.channel(guild="berlin"), settle=False)
    house.steps(4)
    house.kill()
    house.clock.jump(seconds=30)
    house.start()
    house.say("ann", "good morning", guild="berlin")
    assert counted(house) == {("berlin", "2026-06-30"): 5, ("berlin", "2026-07-01"): 1}


def test_a_month_around_both_changes_with_restarts_at_midnight_in_three_zones(house: House) -> None:
    dice, want = random.Random(20), Counter[tuple[str, str]]()
    for begin in (dt.datetime(2026, 3, 6, tzinfo=dt.UTC), dt.datetime(2026, 10, 24, tzinfo=dt.UTC)):
        house.clock.set(begin)
        for number in range(60):
            house.clock.jump(minutes=dice.choice([7, 130, 420, 1431, 1440]))
            guild = dice.choice([*ZONES])
            if number % 4 == 0:  # to the last moment of that guild's day, and down over midnight
                local = house.clock.now().astimezone(ZoneInfo(ZONES[guild]))
                midnight = dt.datetime.combine(local.date() + dt.timedelta(days=1), dt.time(), local.tzinfo)
                house.clock.set(midnight.astimezone(dt.UTC) - dt.timedelta(milliseconds=500))
            day = house.clock.now().astimezone(ZoneInfo(ZONES[guild])).date()
            want[guild, str(day)] += 1
            house.post("ann", f"number {number}", to=house.channel(guild=guild), settle=number % 4 != 0)
            if number % 4 == 0:
                house.kill()
                house.clock.jump(seconds=1)
                house.start()
    assert counted(house) == dict(want)


def test_nothing_is_counted_twice_wherever_it_crashes(make_house: Callable[..., House]) -> None:
    for steps in range(2, 12, 3):
        house = make_house([ButlerCore])
        message = house.post("bob", "two words", settle=False)
        house.steps(steps)
        house.crash()
        house.react("ann", message, "👍")
        rows = house.query("select person, messages, words, reactions from butler_core_tally order by person")
        assert rows == [("test:ann", 0, 0, 1), ("test:bob", 1, 2, 0)]


def test_top_lists_who_said_most_in_the_last_days(house: House) -> None:
    house.say("carol", "long ago")
    house.advance(days=3)
    for _ in range(3):
        house.say("bob", "look at https://example.org now")
    message = house.post("ann", "hello")
    house.react("ann", message, "🎉")
    house.say("robot", "beep")
    first = house.say("ann", "/top 2")[0]
    assert "**Most active in the last 2 days**" in first
    assert "1. bob: 3 messages, 9 words, 3 links" in first
    assert "ann: 1 message, 1 word, 1 reaction" in first
    assert "carol" not in first
    assert "carol: 1 message, 2 words" in house.say("ann", "/top 30")[0]


def test_machines_and_commands_are_not_among_them(house: House) -> None:
    house.person("robot", bot=True)
    house.say("robot", "beep")
    house.say("ann", "/ping")
    assert "Nobody said anything in the last 7 days." in house.say("ann", "/top")[0]


def test_me_shows_ones_own(house: House) -> None:
    house.say("bob", "one two three")
    house.say("bob", "four")
    told = house.say("bob", "/me")[0]
    assert "**Today**: 2 messages, 4 words" in told
    assert "**Place**: 1 in the last 30 days" in told
    assert "**Mostly in**: hall" in told
    assert "**Today**: nothing" in house.say("ann", "/me")[0]


def test_accounts_of_one_person_count_together(house: House) -> None:
    house.say("bob", "one")
    house.say("bobby", "two")
    house.run(house.host.links.link("test:bob", "test:bobby"))
    assert "1. bob: 2 messages, 2 words" in house.say("ann", "/top")[0]


def test_in_private_nothing_is_counted(house: House) -> None:
    house.dm("bob", "hello")
    assert house.dm("bob", "/me") == ["Nothing is counted in private; ask me in a guild's channel."]
    assert house.query("select * from butler_core_tally") == []


def test_a_reaction_that_is_taken_back_does_not_count(house: House) -> None:
    message = house.post("bob", "hello")
    house.react("ann", message, "🎉")
    house.unreact("ann", message, "🎉")
    house.unreact("ann", message, "🎉")
    assert house.query("select reactions from butler_core_tally where person = 'test:ann'") == [(0,)]


@pytest.mark.parametrize("days", ["0", "367", "many"])
def test_wrong_days_are_said(house: House, days: str) -> None:
    assert "ays must be" in house.say("ann", f"/top {days}")[0]


def test_old_days_are_forgotten(house: House) -> None:
    house.set("butler_core.tally_days", 2)
    house.say("bob", "hello")
    house.advance(days=4)
    assert house.query("select count(*) from butler_core_tally") == [(0,)]
