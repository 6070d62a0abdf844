"""A house behaves as a host among people does, and its time is virtual (AUTH-3)."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from typing import Any

import attrs
import peewee
import pytest
from butler import Call, Event, Guild, Message, Plugin, Rank, Reply, Table, command, every, hookimpl
from butler.errors import CommandError, RateLimited
from butler.testing import START, House, Raises

MakeHouse = Callable[..., House]


class Tally(Table):
    """What was said, by the message's id."""

    message = peewee.TextField(unique=True)
    text = peewee.TextField()

    class Meta:
        table_name = "scribe_tally"


@attrs.frozen
class Settings:
    loud: bool = False
    most: int = 10


class Scribe(Plugin):
    """Writes down what is said, in one transaction with the journal, and answers to "scribe"."""

    settings = Settings
    tables = (Tally,)

    def __init__(self) -> None:
        self.ticks: list[tuple[dt.datetime, Guild]] = []
        self.events: list[Event] = []
        self.ran = 0

    @hookimpl
    async def on_message(self, message: Message) -> None:
        if message.author.bot:
            return
        self.host.db.defer(lambda: Tally.create(message=message.id, text=message.text))
        if message.text.startswith("scribe"):
            text = f"noted: {message.text}"
            await message.reply(text.upper() if self.settings_for(message).loud else text)

    @hookimpl
    async def on_event(self, event: Event) -> None:
        self.events.append(event)

    @hookimpl
    async def on_tick(self, now: dt.datetime, guild: Guild) -> None:
        self.ticks.append((now, guild))

    @every(hours=1)
    async def hourly(self) -> None:
        """Count the hours."""
        self.ran += 1

    @command(rank=Rank.MANAGER)
    async def pages(self, call: Call) -> str:
        """How much was noted."""
        return f"{await self.host.db.read(Tally.select().count)} pages"


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    return make_house([Scribe])


def noted(house: House) -> list[str]:
    return [text for (text,) in house.query("select text from scribe_tally order by id")]


# --- talking -----------------------------------------------------------------------------------------


def test_say_gives_what_is_said_in_answer(house: House) -> None:
    assert house.say("ann", "scribe, hello") == ["noted: scribe, hello"]
    assert house.say("ann", "good morning everybody") == []


def test_say_gives_nothing_that_is_said_elsewhere(house: House) -> None:
    house.post("bob", "scribe this", to=house.channel("kitchen"), settle=False)
    assert house.say("ann", "scribe that") == ["noted: scribe that"]
    assert sorted(shown.text for shown in house.shown) == ["noted: scribe that", "noted: scribe this"]


def test_the_persona_answers_when_named_in_company_and_always_when_alone_with_somebody(house: House) -> None:
    house.model.say("At your service.", "Yes?", "Indeed.")
    assert house.say("ann", "TheButler, are you there?") == ["At your service."]
    assert house.dm("ann", "are you there?") == ["Yes?"]
    assert house.say("ann", "are you there?", channel="closet", members=2) == ["Indeed."]
    assert house.say("ann", "are you there?") == []
    assert len(house.model.prompts) == 3
    assert "are you there?" in house.model.asked


def test_the_model_answers_by_rule_and_fails_on_demand(house: House) -> None:
    house.model.rule("weather", lambda prompt: f"{len(prompt.turns)} turns of rain")
    house.model.otherwise = "Hm."
    assert "turns of rain" in house.dm("ann", "the Weather?")[0]
    assert house.dm("ann", "well?") == ["Hm."]
    house.model.fail()
    (apology,) = house.dm("ann", "well?")
    assert "sorry" in apology
    assert "overloaded" not in apology


def test_garbage_from_the_model_is_said_without_a_crash(house: House) -> None:
    house.model.garbage()
    assert len(house.dm("ann", "speak")) > 1
    assert house.dm("ann", "and now?") == ["Very well."]


def test_commands_ask_for_the_rank_that_they_need(house: House) -> None:
    house.say("ann", "scribe")
    assert "needs the rank manager" in house.command("ann", "pages")[0]
    house.rank("ann", Rank.MANAGER)
    assert house.command("ann", "pages") == ["3 pages"]  # each message is noted, commands too


def test_why_gives_the_decision_record(house: House) -> None:
    message = house.post("ann", "TheButler?")
    record = house.record(message)
    assert record == house.why()
    assert record["outcome"] == "spoke"
    assert "scribe" in record["hooks"]["on_message"]
    with pytest.raises(LookupError):
        house.record("test:m999")


# --- other deeds -------------------------------------------------------------------------------------


