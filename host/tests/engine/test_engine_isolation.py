"""What is left out stays out after a restart, guards stay closed, managers are told, and there is a way back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import structlog
from butler import Message, Persona, Plugin, Reply, Stop, every, hookimpl, job
from butler.config import load
from butler.engine.quarantine import EVERYWHERE
from butler.errors import ConfigError, PluginError
from butler.host import Host
from butler.testing import FakePlatform, House

pytestmark = pytest.mark.spec("HOST-9")

MakeHouse = Callable[..., House]
MINUTES = dt.timedelta(minutes=5)


class Karma(Plugin):
    """Fails over what contains "bad"."""

    starts = 0

    async def start(self) -> None:
        type(self).starts += 1

    @hookimpl
    async def on_message(self, message: Message) -> None:
        if "bad" in message.text and not message.author.bot:
            raise ValueError("the secret of the house")
        if not message.author.bot:
            await message.reply(f"heard {message.text}")


class Guard(Plugin):
    """Guards what people say and what is answered; fails over what contains "bad"."""

    guards = frozenset({"on_message", "review_reply"})

    @hookimpl
    async def on_message(self, message: Message) -> Stop | None:
        if "bad" in message.text:
            raise ValueError("the secret of the house")
        return Stop("rude") if "rude" in message.text else None

    @hookimpl
    async def review_reply(self, reply: Reply, persona: Persona | None) -> None:
        return None


class Parrot(Plugin):
    @hookimpl(trylast=True)
    async def on_message(self, message: Message) -> None:
        if not message.author.bot:
            await message.reply(f"parrot: {message.text}")


@pytest.fixture(autouse=True)
def fresh() -> None:
    Karma.starts = 0


@pytest.fixture
def house(make_house: MakeHouse) -> Callable[..., House]:
    def made(*plugins: type[Plugin], toml: str = "") -> House:
        house = make_house(plugins, toml=toml)
        house.channel(members=5)
        return house

    return made


TOLD = """
[guilds."test:den"]
log_channel = "test:office"
"""


def told(house: House) -> list[str]:
    return [shown.text for shown in house.shown if shown.channel == "test:office"]


def listed(house: House) -> list[tuple[str, str]]:
    return [(notice.plugin, notice.guild) for notice in house.host.quarantine.listed()]


def put_out(house: House, plugin: str) -> None:
    async def put() -> None:
        house.host.quarantine.put(plugin, EVERYWHERE, "it blocked the host")

    house.run(put())


def spoil(house: House, times: int = 5, **where: Any) -> None:
    for _ in range(times):
        house.say("ann", "bad", **where)


# --- the store ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["restart", "crash"])
def test_a_quarantine_outlives_the_host(end: str, house: Callable[..., House]) -> None:
    den = house(Karma)
    spoil(den)
    before = den.host.quarantine.listed()
    getattr(den, end)()
    assert den.host.quarantine.listed() == before
    assert listed(den) == [("karma", "test:den")]
    assert den.say("ann", "hello") == []
    assert den.say("ann", "hello", channel="elsewhere", guild="other", members=5) == ["heard hello"]


@pytest.mark.parametrize("end", ["restart", "crash"])
def test_a_release_outlives_the_host(end: str, house: Callable[..., House]) -> None:
    den = house(Karma)
    spoil(den)
    den.enable("karma", guild="den")
    getattr(den, end)()
    assert listed(den) == []
    assert den.say("ann", "hello") == ["heard hello"]


def test_what_was_put_there_before_the_start_is_kept_by_it(house: Callable[..., House]) -> None:
    """As ``butler run`` does with the plugin that blocked the host."""
    den = house(Karma)
    den.stop()
    host = Host(den.host.config, clock=den.clock, loader=den.loader)
    host.quarantine.put("karma", EVERYWHERE, "it blocked the event loop")
    den.loop.run_until_complete(host.start())
    den.loop.run_until_complete(host.stop())
    den.start()
    assert listed(den) == [("karma", EVERYWHERE)]
    assert Karma.starts == 1


def test_a_store_that_cannot_be_written_costs_only_the_memory_of_it(house: Callable[..., House]) -> None:
    den = house(Karma)
    host = den.host
    den.stop()
    with structlog.testing.capture_logs() as logs:
        host.quarantine.put("karma", "test:den", "for a test")
    assert [entry["event"] for entry in logs] == [
        "plugin is quarantined",
        "quarantine holds until the next start only",
    ]
    assert host.quarantine.out("test:den") == {"karma"}


# --- asleep ---------------------------------------------------------------------------------------------


def test_a_plugin_that_is_out_everywhere_is_not_started_again_until_it_is_enabled(house: Callable[..., House]) -> None:
    den = house(Karma)
    put_out(den, "karma")
    den.restart()
    assert Karma.starts == 1
    assert den.say("ann", "hello") == []
    den.enable("karma")
    assert Karma.starts == 2
    assert den.say("ann", "hello") == ["heard hello"]
    den.restart()
    assert Karma.starts == 3


def test_a_plugin_that_does_not_start_when_it_is_enabled_stays_out(house: Callable[..., House]) -> None:
    class Broken(Karma):
        async def start(self) -> None:
            if self.starts:
                raise ValueError("no")
            type(self).starts += 1

    den = house(Broken)
    put_out(den, "broken")
    den.restart()
    with pytest.raises(PluginError, match="ValueError: no"):
        den.enable("broken")
    assert listed(den) == [("broken", EVERYWHERE)]
    assert den.say("ann", "hello") == []


def test_a_sleeping_plugin_is_unloaded_without_being_stopped(house: Callable[..., House]) -> None:
    stops = []

    class Careful(Karma):
        async def stop(self) -> None:
            stops.append(1)

    den = house(Careful)
    put_out(den, "careful")
    den.restart()
    assert stops == [1]
    assert den.unload("careful") == []
    assert stops == [1]


def test_a_sleeping_guard_stays_closed(house: Callable[..., House]) -> None:
    den = house(Guard, Parrot)
    put_out(den, "guard")
    den.restart()
    assert den.say("ann", "hello") == []
    assert den.why()["outcome"] == "stopped"
    den.enable("guard")
    assert den.say("ann", "hello") == ["parrot: hello"]


def test_nothing_that_a_quarantined_plugin_scheduled_runs(house: Callable[..., House]) -> None:
    ran: list[str] = []

    class Timer(Plugin):
        @job
        async def ring(self) -> None:
            ran.append("ring")

        @every(minutes=5)
        async def tock(self) -> None:
            ran.append("tock")

        async def start(self) -> None:
            await self.host.schedule.once(self.host.clock.now() + MINUTES, self.ring, key="ring")

    den = house(Timer)
    put_out(den, "timer")
    den.advance(minutes=12)
    assert ran == []
    den.enable("timer")
    den.advance(minutes=6)
    assert sorted(ran) == ["ring", "tock"], "what was due meanwhile runs late"


# --- managers -------------------------------------------------------------------------------------------


def test_managers_are_told_in_their_log_channel_without_the_error_and_with_the_way_back(
    house: Callable[..., House],
) -> None:
    den = house(Karma, toml=TOLD)
    den.channel("office")
    spoil(den)
    first, text = told(den)
    assert "`karma` failed in on_message" in first
    assert "secret" not in first
    assert "`karma`" in text
    assert "/plugins enable karma" in text
    assert "secret" not in text
    assert "guard" not in text


def test_without_a_log_channel_nobody_is_written_to(house: Callable[..., House]) -> None:
    den = house(Karma)
    spoil(den)
    assert den.shown == []


def test_a_guild_in_which_nothing_is_wrong_is_not_told(house: Callable[..., House]) -> None:
    den = house(Karma, toml=TOLD)
    den.channel("office")
    spoil(den, channel="elsewhere", guild="other", members=5)
    assert listed(den) == [("karma", "test:other")]
    assert told(den) == []


def test_a_quarantine_everywhere_is_told_in_each_guild_where_it_is_enabled(house: Callable[..., House]) -> None:
    den = house(Karma, toml=TOLD)
    den.channel("office")
    den.say("ann", "hello")
    put_out(den, "karma")
    (text,) = told(den)
    assert "everywhere" in text
    assert "butler plugins enable karma" in text


def test_a_guild_that_disabled_it_is_not_told(house: Callable[..., House]) -> None:
    den = house(Karma, toml=TOLD)
    den.channel("office")
    den.say("ann", "hello")
    den.disable("karma", guild="den")
    put_out(den, "karma")
    assert told(den) == []


def test_managers_hear_of_a_guard_at_its_first_fault_and_then_once_an_hour(house: Callable[..., House]) -> None:
    den = house(Guard, Parrot, toml=TOLD)
    den.channel("office")
    with structlog.testing.capture_logs() as logs:
        spoil(den, 3)
    assert den.say("ann", "hello") == ["parrot: hello"]
    (text,) = told(den)
    assert "`guard`" in text
    assert "no message gets past it and no reply goes out" in text
    assert "secret" not in text
    assert [entry["event"] for entry in logs].count("a guard failed, its guild is closed") == 3
    den.advance(hours=1)
    spoil(den, 1)
    assert len(told(den)) == 2


def test_managers_hear_when_a_guard_is_quarantined_and_what_that_means(house: Callable[..., House]) -> None:
    den = house(Guard, Parrot, toml=TOLD)
    den.channel("office")
    spoil(den)
    assert den.say("ann", "hello") == []
    _, last = told(den)
    assert "left out here" in last
    assert "no message gets past it" in last
    den.advance(minutes=1)
    den.enable("guard", guild="den")
    assert den.say("ann", "hello") == ["parrot: hello"]
    assert den.say("ann", "rude") == []
    assert len(told(den)) == 2


def test_a_fault_outside_of_what_it_guards_closes_nothing_and_alerts_nobody(house: Callable[..., House]) -> None:
    class Half(Plugin):
        guards = frozenset({"review_reply"})

        @hookimpl
        async def on_message(self, message: Message) -> None:
            raise ValueError

    den = house(Half, Parrot, toml=TOLD)
    den.channel("office")
    assert den.say("ann", "hello") == ["parrot: hello"]
    assert told(den) == []


def test_a_log_channel_is_named_with_its_platform(tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text('[host]\nlog_channel = "office"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="begins with its platform"):
        load(file, {})


# --- coming up ------------------------------------------------------------------------------------------


class Cracked(FakePlatform):
    """Cannot even be made."""

    name = "cracked"

    def __init__(self, host: Any, config: Any) -> None:
        raise ZeroDivisionError


@pytest.mark.spec("HOST-2")
def test_plugin_code_that_fails_while_it_comes_up_costs_that_plugin_alone(house: Callable[..., House]) -> None:
    class Wrong(Plugin):
        platform = Cracked

    den = house(Wrong, Parrot, toml="[platforms.cracked]")
    assert den.say("ann", "hello") == ["parrot: hello"]
    assert "ZeroDivisionError" in den.host.lifecycle.problems["wrong"]
    assert "wrong" not in den.host.lifecycle.plugins


@pytest.mark.spec("HOST-2")
@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), KeyboardInterrupt()], ids=repr)
def test_a_start_that_fails_leaves_nothing_of_the_plugin(error: BaseException, house: Callable[..., House]) -> None:
    class Wrong(Plugin):
        async def start(self) -> None:
            raise error

        @hookimpl
        async def on_message(self, message: Message) -> None:
            raise AssertionError("it is not up")

    den = house(Wrong, Parrot)
    assert den.say("ann", "hello") == ["parrot: hello"]
    assert "did not start" in den.host.lifecycle.problems["wrong"]
    assert "wrong" not in den.host.lifecycle.plugins
