"""Managers have things said, now and later; a restart loses none of it (CORE-14)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from butler import Rank
from butler.testing import House
from butler_core import ButlerCore

pytestmark = pytest.mark.spec("CORE-14")

TOML = "[personas.Jarvis]\nprompt = 'You are Jarvis.'\nmodel = 'script'\n"


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    house = make_house([ButlerCore], toml=TOML)
    house.rank("ann", Rank.MANAGER)
    house.set("host.timezone", "Europe/Berlin")
    house.clock.set(dt.datetime(2026, 6, 1, 12, tzinfo=ZoneInfo("Europe/Berlin")))
    for who in ("ann", "bob", "carol"):
        house.say(who, "hello", channel="lobby")
    house.say("bob", "hello")
    return house


def told(house: House, channel: str) -> list[str]:
    return [shown.text for shown in house.shown if shown.channel == channel]


def test_something_is_said_in_a_channel_in_a_personas_voice(house: House) -> None:
    assert "Said in #lobby." in house.say("ann", "/send #lobby --persona Jarvis Tonight at eight.")
    assert house.shown[-2].text == "Tonight at eight." or house.shown[-1].text == "Tonight at eight."
    said = next(shown for shown in house.shown if shown.text == "Tonight at eight.")
    assert (said.persona, said.channel) == ("Jarvis", "test:den/lobby")


def test_somebody_is_told_in_private(house: House) -> None:
    house.say("ann", "/send @bob Well done.")
    assert told(house, "test:dm/test:bob") == ["Well done."]


def test_a_role_is_told_and_who_wants_quiet_is_not(house: House) -> None:
    house.world.roles = {"test:r1": "Helpers"}
    house.person("bob", roles=("test:r1",))
    house.person("carol", roles=("test:r1",))
    house.dm("carol", "/quiet on")
    assert house.say("ann", "/send Helpers Please come.") == [
        "On its way to 2 people; who wants no messages gets none."
    ]
    house.advance(minutes=3)
    assert told(house, "test:dm/test:bob") == ["Please come."]
    assert "Please come." not in told(house, "test:dm/test:carol")


def test_members_may_not(house: House) -> None:
    assert "manager" in house.say("bob", "/send #lobby hello")[0]
    assert "hello" not in told(house, "test:den/lobby")


def test_an_unknown_target_or_persona_is_said(house: House) -> None:
    assert "I know no channel, role or person called “#nowhere” here" in house.say("ann", "/send #nowhere hello")[0]
    assert "There is no persona “Nobody”" in house.say("ann", "/send here --persona Nobody hello")[0]


def test_a_planned_message_survives_a_restart_and_is_said_once(house: House) -> None:
    answer = house.say("ann", '/schedule once "tomorrow 9:00" #lobby Good morning!')[0]
    assert "once, to #lobby, next Tue 02 Jun 2026, 09:00: Good morning!" in answer
    house.restart()
    house.advance(days=2)
    assert told(house, "test:den/lobby").count("Good morning!") == 1
    assert "Nothing is planned" in house.say("ann", "/schedule list")[0]


@pytest.mark.parametrize(("late", "said"), [(59, True), (61, False)])
def test_one_that_was_missed_by_less_than_an_hour_is_said_late(house: House, late: int, said: bool) -> None:
    house.say("ann", "/schedule once 10m #lobby Good morning!")
    house.stop()
    house.clock.jump(minutes=10 + late)
    house.start()
    house.advance(minutes=1)
    assert ("Good morning!" in told(house, "test:den/lobby")) is said
    left_out = [text for text in told(house, "test:dm/test:ann") if "was left out" in text]
    assert len(left_out) == (0 if said else 1)


def test_of_many_that_were_missed_the_last_one_counts(house: House) -> None:
    house.say("ann", "/schedule every 2h #lobby Drink water.")
    house.stop()
    house.clock.jump(hours=8, minutes=30)
    house.start()
    house.advance(minutes=1)
    assert told(house, "test:den/lobby").count("Drink water.") == 1
    house.advance(hours=2)
    assert told(house, "test:den/lobby").count("Drink water.") == 2


def test_a_cron_line_runs_on_the_guilds_clock_over_daylight_saving(house: House) -> None:
    house.clock.set(dt.datetime(2026, 10, 24, 12, tzinfo=ZoneInfo("Europe/Berlin")))
    house.say("ann", '/schedule cron "0 9 * * *" #lobby Morning.')
    house.advance(days=3)
    times = [shown.at.astimezone(ZoneInfo("Europe/Berlin")) for shown in house.shown if shown.text == "Morning."]
    assert [(at.day, at.hour) for at in times] == [(25, 9), (26, 9), (27, 9)]


def test_it_is_paused_resumed_and_deleted(house: House) -> None:
    house.say("ann", "/schedule every 1h #lobby Tick.")
    number = house.query("select id from butler_core_planned")[0][0]
    house.say("ann", f"/schedule pause {number}")
    assert "paused" in house.say("ann", "/schedule list")[0]
    house.advance(hours=3)
    assert "Tick." not in told(house, "test:den/lobby")
    house.say("ann", f"/schedule resume {number}")
    house.advance(hours=1, minutes=1)
    assert told(house, "test:den/lobby").count("Tick.") == 1
    assert "will not be said" in house.say("ann", f"/schedule delete {number}")[0]
    house.advance(hours=3)
    assert told(house, "test:den/lobby").count("Tick.") == 1
    assert "There is no planned message" in house.say("ann", f"/schedule delete {number}")[0]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('cron "61 9 * * *" here x', "is no cron line"), ('cron "0 9 * * 1" here x', "names weekdays by number"),
        ("every 5s here x", "once a minute at most"), ('once "yesterday 9:00" here x', "is over"),
    ],
)  # fmt: skip
def test_what_cannot_be_planned_is_said(house: House, line: str, why: str) -> None:
    assert why in house.say("ann", f"/schedule {line}")[0]
    assert house.query("select * from butler_core_planned") == []


def test_only_so_many_are_planned(house: House) -> None:
    house.set("butler_core.scheduled_most", 1)
    house.say("ann", "/schedule every 1h here Tick.")
    assert "planned already" in house.say("ann", "/schedule every 1h here Tock.")[0]
