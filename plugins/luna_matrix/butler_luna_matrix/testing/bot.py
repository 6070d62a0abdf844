"""The platform alone, without a host: a bot's account and a small house that takes in what it hears."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import attrs
import peewee
from butler import Action, Clock, Event, Message, NotReady, Persona, Reply

from butler_luna_matrix import LunaMatrix
from butler_luna_matrix.platform import Matrix
from butler_luna_matrix.settings import Settings
from butler_luna_matrix.testing.person import Person
from butler_luna_matrix.testing.synapse import Synapse

T = TypeVar("T")


STUMBLES = "AlreadyCalled"
"""Synapse cancels a timer of its own twice now and then and answers a ping so: a host asks again, and so does this."""
TRIES = 8


class Store:
    """As much of ``host.db`` as the plugin needs: a SQLite file, one call after the other, off the event loop."""

    def __init__(self, path: Path) -> None:
        self._database = peewee.SqliteDatabase(str(path), check_same_thread=False)
        self._alone = threading.Lock()

    async def start(self) -> None:
        """Make the plugin's tables."""

        def make() -> None:
            for table in LunaMatrix.tables:
                table.create_table(safe=True)

        await self.write(make)

    async def write(self, fn: Callable[[], T]) -> T:
        """Run ``fn`` in a transaction; returns after the commit."""

        def run() -> T:
            # a thread goes on when whoever waits for it is cancelled
            with self._alone, self._database.bind_ctx(LunaMatrix.tables), self._database.atomic():
                return fn()

        return await asyncio.to_thread(run)

    read = write

    async def stop(self) -> None:
        """Close the file."""
        await asyncio.to_thread(self._database.close)


class House:
    """What the plugin needs of a host, over a real store; ``receive`` is idempotent by id as the host's is."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.data = folder / "luna_matrix"
        self.data.mkdir(parents=True, exist_ok=True)
        self.db = Store(folder / "butler.db")
        self.got: list[Message | Event] = []
        self.repeated: list[str] = []
        self.refuses: list[Exception] = []
        """Raised by the next calls of ``receive``, one each."""
        self.personas: tuple[Persona, ...] = ()
        self.main = "TheButler"
        self._known: set[str] = set()
        self._changed = asyncio.Condition()

    async def receive(self, item: Message | Event) -> bool:
        if self.refuses:
            raise self.refuses.pop(0)
        if item.id and item.id in self._known:
            self.repeated.append(item.id)
            return False
        self._known.add(item.id)
        async with self._changed:
            self.got.append(item)
            self._changed.notify_all()
        return True

    def keep_secret(self, value: str) -> None:
        """Nothing is logged here by a host."""

    async def settle(self, persona: str, channel: str, *, here: bool) -> None:
        """A persona moves in or out."""
        self.personas = tuple(
            attrs.evolve(each, channels=tuple({*each.channels, channel} if here else {*each.channels} - {channel}))
            if each.name == persona
            else each
            for each in self.personas
        )
        async with self._changed:
            self._changed.notify_all()

    async def until(self, reached: Callable[[], bool], within: float = 20.0) -> None:
        """Wait until what was received fulfils a condition."""
        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(reached)

    async def text(self, wanted: str) -> Message:
        """Wait for a message with this text."""
        await self.until(lambda: wanted in self.texts)
        return next(message for message in self.messages if message.text == wanted)

    async def event(self, kind: str) -> Event:
        """Wait for an event of this kind; the newest."""
        await self.until(lambda: bool(self.events(kind)))
        return self.events(kind)[-1]

    @property
    def messages(self) -> list[Message]:
        return [item for item in self.got if isinstance(item, Message)]

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.messages]

    def events(self, kind: str) -> list[Event]:
        return [item for item in self.got if isinstance(item, Event) and item.kind == kind]


@attrs.define
class Bot:
    """A bot's account on the homeserver, its folder, its settings, its house."""

    synapse: Synapse
    folder: Path
    settings: Settings
    house: House

    @property
    def user(self) -> str:
        return self.settings.user

    @property
    def token_file(self) -> Path:
        return self.house.data / self.settings.token_file

    def set(self, **settings: Any) -> None:
        self.settings = attrs.evolve(self.settings, **settings)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Matrix]:
        """One life of the platform, over the same folder each time."""
        await self.house.db.start()
        matrix = Matrix(self.house, self.settings)
        try:
            for tries in range(TRIES):
                try:
                    await matrix.start(self.house.receive)
                    break
                except NotReady as error:
                    if STUMBLES not in str(error) or tries == TRIES - 1:
                        raise
                await matrix.stop()
                await asyncio.sleep(0.2)
                matrix = Matrix(self.house, self.settings)
            yield matrix
        finally:
            await matrix.stop()
            await self.house.db.stop()

    async def room_with(self, *people: Person, name: str = "Hall", **options: Any) -> str:
        """A room that the first of these people made, with all of them and the running bot in it."""
        host, *guests = people
        room = await host.create_room(self.user, *(guest.user for guest in guests), name=name, **options)
        for guest in guests:
            await guest.join(room)
        await self.house.until(
            lambda: any(e.channel and e.channel.id == f"matrix:{room}" for e in self.house.events("member_joined"))
        )
        return room


def say(room: str, text: str, **reply: Any) -> Action:
    """The action of saying something in a room."""
    return Action("send", f"matrix:{room}", reply=Reply(text, **reply))


class Lines:
    """Takes the place of a module's logger: keeps what is logged, and lets a test wait for a line."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str, dict[str, Any]]] = []
        """Level, line and fields of each."""
        self._changed = asyncio.Event()

    def _take(self, level: str, line: str, **fields: Any) -> None:
        self.said.append((level, line, fields))
        self._changed.set()

    def __getattr__(self, level: str) -> Callable[..., None]:
        return partial(self._take, level)

    def count(self, line: str) -> int:
        """How often a line was logged."""
        return sum(said == line for _, said, _ in self.said)

    async def line(self, wanted: str, within: float = 20.0) -> dict[str, Any]:
        """Wait for a line; its fields."""
        async with asyncio.timeout(within):
            while not self.count(wanted):
                self._changed.clear()
                await self._changed.wait()
        return next(fields for _, said, fields in self.said if said == wanted)
