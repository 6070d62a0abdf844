"""A whole host on a real homeserver, in this process: what the tests of spawning and of the console stand on."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import attrs
from butler import Plugin
from butler.testing import running

from butler_luna_matrix import LunaMatrix
from butler_luna_matrix.settings import Settings
from butler_luna_matrix.testing.bot import Bot
from butler_luna_matrix.testing.person import Person


def toml(settings: Settings, more: str = "", host: str = "") -> str:
    """A butler.toml with this platform."""
    values = {key: value for key, value in attrs.asdict(settings).items() if value not in (None, "", ())}
    lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(["[host]", host, "[platforms.matrix]", *lines, more])


@attrs.define
class Living:
    """The host that lives, and shorthands."""

    host: Any

    @property
    def luna(self) -> Any:
        return self.host.lifecycle.plugins["luna_matrix"]

    async def does(self, line: str) -> str:
        """What the operator's console says; a command that fails fails the test."""
        answer = await self.host.operating.run(line, "cli:tester")
        assert answer.ok, answer.text
        return str(answer.text)

    async def fails(self, line: str) -> str:
        """What the operator's console says of something that cannot be done."""
        answer = await self.host.operating.run(line, "cli:tester")
        assert not answer.ok, answer.text
        return str(answer.text)

    def persona(self, name: str) -> Any:
        return self.host.personas.get(name)


@asynccontextmanager
async def living(
    bot: Bot, plugins: Iterable[type[Plugin]] = (), *, more: str = "", host: str = ""
) -> AsyncIterator[Living]:
    """One life of a host over the bot's folder."""
    text = toml(bot.settings, more, f'data = "{bot.folder / "data"}"\n{host}')
    async with running([LunaMatrix, *plugins], toml=text, folder=bot.folder) as found:
        yield Living(found)


async def users(admin: Person, name: str) -> Mapping[str, Any]:
    """What the homeserver knows of the accounts whose name holds this, by id."""
    found = await admin.synapse("GET", "v2/users", query={"name": name, "deactivated": "true"})
    return {user["name"]: user for user in found["users"]}


async def members(admin: Person, room: str) -> list[str]:
    """Who is in a room, as the homeserver says."""
    return list((await admin.synapse("GET", f"v1/rooms/{room}/members"))["members"])
