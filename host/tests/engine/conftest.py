"""An engine without a host: loader, tables, dispatcher and quarantine, on virtual time."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
import structlog
from attrs import define, field
from butler.engine.dispatch import Dispatch
from butler.engine.loader import Loader
from butler.engine.quarantine import Notice, Quarantine
from butler.engine.run import Run
from butler.engine.tables import Calls, Tables
from butler.model import Channel, Guild, Message, Person, Persona, Stop, Vote
from butler.plugin import Plugin
from butler.testing import VirtualClock, VirtualLoop

NOW = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
PERSONA = Persona("TheButler")


def message(text: str = "hello", guild: str = "test:g") -> Message:
    return Message("test:1", Channel("test:c", Guild(guild)), Person("test:ann", "ann"), text, NOW)


@define
class Engine:
    """Plugins in the order of their names, and what a message through them gives."""

    loader: Loader
    quarantine: Quarantine
    tables: Tables
    dispatch: Dispatch
    clock: VirtualClock
    notices: list[Notice] = field(factory=list)

    def add(self, *plugins: type[Plugin]) -> None:
        for plugin in plugins:
            name = plugin.__name__.lower()
            self.loader.add(name, plugin)
            self.loader.load(name)
        self.tables.clear()

    @property
    def enabled(self) -> frozenset[str]:
        return frozenset(self.loader.found)

    def calls(self, hook: str = "on_message", guild: str = "test:g") -> Calls:
        return self.tables.table(self.enabled, guild).calls(hook)

    def plugin(self, name: str) -> Any:
        return next(plugin for plugin, _ in self.loader.implementations("on_message") if plugin.name == name)

    async def observe(self, text: str = "hello", guild: str = "test:g") -> tuple[list[tuple[str, Any]], Run]:
        """``on_message`` as the pipeline calls it."""
        results: list[tuple[str, Any]] = []
        calls = self.calls(guild=guild)
        return results, await self.dispatch.run(calls, (message(text, guild),), guild, results, stop=Stop)

    async def vote(self, guild: str = "test:g") -> tuple[list[Vote], Run]:
        """``should_reply`` as the pipeline calls it."""
        votes: list[Vote] = []
        calls = self.calls("should_reply", guild)
        return votes, await self.dispatch.votes(calls, message(guild=guild), PERSONA, guild, votes)


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    """Faults are many here, and a printed traceback costs more than everything else in a test."""
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    loop = VirtualLoop(patience=5.0)
    yield loop
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


@pytest.fixture
def play(loop: VirtualLoop) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Runs a coroutine to its end; time passes when all is quiet."""
    return loop.run_until_complete


@pytest.fixture
def engine(loop: VirtualLoop) -> Iterator[Engine]:
    clock = VirtualClock(loop)
    loader = Loader({})
    notices: list[Notice] = []
    quarantine = Quarantine(clock, notices.append)
    engine = Engine(loader, quarantine, Tables(loader, quarantine), Dispatch(quarantine), clock, notices)
    yield engine
    engine.dispatch.shut_down()
    loop.run_until_complete(asyncio.sleep(0.1))
    left = [task.get_name() for task in asyncio.all_tasks(loop)]
    assert not left, f"tasks are left: {left}"
