"""The connection of one person to the stand-in: what they do goes out, what they see comes in."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from types import TracebackType
from typing import Any, Self

import aiohttp

from butler_discord.testing.control.door import HEADER
from butler_discord.testing.errors import JSON
from butler_discord.testing.people.errors import Impossible


class Gone(ConnectionError):
    """The stand-in is not there (any more)."""


class Wire:
    """Connects as somebody; an async context manager. ``address``: as :attr:`Discord.people_url`."""

    def __init__(self, address: str, name: str) -> None:
        self.address = f"{address}/{name}"
        self.events: asyncio.Queue[JSON] = asyncio.Queue()
        """What happens; ``{"event": ""}`` when the connection ends."""
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(headers={HEADER: "1"})
        try:
            self._ws = await self._session.ws_connect(self.address, max_msg_size=64 << 20)
        except aiohttp.ClientError as error:
            await self._session.close()
            raise Gone(f"nobody answers at {self.address}: {error}") from None
        self._reader = asyncio.create_task(self._read(), name="discord stand-in: a client's reader")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reader
        await self._ws.close()
        await self._session.close()

    async def do(self, verb: str, **given: Any) -> Any:
        """Do something. Raises ``Impossible`` with the reason, or ``Gone``."""
        number = next(self._numbers)
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            await self._ws.send_json({**given, "id": number, "do": verb})
            return await future
        except ConnectionError:
            raise Gone("the stand-in has ended") from None
        finally:
            del self._waiting[number]

    async def _read(self) -> None:
        try:
            async for message in self._ws:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._take(message.json())
        finally:
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(Gone("the stand-in has ended"))
            self.events.put_nowait({"event": "", "data": {}})

    def _take(self, told: JSON) -> None:
        if "event" in told:
            self.events.put_nowait(told)
            return
        future = self._waiting.get(told["id"])
        if future is None or future.done():
            return
        if "error" in told:
            future.set_exception(Impossible(told["error"]))
        else:
            future.set_result(told["done"])
