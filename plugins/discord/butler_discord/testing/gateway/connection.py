"""One websocket of a bot: frames out in order, compressed as it asked."""

from __future__ import annotations

import asyncio
import json
import sys
import zlib
from collections import deque
from collections.abc import Callable
from importlib import import_module
from typing import Any

import aiohttp
from aiohttp import web

from butler_discord.testing.gateway.codes import Op
from butler_discord.testing.gateway.session import Session

Squeeze = Callable[[bytes], bytes]
"""Compresses one payload after the other, with what went before in mind."""


def squeeze(name: str) -> Squeeze | None:
    """The transport compression of that name; ``None`` for none. Raises ``HTTPBadRequest``."""
    if name == "zlib-stream":
        zlib_stream = zlib.compressobj()
        return lambda data: zlib_stream.compress(data) + zlib_stream.flush(zlib.Z_SYNC_FLUSH)
    if name == "zstd-stream":
        try:
            zstd: Any = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
        except ModuleNotFoundError:
            raise web.HTTPBadRequest(text="zstd-stream needs backports.zstd here too") from None
        zstd_stream = zstd.ZstdCompressor()
        return lambda data: bytes(zstd_stream.compress(data, zstd.ZstdCompressor.FLUSH_BLOCK))
    if name:
        raise web.HTTPBadRequest(text=f"there is no transport compression {name!r}")
    return None


class Connection:
    """Sends what it is given, one payload a frame. What a fault does to it is set from outside."""

    def __init__(self, ws: web.WebSocketResponse, transport: asyncio.Transport | None, squeeze: Squeeze | None) -> None:
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
        self._squeeze = squeeze
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
        if self._squeeze is not None:
            await self.ws.send_bytes(self._squeeze(payload.encode()))
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
