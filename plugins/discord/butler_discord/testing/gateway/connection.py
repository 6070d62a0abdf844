"""One websocket of a bot: frames out in order, compressed as it asked."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections import deque
from typing import Any

import aiohttp
from aiohttp import web

from butler_discord.testing.gateway.codes import Op
from butler_discord.testing.gateway.session import Session


class Connection:
    """Sends what it is given, one payload a frame. What a fault does to it is set from outside."""

    def __init__(self, ws: web.WebSocketResponse, transport: asyncio.Transport | None, *, stream: bool) -> None:
        self.ws = ws
        self._transport = transport
        self.session: Session | None = None
        self.deaf = False
        """It acknowledges no heartbeat any more."""
        self.dead = False
        """Half open: nothing goes out and nothing is read, and the other side cannot tell."""
        self.left_with: int | None = None
        """The code with which the other side closed it."""
        self.gone = asyncio.Event()
        """Set when it is cut off here."""
        self.each = False
        """Each payload compressed by itself, as an IDENTIFY can ask."""
        self._stream = zlib.compressobj() if stream else None
        self._out: deque[str] = deque()
        self._more = asyncio.Event()
        self._closing: tuple[int, bytes] | None = None

    def send(self, payload: str) -> None:
        """Send a payload after those before it."""
        self._out.append(payload)
        self._more.set()

    def op(self, op: Op, data: Any = None) -> None:
        """Send a payload that is no event."""
        self.send(json.dumps({"op": op, "d": data, "s": None, "t": None}))

    def close(self, code: int, reason: str = "") -> None:
        """Close it after what is still to be sent."""
        self._closing = self._closing or (code, reason.encode())
        self._more.set()

    def cut(self) -> None:
        """Break the TCP connection without a word."""
        self.gone.set()
        if self._transport is not None:
            self._transport.abort()

    async def write(self) -> None:
        """Send until closed; runs beside the reading."""
        while True:
            while self._out and not self.dead:
                await self._frame(self._out.popleft())
            if self._closing and not self.dead:
                code, reason = self._closing
                await self.ws.close(code=code, message=reason)
                return
            self._more.clear()
            await self._more.wait()

    async def _frame(self, payload: str) -> None:
        if self._stream is not None:
            data = self._stream.compress(payload.encode()) + self._stream.flush(zlib.Z_SYNC_FLUSH)
            await self.ws.send_bytes(data)
        elif self.each:
            await self.ws.send_bytes(zlib.compress(payload.encode()))
        else:
            await self.ws.send_str(payload)

    async def read(self, patience: float) -> Any:
        """The next payload from the other side; ``None`` when it is gone.

        Raises ``ValueError`` if it is none, ``TimeoutError`` if nothing comes for so many seconds.
        """
        async with asyncio.timeout(patience):
            message = await self.ws.receive()
        if self.dead:
            await self.gone.wait()
            return None
        if message.type in {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY}:
            payload = json.loads(message.data)
            if not isinstance(payload, dict) or "op" not in payload:
                raise ValueError("no payload")
            return payload
        if message.type is aiohttp.WSMsgType.CLOSE:
            self.left_with = message.data
        return None
