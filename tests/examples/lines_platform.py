"""A third-party platform in one file: people talk over plain TCP lines, each connection a DM (PLAT-8)."""

from __future__ import annotations

import asyncio
from itertools import count

import attrs
from butler import Action, Channel, Guild, Lost, Message, Person, Persona, Platform, Plugin, Receive, Sent, Unsupported


@attrs.frozen
class Settings:
    """``[platforms.lines]``."""

    address: str = "127.0.0.1"
    port: int = 0


class Lines(Platform):
    """A line is a message; the first line of a connection is the person's name."""

    name = "lines"
    settings = Settings
    command_prefix = "/"
    account = "lines:butler"
    text_limit = 500

    async def start(self, receive: Receive) -> None:
        """Listen."""
        self._receive = receive
        self._numbers = count(1)
        self._said: dict[str, str] = {}
        self._writers: dict[str, asyncio.StreamWriter] = {}
        self._server = await asyncio.start_server(self._person, self.config.address, self.config.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Hang up."""
        self._server.close()
        for writer in list(self._writers.values()):
            writer.close()
        await self._server.wait_closed()

    async def _person(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        name = (await reader.readline()).decode(errors="replace").strip()
        channel = Channel(f"lines:{name}", Guild("lines:dm"), name, dm=True)
        self._writers[channel.id] = writer
        try:
            while line := await reader.readline():
                text = line.decode(errors="replace").rstrip("\n")
                identifier = f"lines:{name}-{next(self._numbers)}"
                now = self.host.clock.now()
                await self._receive(Message(identifier, channel, Person(f"lines:{name}", name), text, now))
        finally:
            self._writers.pop(channel.id, None)
            writer.close()

    def can(self, action: str, channel: Channel | None = None) -> bool:
        """It can talk, no more."""
        return action == "send"

    async def perform(self, action: Action, key: str) -> Sent:
        """Write a line, once for each key."""
        if action.kind != "send" or action.reply is None:
            raise Unsupported(f"lines cannot {action.kind}")
        writer = self._writers.get(action.channel)
        if writer is None:
            raise Lost(f"{action.channel} has hung up")
        if key not in self._said:
            self._said[key] = f"lines:out-{next(self._numbers)}"
            writer.write(action.reply.text.replace("\n", " ").encode() + b"\n")
            await writer.drain()
        return Sent(self._said[key])

    async def create_account(self, persona: Persona) -> str:
        """All speak through one."""
        return self.account

    async def remove_account(self, persona: Persona) -> None:
        """There is nothing to remove."""


class LinesPlugin(Plugin):
    """People talk over TCP."""

    platform = Lines
