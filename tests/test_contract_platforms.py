"""Console, Matrix and Discord keep to what every platform keeps to (PLAT-2, PLAT-3, PLAT-6, PLAT-7)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import peewee
import pytest
from butler import Channel, Clock, File, Guild
from butler.engine.loader import Loader
from butler.faces.console import ROOM, Console, ConsoleSettings
from butler.host import Host
from butler.services.bound import Bound
from butler.testing.contracts import PlatformContract, Rig, Seen
from butler.testing.loading import configuration
from butler_discord import Discord as DiscordPlugin
from butler_discord.platform import Discord as DiscordPlatform
from butler_discord.settings import Settings as DiscordSettings
from butler_discord.testing import Discord
from butler_discord.testing import Person as DiscordPerson
from butler_luna_matrix import LunaMatrix
from butler_luna_matrix.platform import Matrix
from butler_luna_matrix.settings import Settings
from butler_luna_matrix.testing import Person as MatrixPerson
from butler_luna_matrix.testing import Synapse
from butler_luna_matrix.testing.bot import House as MatrixHouse
from butler_luna_matrix.testing.fixtures import synapse

__all__ = ["synapse"]


class Lines:
    """A screen that remembers what it showed."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def show(self, name: str, colour: str, text: str, mark: Any) -> None:
        mark()
        self.texts.append(text)

    async def show_file(self, name: str, file: File, mark: Any) -> None:
        mark()
        self.texts.append(file.name)

    def thinking(self, name: str, *, on: bool) -> None:
        """Nothing to see."""

    def progress(self, done: int, total: int, text: str) -> None:
        """Nothing to see."""


class ConsoleRig(Rig):
    def __init__(self, folder: Path) -> None:
        self.screen = Lines()
        host = SimpleNamespace(clock=Clock(), data=folder, personas=())
        self.platform = Console(host, ConsoleSettings("ann"), self.screen)
        self.channel = ROOM

    async def hear(self, text: str) -> None:
        await self.platform.take(text)

    async def shown(self) -> list[Seen]:
        ids = [sent.id for sent in self.platform._done.values()]
        return [Seen(identifier, text) for identifier, text in zip(ids, self.screen.texts, strict=True)]


class TestConsole(PlatformContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    @asynccontextmanager
    async def rig(self) -> AsyncIterator[Rig]:  # type: ignore[override]
        yield ConsoleRig(self.folder)


class Store:
    """The plugin's tables in memory, on one connection that is there before the platform is."""

    def __init__(self) -> None:
        self._database = peewee.SqliteDatabase(":memory:")
        with self._database.bind_ctx(LunaMatrix.tables):
            self._database.create_tables(LunaMatrix.tables)

    async def write(self, fn: Callable[[], Any]) -> Any:
        with self._database.bind_ctx(LunaMatrix.tables), self._database.atomic():
            return fn()

    read = write

    def close(self) -> None:
        self._database.close()


class MatrixRig(Rig):
    def __init__(self, platform: Matrix, room: str, ann: MatrixPerson) -> None:
        self.platform = platform
        self.room = room
        self.ann = ann
        self.person = f"matrix:{ann.user}"
        self.channel = Channel(f"matrix:{room}", Guild("matrix:butler.test"))

    async def hear(self, text: str) -> None:
        await self.ann.say(self.room, text)

    async def shown(self) -> list[Seen]:
        seen: dict[str, Seen] = {}
        for event in await self._ours("m.room.message"):
            content = event["content"]
            relation = content.get("m.relates_to", {})
            told = content.get("m.new_content", content)
            identifier = relation["event_id"] if relation.get("rel_type") == "m.replace" else event["event_id"]
            if "body" in told:
                seen[f"matrix:{identifier}"] = Seen(f"matrix:{identifier}", told["body"], _woken(content))
        redacted = {
            event.get("redacts") or event["content"].get("redacts") for event in await self._ours("m.room.redaction")
        }
        return [each for each in seen.values() if each.id.removeprefix("matrix:") not in redacted]

    async def reactions(self, identifier: str) -> list[str]:
        events = await self._ours("m.reaction")
        relations = [event["content"].get("m.relates_to", {}) for event in events]
        return [each["key"] for each in relations if f"matrix:{each.get('event_id')}" == identifier]

    async def _ours(self, kind: str) -> list[dict[str, Any]]:
        account = self.platform.account.removeprefix("matrix:")
        return [
            event for event in await self.ann.read(self.room) if event["type"] == kind and event["sender"] == account
        ]


def _woken(content: dict[str, Any]) -> tuple[str, ...]:
    """Whom clients ring for: those who are named; everybody for ``@room``, which counts where nobody is named."""
    mentions = content.get("m.mentions")
    loud = mentions.get("room") if mentions is not None else "@room" in content.get("body", "")
    return ("*",) if loud else tuple(f"matrix:{user}" for user in (mentions or {}).get("user_ids", ()))


class TestMatrix(PlatformContract):
    @pytest.fixture(autouse=True)
    def _place(self, synapse: Synapse, tmp_path: Path) -> None:
        self.synapse, self.folder = synapse, tmp_path

    @asynccontextmanager
    async def rig(self) -> AsyncIterator[Rig]:  # type: ignore[override]
        name = f"butler-{self.folder.name.replace('_', '-')}-{id(self.folder)}"
        user = self.synapse.register(name)
        house: Any = MatrixHouse(self.folder)
        house.db = Store()
        ann, bot = self.synapse.person(f"ann-{name}"), MatrixPerson(self.synapse.address, user, f"{name}-password")
        async with ann, bot:
            room = await ann.create_room(user, name="Hall")
            await bot.join(room)
            settings = Settings(self.synapse.address, user, f"{name}-password", accept_invites="any", poll_timeout=5.0)
            yield MatrixRig(Matrix(house, settings), room, ann)
        house.db.close()


class DiscordRig(Rig):
    def __init__(self, platform: DiscordPlatform, ann: DiscordPerson) -> None:
        self.platform = platform
        self.ann = ann
        self.hall = ann.place()
        self.person = f"discord:{ann.id}"
        self.channel = Channel(f"discord:{self.hall.id}", Guild(f"discord:{self.hall.guild.id}"))  # type: ignore[union-attr]

    async def hear(self, text: str) -> None:
        await self.ann.say(text)

    async def shown(self) -> list[Seen]:
        return [
            Seen(f"discord:{each.id}", each.text, self._woken(each.id))
            for each in self.ann.sees()
            if f"discord:{each.author.id}" == self.platform.account
        ]

    def _woken(self, message: int) -> tuple[str, ...]:
        found = [ping.who for ping in self.ann.world.pings if ping.message.id == message]
        return tuple(f"discord:{user}" for who in found for user in who)

    async def reactions(self, identifier: str) -> list[str]:
        return next(list(each.reactions) for each in self.ann.sees() if f"discord:{each.id}" == identifier)


class TestDiscord(PlatformContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    @asynccontextmanager
    async def rig(self) -> AsyncIterator[Rig]:  # type: ignore[override]
        loader = Loader({})
        loader.add("discord", DiscordPlugin)
        host = Host(configuration("[host]\nnew_guilds = 'any'\n", self.folder), loader=loader)
        await host.open()
        async with Discord() as discord:
            app = discord.bot("Butler")
            guild = discord.guild("House", app)
            settings = DiscordSettings(app.token, discord.rest_url)
            yield DiscordRig(DiscordPlatform(Bound(host, "discord"), settings), discord.join("ann", guild))
        await host.stop()