def test_everything_that_is_no_message_reaches_the_host_as_an_event(house: House) -> None:
    message = house.post("ann", "scribe")
    house.react("bob", message, "👍")
    house.unreact("bob", house.shown[-1], "👎")
    house.edit("ann", message, "scribe!")
    house.delete("ann", message)
    house.join("carol")
    house.leave("carol", guild="glade")
    (plugin,) = [house.plugin("scribe")]
    assert isinstance(plugin, Scribe)
    kinds = [event.kind for event in plugin.events]
    assert kinds == ["reaction_added", "edit", "deletion", "member_joined", "member_left"]
    assert plugin.events[0].target == message.id
    assert plugin.events[0].text == "👍"
    assert plugin.events[-1].guild.name == "glade"


def test_a_reaction_that_is_there_already_changes_nothing(house: House) -> None:
    message = house.post("ann", "hello")
    for _ in range(3):
        house.react("bob", message, "👍")
    plugin: Any = house.plugin("scribe")
    assert len(plugin.events) == 1


# --- time --------------------------------------------------------------------------------------------


def test_no_time_passes_where_nobody_waits(house: House) -> None:
    for number in range(20):
        house.say("ann", f"scribe {number}")
    assert house.clock.now() == START


def test_a_slow_model_takes_virtual_time(house: House) -> None:
    house.model.delay = 25
    assert house.dm("ann", "hello") == ["Very well."]
    assert house.clock.now() == START + dt.timedelta(seconds=25)


def test_a_week_has_10080_ticks_in_each_guild_and_168_hours(house: House) -> None:
    house.say("ann", "hello")
    house.say("ann", "hello", guild="glade")
    house.advance(days=7)
    plugin: Any = house.plugin("scribe")
    for guild in ("test:den", "test:glade"):
        times = [now for now, where in plugin.ticks if where.id == guild]
        assert len(times) == 7 * 24 * 60 == 10_080
        assert {later - earlier for earlier, later in itertools.pairwise(times)} == {dt.timedelta(minutes=1)}
    assert plugin.ran == 168
    assert house.clock.now() == START + dt.timedelta(days=7)


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_clock_that_is_set_neither_loses_nor_doubles_what_comes_after(house: House, hours: int) -> None:
    house.say("ann", "scribe one")
    house.clock.jump(hours=hours)
    assert house.say("ann", "scribe two") == ["noted: scribe two"]
    house.advance(minutes=10)
    plugin: Any = house.plugin("scribe")
    assert len(plugin.ticks) == 10
    assert noted(house) == ["scribe one", "scribe two"]


def test_a_reply_that_waits_is_heard_when_it_is_due(make_house: MakeHouse) -> None:
    class Slow(Plugin):
        @hookimpl
        async def on_message(self, message: Message) -> None:
            if not message.author.bot:
                await message.reply(Reply("soon", wait=20))
                await message.reply(Reply("in an hour", wait=3600))

    house = make_house([Slow])
    assert house.say("ann", "hello") == ["soon"]
    house.advance(hours=1)
    assert [shown.text for shown in house.shown] == ["soon", "in an hour"]


# --- settings and plugins ------------------------------------------------------------------------------


def test_settings_hold_where_they_are_set(house: House) -> None:
    house.say("ann", "hello", guild="glade")
    house.set("scribe.loud", True, guild="glade")
    assert house.say("ann", "scribe", guild="glade") == ["NOTED: SCRIBE"]
    assert house.say("ann", "scribe") == ["noted: scribe"]
    with pytest.raises(CommandError):
        house.set("scribe.lout", True)


def test_a_toml_configures_the_house(make_house: MakeHouse) -> None:
    house = make_house([Scribe], toml="[plugins.scribe]\nloud = true\n")
    assert house.say("ann", "scribe") == ["NOTED: SCRIBE"]


def test_a_disabled_plugin_is_silent_where_it_is_disabled(house: House) -> None:
    house.disable("scribe", guild="den")
    assert house.say("ann", "scribe") == []
    assert house.say("ann", "scribe", guild="glade") == ["noted: scribe"]
    house.enable("scribe", guild="den")
    assert house.say("ann", "scribe") == ["noted: scribe"]
    house.disable("scribe", channel="kitchen")
    assert house.say("ann", "scribe", channel="kitchen") == []


def test_a_plugin_can_be_loaded_into_a_running_house(make_house: MakeHouse) -> None:
    house = make_house()
    assert house.say("ann", "scribe") == []
    assert isinstance(house.load(Scribe), Scribe)
    assert house.say("ann", "scribe") == ["noted: scribe"]
    house.restart()
    assert house.say("ann", "scribe") == ["noted: scribe"]


# --- life ----------------------------------------------------------------------------------------------


