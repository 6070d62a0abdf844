"""A plugin that misbehaves costs the others nothing but its own time, and is named (HOST-9, OPS-9)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from butler import Call, Event, Guild, Message, Person, Persona, Plugin, Section, Vote, command, hookimpl
from butler.testing.house import House
from butler.testing.misbehaving import Clings, Exits, Hangs, Misbehaving, Raises
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

BAD = [Raises, Hangs, Exits, Clings]


class Early(Plugin):
    """Sees a message before the others."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    @hookimpl(tryfirst=True)
    async def on_message(self, message: Message) -> None:
        self.seen.append(message.text)


class Late(Early):
    """Sees a message after the others."""

    @hookimpl(trylast=True)
    async def on_message(self, message: Message) -> None:
        self.seen.append(message.text)


@pytest.fixture(name="make_house")
def _make_house(make_house: type[House]) -> Iterator[Callable[..., House]]:
    """Lets go of those that cling, before it is looked whether anything is left."""
    made: list[House] = []

    def make(*arguments: Any, **options: Any) -> House:
        made.append(make_house(*arguments, **options))
        return made[-1]

    yield make
    for house in made:
        for plugin in house.host.lifecycle.plugins.values():
            if isinstance(plugin, Clings):
                plugin.release.set()
        house.settle()


def _plugin(house: House, name: str) -> Plugin:
    return house.host.lifecycle.plugins[name]


@pytest.mark.spec("HOST-9", "OPS-9")
@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.__name__)
def test_the_others_and_the_reply_are_not_touched(make_house: type[House], bad: type[Misbehaving]) -> None:
    house = make_house([Early, bad, Late])
    house.model.say("all is well")
    assert house.say("ann", "hi", members=2) == ["all is well"]
    assert _plugin(house, "early").seen[0] == _plugin(house, "late").seen[0] == "hi"


@pytest.mark.spec("HOST-9")
@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.__name__)
def test_the_culprit_is_named_in_the_decision_record_and_no_error_text_is_said(
    make_house: type[House], bad: type[Misbehaving]
) -> None:
    house = make_house([bad])
    said = house.say("ann", "hi", members=2)
    name = bad.__name__.lower()
    assert {fault.plugin for fault in house.host.quarantine.last} == {name}
    if bad is not Clings:
        assert {fault[0] for fault in house.record(house.world.said[-1])["faults"]} == {name}
    assert "secret" not in " ".join(said).casefold()
    assert "Error" not in " ".join(said)


@pytest.mark.spec("HOST-9")
def test_after_five_faults_it_is_quarantined_and_enabling_it_lets_it_back_in(make_house: type[House]) -> None:
    house = make_house([Raises])
    for _ in range(6):
        house.say("ann", "hi", members=5)
    assert [(notice.plugin, notice.guild) for notice in house.host.quarantine.listed()] == [("raises", "test:den")]
    seen = len(_plugin(house, "raises").seen)
    house.say("ann", "hi", members=5)
    assert len(_plugin(house, "raises").seen) == seen
    house.run(house.host.administration.enable("raises", "guild", "test:den", "test:ann"))
    house.say("ann", "hi", members=5)
    assert len(_plugin(house, "raises").seen) == seen + 1


