"""A Synapse for the whole run, and a small house that stands in for the host."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import attrs
import pytest

from butler.clock import Clock
from butler.model import Event, Message
from butler.store.database import Database
from butler.store.table import create_tables
from butler_luna_matrix import LunaMatrix
from butler_luna_matrix.platform import Matrix
from butler_luna_matrix.settings import Settings
from butler_luna_matrix.testing import Person, Synapse


@pytest.fixture(scope="session")
def synapse() -> Iterator[Synapse]:
    with Synapse() as server:
        yield server


@pytest.fixture
def name(_numbers: Iterator[int] = count()) -> Callable[[str], str]:  # noqa: PT028 - one row of numbers for the whole run
    """Gives names that nobody on the homeserver has yet."""
    return lambda wanted: f"{wanted}{next(_numbers)}"


class House:
    """What the plugin needs of a host, over a real store; ``receive`` is idempotent as the host's is."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.data = folder / "luna_matrix"
        self.data.mkdir(parents=True, exist_ok=True)
        self.db = Database(f"sqlite:///{folder / 'butler.db'}")
        self.got: list[Message | Event] = []
        self.again = 0
        self.known: set[str] = set()

    async def receive(self, item: Message | Event) -> bool:
        if item.id and item.id in self.known:
            self.again += 1
            return False
        self.known.add(item.id)
        self.got.append(item)
        return True

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
    """A bot's account on the homeserver, its folder and its settings; ``running`` is one life of the platform."""

    synapse: Synapse
    folder: Path
    settings: Settings
    house: House

    @property
    def user(self) -> str:
        return self.settings.user

    def set(self, **settings: Any) -> None:
        self.settings = attrs.evolve(self.settings, **settings)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Matrix]:
        await self.house.db.start()
        try:
            await self.house.db.write(lambda: create_tables(LunaMatrix.tables))
            matrix = Matrix(self.house, self.settings)
            await matrix.start(self.house.receive)
            try:
                yield matrix
            finally:
                await matrix.stop()
        finally:
            await self.house.db.stop()

    async def until(self, listener: Person, reached: Callable[[], bool], room: str) -> None:
        """Wait until the bot has taken something in: it marks as read what it journaled, which a person sees."""
        await listener.until(reached)


@pytest.fixture
def bot(synapse: Synapse, tmp_path: Path, name: Callable[[str], str]) -> Bot:
    account = name("butler")
    user = synapse.register(account)
    settings = Settings(synapse.address, user, f"{account}-password", accept_invites="any")
    return Bot(synapse, tmp_path, settings, House(tmp_path))


Running = Callable[[], AbstractAsyncContextManager[Matrix]]
