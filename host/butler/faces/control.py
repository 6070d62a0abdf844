"""The control socket: what the command line asks of a running host, JSON lines over a Unix socket.

A line in: ``{"verb": "plugins.enable", "args": {"name": "karma"}}``. Lines out: any number of
``{"progress": {…}}``, then one ``{"ok": …}`` or ``{"error": "…"}``. Who is not this user (or root) is not
heard; what is not a listed verb is refused; what is no request is answered and forgotten.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

import structlog

from butler.errors import ButlerError
from butler.faces.addresses import reachable
from butler.scope import Scope

log = structlog.get_logger("butler.control")

NAME: Final = "control.sock"
LONGEST: Final = 262_144
"""Bytes of one request."""
MOST: Final = 16
"""Connections at once."""
IDLE: Final = 60.0
"""Seconds that a connection may be silent, or slow to read its answer."""

Tell = Callable[[int, int, str], Awaitable[None]]
"""How far it is: done, total (0: unknown), what."""
Verb = Callable[[Mapping[str, Any], Tell], Awaitable[Any]]
"""Takes the arguments, gives plain JSON. Raises ``ButlerError`` with what the caller should read."""


class Control:
    """Listens below the data directory, for this user alone."""

    def __init__(self, data: Path, verbs: Mapping[str, Verb]) -> None:
        self.path = data / NAME
        self._verbs = dict(verbs)
        self._scope = Scope("control")
        self._server: asyncio.Server | None = None
        self._open = 0

    async def start(self) -> None:
        """Listen. Whoever holds the data directory's lock may call it: a socket that is left over goes."""
        with reachable(self.path) as address:
            listener = _bound(address, self.path)
        self._server = await asyncio.start_unix_server(self._connected, sock=listener, limit=LONGEST)

    async def stop(self) -> None:
        """Close every connection and take the socket away."""
        if self._server is None:
            return
        self._server.close()
        await self._scope.close()
        self._server = None
        self.path.unlink(missing_ok=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._scope.closed or self._open >= MOST or not _is_own(writer.get_extra_info("socket")):
            writer.close()
            return
        self._open += 1
        self._scope.task(self._serve(reader, writer), "connection")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await _line(reader):
                await _send(writer, await self._answer(line, writer))
        except ValueError:  # longer than a request may be
            with contextlib.suppress(OSError, TimeoutError):
                await _send(writer, {"error": f"a request has at most {LONGEST:,} bytes"})
        except (OSError, TimeoutError):
            log.debug("a control connection broke off")
        finally:
            self._open -= 1
            writer.close()

    async def _answer(self, line: bytes, writer: asyncio.StreamWriter) -> dict[str, Any]:
        async def tell(done: int, total: int, text: str) -> None:
            await _send(writer, {"progress": {"done": done, "total": total, "text": text}})

        try:
            name, args = _request(line)
            verb = self._verbs.get(name)
            if verb is None:
                return {"error": f"there is no verb {name!r}", "verbs": sorted(self._verbs)}
            return {"ok": await verb(args, tell)}
        except ButlerError as error:
            return {"error": str(error)}
        except Exception as error:  # a verb calls plugin code (export, checks); it must not take the connection along
            log.exception("a control request failed")
            return {"error": f"that failed inside the host ({type(error).__name__}); see `butler logs`"}


def _request(line: bytes) -> tuple[str, Mapping[str, Any]]:
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict) or not isinstance(asked.get("verb"), str):
        raise ButlerError("a request is one line of JSON", remedy='send {"verb": "status", "args": {}}')
    args = asked.get("args", {})
    if not isinstance(args, dict):
        raise ButlerError("args is no object", remedy='send {"verb": "status", "args": {}}')
    return asked["verb"], args


async def _line(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(IDLE):
        return await reader.readline()


async def _send(writer: asyncio.StreamWriter, answer: dict[str, Any]) -> None:
    writer.write(json.dumps(answer).encode() + b"\n")
    async with asyncio.timeout(IDLE):
        await writer.drain()


def _bound(address: str, path: Path) -> socket.socket:
    """A socket that nobody but this user can open, from its first moment on."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise ButlerError(f"the control socket {path} cannot be made ({error.strerror})") from error
    finally:
        os.umask(before)
    listener.setblocking(False)
    return listener


def _is_own(connection: Any) -> bool:
    """Whether the other end is this user, or root. Systems that cannot tell rely on the file's mode."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, user, _ = struct.unpack("3i", raw)
    return user in {os.getuid(), 0}