class Everything(Plugin):
    """Notes whatever reaches it."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    @hookimpl
    async def on_message(self, message: Message) -> None:
        self.seen.append("on_message")

    @hookimpl
    async def should_reply(self, message: Message, persona: Persona) -> Vote | None:
        self.seen.append("should_reply")
        return None

    @hookimpl
    async def build_prompt(self, message: Message, persona: Persona) -> Section:
        self.seen.append("build_prompt")
        return Section("noted")

    @hookimpl
    async def on_tick(self, guild: Guild) -> None:
        self.seen.append("on_tick")

    @hookimpl
    async def on_event(self, event: Event) -> None:
        self.seen.append("on_event")

    @hookimpl
    async def on_reply(self, message: Message) -> None:
        self.seen.append("on_reply")

    @command
    async def note(self, call: Call) -> str:
        """Note it."""
        self.seen.append("command")
        return "noted"


@pytest.mark.spec("HOST-3")
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(switches=st.lists(st.tuples(st.booleans(), st.sampled_from(["guild", "channel", "host"])), max_size=6))
def test_a_disabled_plugin_receives_nothing(switches: list[tuple[bool, str]]) -> None:
    """All hooks, commands and ticks, after any sequence of switching."""
    with House([Everything]) as house:
        channel = house.channel("hall", "den", 2)
        plugin = _plugin(house, "everything")
        assert isinstance(plugin, Everything)
        said: dict[str, bool] = {}
        for on, level in switches:
            place = {"guild": channel.guild.id, "channel": channel.id, "host": ""}[level]
            change = house.host.settings.enable if on else house.host.settings.disable
            house.run(change("everything", level, place, "test:ann"))
            said[level] = on
        here = next((said[level] for level in ("channel", "guild", "host") if level in said), True)
        in_guild = next((said[level] for level in ("guild", "host") if level in said), True)
        plugin.seen.clear()
        house.say("ann", "hi", members=2)
        house.say("ann", "/note", members=2)
        house.join("bob")
        expected = {"on_message", "should_reply", "build_prompt", "on_reply", "command"} if here else set()
        assert set(plugin.seen) - {"on_event"} == expected
        plugin.seen.clear()
        house.advance(minutes=2)
        assert set(plugin.seen) == ({"on_tick"} if in_guild else set())


WIDE = "[host]\n" + "".join(
    f"budget_{what} = 1_000_000_000\n" for what in ("person_hour_requests", "new_guild_day_requests", "host_day_tokens")
)
"""Budgets that nobody uses up."""


@pytest.mark.spec("HOST-6")
def test_ten_thousand_messages_at_once_are_all_answered_in_order_in_bounded_memory(make_house: type[House]) -> None:
    house = make_house(toml=WIDE)
    house.model.rule("", lambda prompt: prompt.turns[-1].text.partition(": ")[2])
    channels = [house.channel(f"c{number}", f"g{number % 10}", 2) for number in range(100)]
    most = 0
    for number in range(10_000):
        house.post("ann", str(number), to=channels[number % 100], settle=False)

    async def watch() -> None:
        nonlocal most
        while house.world.backlog or house.host.queues.active:
            most = max(most, house.host.queues.waiting)
            await asyncio.sleep(0.05)

    house.loop.run_until_complete(watch())
    house.settle()
    for index, channel in enumerate(channels):
        said = [int(shown.text) for shown in house.world.shown if shown.channel == channel.id]
        assert said == list(range(index, 10_000, 100))
    assert most <= 5_100


@pytest.mark.spec("HOST-6")
def test_a_slow_model_in_one_channel_delays_no_other(make_house: type[House]) -> None:
    house = make_house()
    slow = house.channel("slow", members=2)

    async def wait(prompt: object) -> str:
        raise NotImplementedError

    del wait
    house.model.delay = 30.0
    house.post("ann", "think hard", to=slow, settle=False)
    house.loop.run_until_complete(asyncio.sleep(1))
    house.model.delay = 0.0
    house.model.say("quick")
    before = house.loop.time()
    house.post("bob", "hi", to=house.channel("quick", members=2), settle=False)
    house.loop.run_until_complete(asyncio.sleep(1))
    assert [shown.text for shown in house.shown] == ["quick"]
    assert house.loop.time() - before < 30


TEXTS = {
    "long": "a" * 100_000,
    "long words": "wort " * 20_000,
    "fence": "```python\n" + "x = 1\n" * 10_000 + "```",
    "nul": "before\x00after",
    "lone surrogate": "before\ud800after",
    "right to left": "\u202eabc \u05d0\u05d1\u05d2 \u202c",
    "zalgo": "h" + "\u0301\u0302\u0303\u0304" * 200 + "i",
    "emoji": "👩‍👩‍👧‍👦" * 2_000,
    "empty": "",
    "control": "".join(map(chr, range(32))),
}


@pytest.mark.spec("OPS-9", "PLAT-3")
@pytest.mark.parametrize("name", TEXTS)
def test_any_text_is_stored_split_and_sent_without_loss_or_crash(make_house: type[House], name: str) -> None:
    house = make_house()
    text = TEXTS[name]
    house.model.say(text or "nothing")
    said = house.say("ann", text, members=2)
    assert said
    assert all(len(piece) <= 2000 for piece in said)
    message, *_ = house.run(house.host.journal.recovery.history(house.channel().id, before=2**62, limit=500))
    readable = text.replace("\x00", "").encode("utf-8", "ignore").decode()
    assert len(message.text) >= len(readable)
    if name in {"long", "emoji"}:
        assert "".join(said) == text


@pytest.mark.spec("OPS-5")
@pytest.mark.parametrize("cycles", [200, pytest.param(1000, marks=pytest.mark.soak)])
def test_switched_on_and_off_again_and_again_it_leaves_nothing_behind(make_house: type[House], cycles: int) -> None:
    house = make_house([Everything])

    async def cycle() -> None:
        await house.host.administration.disable("everything", "host", "", "test:ann")
        assert await house.host.administration.retire("everything") == []
        await house.host.administration.enable("everything", "host", "", "test:ann")

    house.run(cycle())
    tasks = len(asyncio.all_tasks(house.loop))
    held = len(house.host.scope.held)
    for _ in range(cycles):
        house.run(cycle())
    assert len(asyncio.all_tasks(house.loop)) <= tasks
    assert len(house.host.scope.held) <= held
    assert len(house.host.commands.plugins) == 3
    house.person("ann")
    assert isinstance(house.person("ann"), Person)
    assert house.say("ann", "/note", members=5) == ["noted"]
