"""What plugins write and say while something is handled is committed with it; what comes later is not lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import peewee
import pytest
from butler import Call, Message, Plugin, Table, command, hookimpl
from butler.engine.tables import Calls
from butler.engine.unit import Unit, current, handling
from butler.errors import ButlerError
from butler.testing import House

pytestmark = pytest.mark.spec("HOST-5")


class Line(Table):
    text = peewee.TextField()

    class Meta:
        table_name = "later_line"


class Later(Plugin):
    """Does what it is told after as many seconds as the message says, in a task of its own."""

    tables = (Line,)

    def __init__(self) -> None:
        self.refused: list[str] = []

    def after(self, seconds: float, deed: Callable[[], Any]) -> None:
        async def work() -> None:
            await asyncio.sleep(seconds)
            await deed()

        self.scope.task(work(), "later")

    @hookimpl
    async def on_message(self, message: Message) -> None:
        verb, _, seconds = message.text.partition(" ")
        if message.author.bot:
            return
        if verb == "say":
            await message.reply("at once")
            self.after(float(seconds), lambda: message.reply("later"))
        elif verb == "write":
            self.after(float(seconds), lambda: self.write(message))

    async def write(self, message: Message) -> None:
        try:
            self.host.db.defer(lambda: Line.create(text=message.text))
        except ButlerError as error:
            self.refused.append(str(error))

    @command
    async def remind(self, call: Call) -> str:
        """Say it now and say it again."""
        self.after(10, lambda: call.reply("again"))
        return "now"


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    house = make_house([Later])
    house.channel(members=5)
    return house


def shown(house: House) -> list[str]:
    return [each.text for each in house.shown]


@pytest.mark.parametrize("seconds", [0.0, 0.001, 5.0])
def test_what_a_plugins_own_task_says_is_said_whenever_that_is(seconds: float, house: House) -> None:
    house.say("ann", f"say {seconds}")
    house.advance(minutes=1)
    assert shown(house) == ["at once", "later"]


def test_what_it_says_while_the_reply_is_on_its_way_is_said(house: House) -> None:
    with house.faults.slow(3):
        house.say("ann", "say 1")
        house.advance(minutes=1)
    assert shown(house) == ["at once", "later"]
    assert house.query("select count(*) from host_outbox") == [(2,)]


def test_what_a_command_says_after_its_end_is_said(house: House) -> None:
    house.command("ann", "remind")
    house.advance(minutes=1)
    assert shown(house) == ["now", "again"]


def test_what_it_would_write_with_a_message_that_is_done_is_refused_with_the_remedy(house: House) -> None:
    house.say("ann", "write 5")
    house.advance(minutes=1)
    plugin: Any = house.plugin("later")
    assert len(plugin.refused) == 1
    assert "self.host.db.write" in plugin.refused[0]
    assert house.query("select count(*) from later_line") == [(0,)]


def test_a_unit_is_seen_by_hooks_and_by_single_calls_before_and_after_they_waited(engine: Any, play: Any) -> None:
    unit, seen = Unit(1), []

    async def looks(*_: Any) -> None:
        seen.append(current())
        await asyncio.sleep(1)
        seen.append(current())

    async def main() -> None:
        with handling(unit):
            await engine.dispatch.run(Calls("on_message", (looks, looks), ("a", "b"), (2.0, 2.0)), (1,), "test:g", [])
            await engine.dispatch.guarded("a", "command", looks, guild="test:g", deadline=2.0)
        await engine.dispatch.guarded("a", "command", looks, guild="test:g", deadline=2.0)
        assert seen == [unit] * 6 + [None] * 2

    play(main())


@pytest.mark.spec("HOST-9")
def test_what_a_plugin_does_that_was_left_behind_gets_into_no_unit(engine: Any, play: Any) -> None:
    unit, free = Unit(1), asyncio.Event()

    async def stubborn(*_: Any) -> None:
        while not free.is_set():
            try:
                await free.wait()
            except asyncio.CancelledError:
                continue
        unit.writes.append(("zombie", free.clear))

    async def main() -> None:
        with handling(unit):
            await engine.dispatch.run(Calls("on_message", (stubborn,), ("a",), (2.0,)), (1,), "test:g", [])
            free.set()
            await asyncio.sleep(100)
        assert unit.writes == []

    play(main())
