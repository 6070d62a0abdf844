"""What is measured: a real host with plugins that do nothing, a platform and a model that answer at once."""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import attrs
from butler import Plugin, hookimpl
from butler.config import load
from butler.engine.loader import Loader
from butler.engine.steps import Step
from butler.engine.turns import Turns
from butler.faces.interpreter import settled
from butler.host import Host
from butler.logs import Logs
from butler.model import Action, Channel, Event, Guild, Message, Person, Persona, Section, Sent, Vote
from butler.platform import Platform, Receive
from butler.provider import Completion, Prompt, Provider, Usage
from butler.store.database import Waiter
from butler.store.journal import Journal
from butler.store.marks import Mark, Marked, Out
from butler.store.recovery import Pending, Recovery

T = TypeVar("T")
NOW = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
ANN = Person("bench:ann", "ann")


class Idle(Plugin):
    """Implements the three hooks of the pipeline, and does nothing in them."""

    @hookimpl
    async def on_message(self, message: Message) -> None:
        return None

    @hookimpl
    async def should_reply(self, message: Message, persona: Persona, votes: Sequence[Vote]) -> None:
        return None

    @hookimpl
    async def build_prompt(self, message: Message, persona: Persona) -> Section | None:
        return None


class Looking(Plugin):
    """Implements ``on_message`` only and counts, as the peers' handlers do."""

    seen = 0

    @hookimpl
    async def on_message(self, message: Message) -> None:
        self.seen += 1


def idle(number: int, kind: type[Plugin] = Idle) -> dict[str, type[Plugin]]:
    """So many plugins of a kind, each a class of its own."""
    return {f"p{index:02}": type(f"P{index:02}", (kind,), {}) for index in range(number)}


class Mute(Platform):
    """A platform that takes every action at once."""

    name = "bench"
    settings = object
    command_prefix = "/"
    account = "bench:butler"

    def __init__(self, host: Any = None, config: Any = None) -> None:
        super().__init__(host, config)
        self._numbers = count(1)

    async def start(self, receive: Receive) -> None:
        """Nothing to connect."""

    async def stop(self) -> None:
        """Nothing to close."""

    def can(self, action: str, channel: Channel | None = None) -> bool:
        return action != "stream"

    async def perform(self, action: Action, key: str) -> Sent:
        return Sent(f"bench:r{next(self._numbers)}", NOW)

    async def create_account(self, persona: Persona) -> str:
        return ""

    async def remove_account(self, persona: Persona) -> None:
        """There are none."""


class Instant(Provider):
    """A model that answers at once and costs nothing; what a model's account costs is in ``completion``."""

    name = "instant"
    settings = object
    free = True

    async def complete(self, prompt: Prompt) -> Completion:
        return Completion("very well", Usage(10, 2), "instant")


class Ready(Awaitable[T]):
    """A result that is there already."""

    def __init__(self, value: T) -> None:
        self._value = value

    def __await__(self) -> Generator[Any, None, T]:
        return self._value
        yield

    def add_done_callback(self, fn: Callable[[Ready[T]], object]) -> None:
        """It is done."""
        fn(self)

    def cancelled(self) -> bool:
        return False

    def exception(self) -> None:
        """It did not fail."""


BUDGETS = {
    f"BUTLER_HOST__BUDGET_{what}": str(10**9)
    for what in ("PERSON_HOUR_REQUESTS", "NEW_GUILD_DAY_REQUESTS", "HOST_DAY_TOKENS")
}
"""Those that hold unless somebody says otherwise, wide enough for what is measured: kept, and never used up."""


class NoRecovery(Recovery):
    """Nothing was ever said."""

    async def history(self, channel: str, *, before: int, limit: int, host: Any = None) -> list[Message]:
        return []


class NoJournal(Journal):
    """Store off: the journal's numbers without its rows; every mark is kept at once."""

    async def start(self) -> None:
        await super().start()
        self.recovery = NoRecovery(self._database)

    def receive(self, item: Message | Event, waiter: Waiter | None = None) -> Awaitable[int]:
        if waiter:
            asyncio.get_running_loop().call_soon(waiter.set_result, item.seq)
        return Ready(item.seq)

    def mark(self, mark: Mark) -> Any:
        return Ready(Marked())

    def sent(self, out: Out, sent: Sent, echo: Message | None) -> Awaitable[int]:
        return Ready(0)


class Mumbling(Turns):
    """Turns that end with the prompt: no model is asked, nothing is said."""

    async def _persona(self, step: Step, persona: Persona, *, again: bool) -> None:
        sections, use = await self._sections(step, persona)
        told = self._thinking._told(step.message, persona.name)
        course = await self._thinking.course(step, persona, sections, use, told)
        course.prompt(self._thinking._models.chain(persona.model)[0])


class BenchHost(Host):
    """A host whose journal can be another, and whose personas may keep their answers to themselves."""

    journal_kind: type[Journal] = Journal
    mumbling = False

    def _compose(self, loader: Loader) -> None:
        self.journal = self.journal_kind(self.database, self.clock)
        super()._compose(loader)
        if self.mumbling:
            self.turns.__class__ = Mumbling


@asynccontextmanager
async def hosting(
    plugins: dict[str, type[Plugin]], *, journal: type[Journal] = Journal, mumbling: bool = False
) -> AsyncIterator[Host]:
    """A started host with these plugins, over a store of its own on the disk of the temporary folder."""
    folder = Path(tempfile.mkdtemp(prefix="butler-bench-"))
    config = load(None, {"BUTLER_HOST__DATA": str(folder), **BUDGETS}, None)
    config = attrs.evolve(config, personas={"TheButler": {"prompt": "You are TheButler.", "model": "instant"}})
    loader = Loader({})
    for name, plugin in plugins.items():
        loader.add(name, plugin)
    kind = type("Host", (BenchHost,), {"journal_kind": journal, "mumbling": mumbling})
    with Logs(folder):
        host: Host = kind(config, loader=loader)
        host.lifecycle.providers["instant"] = Instant(None, None)
        try:
            await host.start()
            host.lifecycle.connect(Mute(), host.scope)
            with settled():  # as `butler run` does
                yield host
        finally:
            await host.stop()
            shutil.rmtree(folder, ignore_errors=True)


def channel(number: int = 0, guild: int = 0, members: int = 9) -> Channel:
    """A channel; with two members a persona answers everything, with nine it is silent."""
    return Channel(f"bench:c{guild}/{number}", Guild(f"bench:g{guild}", "guild"), "hall", members=members)


def message(number: int, where: Channel, host: Host) -> Message:
    """A message as the host's door hands it on."""
    text = "what a fine day it is, is it not"
    return Message(f"bench:m{number}", where, ANN, text, NOW, number, host=host.incoming.bound)


def pending(number: int, where: Channel, host: Host) -> Pending:
    """The same as the queues hand it over."""
    return Pending(message(number, where, host))
