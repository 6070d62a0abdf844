"""What people are told unasked: if they want to be, when they are awake, and no faster than may be (CORE-2, CORE-4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest
from butler import ButlerError, Button, Call, Event, Person, Plugin, Rank, RateLimited, Reply, action, command, hookimpl
from butler.config.hours import over_at
from butler.testing.house import House
from butler.testing.world import NAME
from hypothesis import given, settings
from hypothesis import strategies as st

Make = Callable[..., House]
DAY = "[host]\nquiet_hours = ''\n"


@attrs.frozen
class Settings:
    """[plugins.porter]"""

    greeting: str = "Welcome!"


class Porter(Plugin):
    """Welcomes people in private, else in the hall."""

    settings = Settings

    @hookimpl
    async def on_event(self, event: Event) -> None:
        if event.kind == "member_joined" and event.person:
            text = f"{self.settings_for(event.guild).greeting} {event.person.name}"
            hall = self.host.channel(f"{event.guild.id}/hall")
            key = f"welcome {event.guild.id} {event.person.id}"
            await self.host.push(event.person, text, key, guild=event.guild, fallback=hall, at_night=True)

    @command(rank=Rank.GUEST)
    async def remind(self, call: Call) -> str:
        """Be reminded."""
        await self.host.push(call.person, "You asked for it", asked=True)
        return "I will."

    @command(rank=Rank.GUEST)
    async def where(self, call: Call) -> str:
        """Say what holds here."""
        return call.settings.greeting

    @action("wave")
    async def wave(self, call: Call, value: str) -> str:
        """A button of its own."""
        return f"{value}!"


def _push(house: House, who: str, text: str, key: str = "", **options: Any) -> None:
    porter = house.plugin("porter")
    house.run(porter.host.push(house.person(who), text, key, **options))


def _told(house: House, who: str) -> list[str]:
    """What somebody was told in private."""
    channel = f"{NAME}:dm/{house.person(who).id}"
    return [shown.text for shown in house.shown if shown.channel == channel]


@pytest.mark.spec("CORE-4")
def test_a_person_is_told_in_private_and_can_stop_it_with_a_button(make_house: Make) -> None:
    house = make_house([Porter], toml=DAY)
    _push(house, "ann", "How are you?")
    assert _told(house, "ann") == ["How are you?"]
    (said,) = house.click("ann", "No more of these")
    assert "no more of these" in said
    _push(house, "ann", "And now?", "now")
    assert _told(house, "ann")[0] == "How are you?"
    assert "And now?" not in _told(house, "ann")
    result = house.run(house.plugin("porter").host.pushed("now"))
    assert result is not None
    assert (result.state, result.reason) == ("left out", "they want to be told nothing that they did not ask for")


@pytest.mark.spec("CORE-4")
def test_where_there_are_no_buttons_the_way_out_is_said(make_house: Make) -> None:
    house = make_house([Porter], toml=DAY)
    house.world.abilities -= {"button"}
    _push(house, "ann", "How are you?")
    assert _told(house, "ann") == ["How are you?\n\n`/quiet on` ends such messages."]


@pytest.mark.spec("CORE-4")
def test_quiet_is_asked_for_and_taken_back_by_command_and_outlives_restarts(make_house: Make) -> None:
    house = make_house([Porter], toml=DAY)
    assert "nothing that you did not ask for" in house.command("ann", "quiet on")[0]
    house.restart()
    _push(house, "ann", "Hello?")
    assert _told(house, "ann") == []
    house.command("ann", "quiet off")
    _push(house, "ann", "Hello again")
    assert _told(house, "ann") == ["Hello again"]
    assert "now and then" in house.command("ann", "quiet")[0]


@pytest.mark.spec("CORE-4")
def test_what_somebody_asked_for_is_told_whatever_they_said_of_the_rest(make_house: Make) -> None:
    house = make_house([Porter])
    house.clock.set(dt.datetime(2030, 1, 8, 2, 0, tzinfo=dt.UTC))
    house.command("ann", "quiet on")
    house.command("ann", "remind")
    assert _told(house, "ann") == ["You asked for it"]
    assert "No more of these" not in [button.label for shown in house.shown for button in shown.reply.buttons]


@pytest.mark.spec("CORE-4", "HOST-24")
def test_quiet_belongs_to_the_person(make_house: Make) -> None:
    house = make_house([Porter], toml=DAY)
    house.command("ann", "quiet on")
    house.run(house.host.links.link("test:ann", "test:annie"))
    _push(house, "annie", "Hello?")
    assert _told(house, "annie") == []
    house.command("annie", "quiet off")
    _push(house, "ann", "Hello!")
    assert _told(house, "ann") == ["Hello!"]


@pytest.mark.spec("CORE-4")
def test_a_push_into_a_direct_conversation_asks_as_well(make_house: Make) -> None:
    house = make_house([Porter], toml=DAY)
    house.dm("ann", "/quiet on")
    before = len(_told(house, "ann"))
    house.run(house.plugin("porter").host.push(house.world.dm(house.person("ann")), "psst"))
    assert len(_told(house, "ann")) == before


@pytest.mark.spec("CORE-4")
def test_buttons_of_the_plugin_stay_usable_beside_the_way_out(make_house: Make) -> None:
    house = make_house([Porter], toml=DAY)
    porter = house.plugin("porter")
    house.run(porter.host.push(house.person("ann"), Reply("Hello", buttons=(Button("Wave", "wave", "hi"),))))
    assert [button.label for button in house.shown[-1].reply.buttons] == ["Wave", "No more of these"]
    assert house.click("ann", "Wave") == ["hi!"]


# --- night ----------------------------------------------------------------------------------------


@pytest.mark.spec("CORE-12", "CORE-4")
@pytest.mark.parametrize(
    ("zone", "told_at"), [("UTC", "2030-01-08T08:00"), ("Asia/Tokyo", "2030-01-07T23:00"), ("America/Chicago", None)]
)
def test_what_comes_at_night_waits_for_the_morning_of_the_guild(
    make_house: Make, zone: str, told_at: str | None
) -> None:
    house = make_house([Porter])
    house.set("host.timezone", zone, guild="den")
    house.clock.set(dt.datetime(2030, 1, 7, 22, 30, tzinfo=dt.UTC))
    _push(house, "ann", "Good evening", guild=house.channel().guild)
    assert bool(_told(house, "ann")) is (told_at is None)
    house.restart()
    for _ in range(60):
        house.advance(minutes=10)
    (shown,) = [shown for shown in house.shown if shown.text == "Good evening"]
    if told_at:
        assert shown.at.isoformat().startswith(told_at)


@pytest.mark.spec("CORE-4")
def test_who_just_did_something_may_be_told_at_night(make_house: Make) -> None:
    house = make_house([Porter])
    house.clock.set(dt.datetime(2030, 1, 7, 23, 30, tzinfo=dt.UTC))
    house.join("ann")
    assert _told(house, "ann") == ["Welcome! ann"]


@pytest.mark.spec("CORE-4")
@given(st.integers(0, 23), st.integers(0, 59), st.integers(0, 23), st.integers(0, 59), st.integers(0, 60 * 24 * 400))
def test_the_end_of_the_night_is_never_in_it(h1: int, m1: int, h2: int, m2: int, minute: int) -> None:
    zone = ZoneInfo("Europe/Berlin")
    text = f"{h1}:{m1:02}-{h2}:{m2:02}"
    now = dt.datetime(2030, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=minute)
    over = over_at(text, now, zone)
    if over is not None:
        assert now < over <= now + dt.timedelta(hours=25)
        assert over_at(text, over, zone) is None


# --- rate -----------------------------------------------------------------------------------------


@pytest.mark.spec("CORE-1", "CORE-2")
def test_a_crowd_is_welcomed_within_the_limits_and_nobody_twice(make_house: Make) -> None:
    house = make_house([Porter], toml=DAY + "push_new_per_minute = 6\n")
    names = [f"p{index}" for index in range(40)]
    for name in names:
        house.join(name)
        house.join(name)
    house.crash()
    house.advance(minutes=3)
    house.restart()
    house.advance(minutes=8)
    opened = [done.at for done in house.sent if done.action.kind == "dm"]
    assert sorted(shown.text for shown in house.shown) == sorted(f"Welcome! {name}" for name in names)
    for index, at in enumerate(opened[6:]):
        assert (at - opened[index]).total_seconds() >= 60


@pytest.mark.spec("CORE-4")
def test_guilds_take_turns(make_house: Make) -> None:
    house = make_house([Porter], toml=DAY + "push_new_per_minute = 1\n")
    for index in range(20):
        house.join(f"p{index}", guild="big")
    house.join("zoe", guild="small")
    house.advance(minutes=3)
    assert "Welcome! zoe" in [shown.text for shown in house.shown]
    assert len(house.shown) < 6


@pytest.mark.spec("CORE-4")
def test_those_whose_conversation_is_open_do_not_wait_for_those_whose_is_not(make_house: Make) -> None:
    house = make_house([Porter], toml=DAY + "push_new_per_minute = 1\n")
    house.dm("ann", "/help")
    for index in range(20):
        house.join(f"p{index}")
    _push(house, "ann", "Your turn", guild=house.channel().guild)
    assert "Your turn" in _told(house, "ann")


@pytest.mark.spec("CORE-2")
def test_a_platform_that_asks_for_patience_is_left_alone_for_so_long(make_house: Make) -> None:
    house = make_house([Porter], toml=DAY)
    tries: list[dt.datetime] = []

    def too_fast(done: Any) -> None:
        if done.kind == "dm":
            tries.append(house.clock.now())
            if len(tries) == 1:
                raise RateLimited("opening direct messages too fast", retry_after=600)

    house.world.before = too_fast
    for name in ("ann", "bob"):
        house.join(name)
    house.advance(minutes=9)
    assert (len(tries), house.shown) == (1, [])
    house.advance(minutes=2)
    assert [_told(house, name) for name in ("ann", "bob")] == [["Welcome! ann"], ["Welcome! bob"]]


# --- closed ---------------------------------------------------------------------------------------


@pytest.mark.spec("CORE-2")
def test_who_takes_no_direct_messages_is_told_elsewhere_once_and_not_tried_again(make_house: Make) -> None:
    house = make_house([Porter], toml=DAY)
    house.say("bob", "good morning")
    house.world.closed.add("test:ann")
    house.join("ann")
    assert [(shown.channel, shown.text, shown.notified) for shown in house.shown] == [
        ("test:den/hall", "Welcome! ann", ("test:ann",))
    ]
    porter = house.plugin("porter")
    result = house.run(porter.host.pushed("welcome test:den test:ann"))
    assert result is not None
    assert result.state == "left out"
    assert "said in test:den/hall instead" in result.reason
    tried = len(house.sent)
    house.restart()
    for _ in range(3):
        _push(house, "ann", "And now?")
    assert len(house.sent) == tried


@pytest.mark.spec("CORE-2")
def test_who_writes_first_can_be_reached_again(make_house: Make) -> None:
    house = make_house([Porter], toml=DAY)
    house.world.closed.add("test:ann")
    house.join("ann")
    house.world.closed.clear()
    house.dm("ann", "/help")
    _push(house, "ann", "There you are")
    assert "There you are" in _told(house, "ann")


@pytest.mark.spec("CORE-2")
def test_where_there_are_no_direct_messages_it_is_said_elsewhere(make_house: Make) -> None:
    house = make_house([Porter], toml=DAY)
    house.world.abilities -= {"dm"}
    house.say("bob", "good morning")
    house.join("ann")
    assert [shown.channel for shown in house.shown] == ["test:den/hall"]


@pytest.mark.spec("CORE-4")
def test_a_platform_that_is_away_is_waited_for(make_house: Make) -> None:
    house = make_house([Porter], toml=DAY)
    house.world.down = True
    _push(house, "ann", "Hello")
    house.advance(minutes=5)
    house.world.down = False
    house.advance(minutes=1)
    assert _told(house, "ann") == ["Hello"]


@pytest.mark.spec("CORE-4")
def test_a_machine_is_not_pushed_to(make_house: Make) -> None:
    house = make_house([Porter])
    with pytest.raises(ButlerError, match="machine"):
        house.run(house.plugin("porter").host.push(Person("test:robot", "robot", bot=True), "beep"))


@pytest.mark.spec("HOST-5", "CORE-4")
@settings(max_examples=25, deadline=None)
@given(steps=st.integers(1, 300), again=st.integers(1, 300))
def test_nobody_is_told_twice_over_crashes(steps: int, again: int) -> None:
    with House([Porter], toml=DAY) as house:
        house.join("ann")
        house.world.people.pop("bob", None)
        person = house.person("bob")
        house.world.happens(
            Event("test:e99", "member_joined", house.channel().guild, house.clock.now(), house.channel(), person)
        )
        for count in (steps, again):
            house.steps(count)
            house.crash()
        house.advance(minutes=2)
        assert _told(house, "bob") == ["Welcome! bob"]


# --- whose a direct conversation is -----------------------------------------------------------------


@pytest.mark.spec("HOST-3")
def test_a_conversation_belongs_to_the_guild_whose_push_opened_it(make_house: Make) -> None:
    house = make_house([Porter], toml=DAY)
    house.set("porter.greeting", "Ahoy!", guild="sea")
    house.join("ann", guild="sea")
    house.dm("bob", "/help")
    assert house.dm("ann", "/where") == ["Ahoy!"]
    assert house.dm("bob", "/where") == ["Welcome!"]
    house.restart()
    assert house.dm("ann", "/where") == ["Ahoy!"]
    house.disable("porter", guild="sea")
    assert house.dm("ann", "/where") != ["Ahoy!"]
    assert house.dm("bob", "/where") == ["Welcome!"]


@pytest.mark.spec("HOST-3")
def test_one_that_the_person_opened_stays_the_platforms(make_house: Make) -> None:
    house = make_house([Porter], toml=DAY)
    house.set("porter.greeting", "Ahoy!", guild="sea")
    house.dm("ann", "/help")
    house.join("ann", guild="sea")
    assert house.dm("ann", "/where") == ["Welcome!"]


@pytest.mark.spec("HOST-22")
def test_forgetting_somebody_ends_what_waits_for_them(make_house: Make) -> None:
    house = make_house([Porter])
    house.clock.set(dt.datetime(2030, 1, 7, 23, 30, tzinfo=dt.UTC))
    house.dm("ann", "/quiet off")
    _push(house, "ann", "Good morning")
    receipt = house.run(house.host.privacy.forget("test:ann"))
    assert receipt.complete, receipt.text
    house.advance(hours=12)
    assert "Good morning" not in _told(house, "ann")


@pytest.mark.spec("CORE-4", "OPS-7")
def test_a_long_push_comes_whole_and_in_order(make_house: Make) -> None:
    house = make_house([Porter], toml=DAY)
    _push(house, "ann", "\n\n".join(f"part {number} " + "word " * 300 for number in range(4)))
    told = _told(house, "ann")
    assert len(told) > 2
    text = "".join(told)
    assert [text.index(f"part {number}") for number in range(4)] == sorted(
        text.index(f"part {number}") for number in range(4)
    )
    assert [bool(shown.reply.buttons) for shown in house.shown] == [False] * (len(told) - 1) + [True]
