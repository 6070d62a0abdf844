"""Where the homeserver delivers: transactions of events over HTTP, each taken in before it is acknowledged (LUNA-5).

The promise. A transaction is answered with 200 once every event in it is journaled; anything else makes the
homeserver send it again, under the same id. The events' own ids drop what was taken in before.
"""

from __future__ import annotations

import asyncio
import hmac
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from aiohttp import web
from butler import NotReady, PlatformError, StoreError

log = structlog.get_logger("butler.luna_matrix")

JSON = dict[str, Any]
Take = Callable[[str, JSON], Awaitable[None]]
"""Takes in one transaction by its number; returns once all of it is journaled."""
Knows = Callable[[str], bool]
"""Whether a user is one of ours."""

LARGEST = 32 * 1024 * 1024
"""Bytes of one transaction: a hundred events of 64 KiB, and as much again."""
KEPT = 64
"""So many transaction ids are remembered."""


class Listener:
    """The server. It hears the homeserver alone: whoever does not know the ``hs_token`` is refused."""

    def __init__(self, listen: str, token: str, take: Take, knows: Knows) -> None:
        self._host, _, port = listen.rpartition(":")
        self._port = int(port) if port.isdecimal() else -1
        self._listen = listen
        self._token = token
        self._take = take
        self._knows = knows
        self._done: OrderedDict[str, None] = OrderedDict()
        self._one = asyncio.Lock()
        self._open = asyncio.Event()
        self._open.set()
        self._runner: web.AppRunner | None = None
        self.pinged = asyncio.Event()
        """Set when the homeserver reached us the first time."""

    async def open(self) -> None:
        """Listen. Raises ``PlatformError`` where that is not possible, ``NotReady`` where the port is taken."""
        if self._port < 0:
            raise PlatformError(
                f"{self._listen!r} is no address to listen at",
                remedy='set [platforms.matrix] listen = "127.0.0.1:9009"',
            )
        app = web.Application(client_max_size=LARGEST, middlewares=[self._guard])
        app.router.add_put("/_matrix/app/v1/transactions/{id}", self._transaction)
        app.router.add_get("/_matrix/app/v1/users/{user}", self._user)
        app.router.add_get("/_matrix/app/v1/rooms/{alias}", self._room)
        app.router.add_post("/_matrix/app/v1/ping", self._ping)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError as error:
            await runner.cleanup()
            raise NotReady(
                f"{self._listen} cannot be listened at ({error.strerror})",
                remedy="end what listens there, or set [platforms.matrix] listen to another address",
            ) from None
        self._runner = runner

    def hold(self) -> None:
        """Take in nothing until :meth:`release`: what came before is made up for first."""
        self._open.clear()

    def release(self) -> None:
        """Take in what was held."""
        self._open.set()

    async def close(self) -> None:
        """Let go of the address."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return _refused(403, "M_FORBIDDEN", "who are you?")
        try:
            return await handler(request)
        except (StoreError, PlatformError) as error:
            log.warning("a transaction is not taken, it will be sent again", reason=str(error))
            return _refused(503, "M_UNKNOWN", "not taken in, send it again")

    async def _transaction(self, request: web.Request) -> web.StreamResponse:
        number = request.match_info["id"]
        try:
            whole = await request.json()
        except (ValueError, RecursionError):
            whole = None
        if not isinstance(whole, dict):
            return _refused(400, "M_NOT_JSON", "a transaction is a JSON object")
        await self._open.wait()
        async with self._one:  # a try that the homeserver gave up may still be under way
            if number not in self._done:
                await self._take(number, whole)
                self._done[number] = None
                if len(self._done) > KEPT:
                    self._done.popitem(last=False)
        self.pinged.set()
        return web.json_response({})

    async def _user(self, request: web.Request) -> web.StreamResponse:
        if self._knows(request.match_info["user"]):
            return web.json_response({})
        return _refused(404, "M_NOT_FOUND", "there is no such user")

    async def _room(self, request: web.Request) -> web.StreamResponse:
        return _refused(404, "M_NOT_FOUND", "there is no such room")

    async def _ping(self, request: web.Request) -> web.StreamResponse:
        self.pinged.set()
        return web.json_response({})


def _refused(status: int, code: str, text: str) -> web.StreamResponse:
    body: Mapping[str, str] = {"errcode": code, "error": text}
    return web.json_response(body, status=status)