def test_a_restart_keeps_what_was_kept_and_hears_what_was_said_meanwhile(house: House) -> None:
    house.say("ann", "scribe one")
    house.stop()
    house.post("ann", "scribe two")
    assert [shown.text for shown in house.shown] == ["noted: scribe one"]
    house.start()
    assert [shown.text for shown in house.shown] == ["noted: scribe one", "noted: scribe two"]
    assert noted(house) == ["scribe one", "scribe two"]


@pytest.mark.spec("HOST-5")
@pytest.mark.parametrize("steps", range(1, 40, 2))
def test_a_crash_at_any_moment_loses_and_doubles_nothing(house: House, steps: int) -> None:
    for number in range(4):
        house.post("ann", f"scribe {number}", settle=False)
    house.dm("bob", "hello", settle=False)
    house.steps(steps)
    house.crash()
    house.steps(steps)
    house.crash()
    answers = [shown.text for shown in house.shown if shown.channel == house.channel().id]
    assert answers == [f"noted: scribe {number}" for number in range(4)]
    assert [shown.text for shown in house.shown if shown.channel != house.channel().id] == ["Very well."]
    assert sorted(noted(house)) == ["hello", *(f"scribe {number}" for number in range(4))]


@pytest.mark.spec("HOST-5")
@pytest.mark.parametrize("steps", range(1, 30, 3))
def test_after_a_crash_the_channel_is_looked_at_where_the_platform_forgets_keys(house: House, steps: int) -> None:
    house.world.dedupe_window = 0
    for number in range(3):
        house.post("ann", f"scribe {number}", settle=False)
    house.steps(steps)
    house.kill()
    house.clock.jump(hours=1)
    house.start()
    assert [shown.text for shown in house.shown] == [f"noted: scribe {number}" for number in range(3)]


# --- what goes wrong -----------------------------------------------------------------------------------


@pytest.mark.spec("OPS-9")
@pytest.mark.parametrize("fault", ["store_locked", "disk_full", "read_only"])
def test_while_the_store_cannot_be_written_nothing_is_lost(house: House, fault: str) -> None:
    with getattr(house.faults, fault)():
        house.post("ann", "scribe one")
        house.post("ann", "scribe two")
        house.advance(seconds=10)
        assert house.shown == []
    assert [shown.text for shown in house.shown] == ["noted: scribe one", "noted: scribe two"]
    assert house.say("ann", "scribe three") == ["noted: scribe three"]


def test_while_the_platform_is_down_answers_wait(house: House) -> None:
    house.post("ann", "scribe one", settle=False)
    with house.faults.platform_down():
        house.advance(minutes=3)
        assert house.shown == []
    assert [shown.text for shown in house.shown] == ["noted: scribe one"]


def test_an_answer_that_the_platform_did_not_confirm_is_not_said_twice(house: House) -> None:
    house.faults.platform_drops_answer()
    assert house.say("ann", "scribe one") == ["noted: scribe one"]
    house.world.dedupe_window = 0
    house.faults.platform_drops_answer()
    assert house.say("ann", "scribe two") == ["noted: scribe two"]


def test_a_platform_that_asks_to_wait_is_obeyed(house: House) -> None:
    with house.faults.rate_limited(7):
        assert house.say("ann", "scribe") == ["noted: scribe"]
    assert house.clock.now() == START + dt.timedelta(seconds=7)


def test_a_refused_answer_is_given_up_and_the_next_one_comes(house: House) -> None:
    with house.faults.platform_refuses(times=1):
        assert house.say("ann", "scribe one") == []
        assert house.say("ann", "scribe two") == ["noted: scribe two"]


def test_a_slow_platform_takes_virtual_time(house: House) -> None:
    with house.faults.slow(4):
        house.say("ann", "scribe")
    assert house.clock.now() == START + dt.timedelta(seconds=4)


def test_a_refusal_may_be_any_of_the_platforms_errors(house: House) -> None:
    with house.faults.platform_refuses(RateLimited("slowly", retry_after=2), times=3):
        assert house.say("ann", "scribe") == ["noted: scribe"]
    assert house.clock.now() == START + dt.timedelta(seconds=6)


def test_what_is_logged_can_be_read(make_house: MakeHouse) -> None:
    house = make_house([Raises])
    house.say("ann", "hello")
    (line,) = [line for line in house.logs if line["event"] == "plugin failed"]
    assert (line["plugin"], line["hook"], line["level"]) == ("raises", "on_message", "error")


# --- several -------------------------------------------------------------------------------------------


def test_two_houses_share_nothing(make_house: MakeHouse) -> None:
    one, two = make_house([Scribe]), make_house([Scribe])
    one.say("ann", "scribe")
    one.advance(hours=5)
    assert noted(one) == ["scribe"]
    assert noted(two) == []
    assert two.clock.now() == START
    assert two.say("bob", "scribe") == ["noted: scribe"]
