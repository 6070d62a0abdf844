"""How a stand-in comes up and goes: on loopback, in the running loop or in a thread with a loop of its own."""

from __future__ import annotations

import abc
import asyncio
import socket
import threading
from types import TracebackType
from typing import Self

from aiohttp import web

READY_WITHIN = 10.0
IDLE = 3600.0
"""Seconds that a connection may be idle."""


class Running(abc.ABC):
    """A server that is there for the length of a ``with`` or ``async with`` block. It keeps its port when stopped."""

    host = "127.0.0.1"

    def __init__(self, port: int = 0) -> None:
        self.port = port
        """Where it listens; 0 until it first started: any free one."""
        self._socket: socket.socket | None = None
        self._runner: web.AppRunner | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @abc.abstractmethod
    def application(self) -> web.Application:
        """What is served."""

    @property
    def url(self) -> str:
        """Its address, without a path."""
        return f"http://{self.host}:{self.port}"

    @property
    def connections(self) -> int:
        """How many clients are connected now."""
        server = self._runner.server if self._runner else None
        return len(server.connections) if server else 0

    def reserve(self) -> Self:
        """Take the port now, for a configuration that is written before it serves; :meth:`stop` gives it back."""
        if self._socket is None:
            self._socket = socket.socket()
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind((self.host, self.port))
            self.port = self._socket.getsockname()[1]
        return self

    async def start(self) -> None:
        """Listen, in the running loop."""
        self.reserve()
        runner = web.AppRunner(
            self.application(), handler_cancellation=True, access_log=None, keepalive_timeout=IDLE, shutdown_timeout=0.1
        )
        await runner.setup()
        assert self._socket is not None
        await web.SockSite(runner, self._socket).start()
        self._runner = runner

    async def stop(self) -> None:
        """Stop listening and close all connections; may be called twice, and :meth:`start` after it."""
        runner, self._runner = self._runner, None
        held, self._socket = self._socket, None
        if held is not None and runner is None:
            held.close()
        if runner is not None:
            for connection in list(runner.server.connections if runner.server else ()):
                if connection.transport is not None:
                    connection.transport.abort()
            await runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *failed: object) -> None:
        await self.stop()

    # --- in a thread --------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Start in a thread of its own; returns when it listens."""
        started = threading.Event()
        self._loop = loop = asyncio.new_event_loop()

        def serve() -> None:
            loop.run_until_complete(self.start())
            started.set()
            loop.run_forever()

        self._thread = threading.Thread(target=serve, name=f"stand-in {type(self).__name__}", daemon=True)
        self._thread.start()
        if not started.wait(READY_WITHIN):
            raise RuntimeError(f"{type(self).__name__} did not come up on {self.host}:{self.port}")

    def end(self) -> None:
        """Stop the thread; may be called twice, and :meth:`begin` after it."""
        loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(self.stop(), loop).result(READY_WITHIN)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(READY_WITHIN)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    def __enter__(self) -> Self:
        self.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
