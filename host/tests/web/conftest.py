"""A web on this machine: raw servers on real sockets, names as the test has them, 127.0.0.2 taken for public."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from attrs import define, field
from butler.clock import Clock
from butler.config.destinations import Address, Destination
from butler.scope import Scope
from butler.services.web import Asker, BoundWeb, Web

PUBLIC = "127.0.0.2"
PRIVATE = "127.0.0.1"

Answer = Callable[[bytes, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def page(body: bytes | str = b"hello", status: str = "200 OK", **headers: str) -> bytes:
    """A whole answer, as it is sent."""
    raw = body if isinstance(body, bytes) else body.encode()
    named = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(raw))}
    named |= {name.replace("_", "-").title(): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items() if value)
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + raw


@define
class Server:
    """Answers by path with raw bytes or with a function; remembers what it was asked."""

    port: int = 0
    pages: dict[str, bytes | Answer] = field(factory=dict)
    asked: list[bytes] = field(factory=list)
    """The head of each request, as it came."""
    opened: int = 0
    """Connections that were made to it."""
    broken: asyncio.Event = field(factory=asyncio.Event)
    """The other end went away before all was sent."""
    _server: asyncio.Server | None = None

    async def start(self, address: str, port: int = 0, **options: Any) -> None:
        self._server = await asyncio.start_server(self._serve, address, port, **options)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.asked.append(head)
            path = head.split(b" ", 2)[1].split(b"?")[0].decode()
            answer = self.pages.get(path, page("none", "404 Not Found"))
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                await answer(head, reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            self.broken.set()
        finally:
            writer.close()


class Names:
    """A name server: each name has a list of answers; the last one stays."""

    def __init__(self) -> None:
        self.answers: dict[str, list[list[str]]] = {}
        self.asked: list[str] = []

    async def __call__(self, name: str) -> Sequence[Address]:
        self.asked.append(name)
        left = self.answers.get(name)
        if not left:
            raise OSError("no such name")
        found = left.pop(0) if len(left) > 1 else left[0]
        return [ipaddress.ip_address(each) for each in found]


@define
class Net:
    """A host's web, with a public and a private server at the same port."""

    web: BoundWeb
    service: Web
    scope: Scope
    names: Names
    outside: Server
    inside: Server

    @property
    def port(self) -> int:
        return self.outside.port

    def url(self, host: str, path: str = "/") -> str:
        return f"http://{host}:{self.port}{path}"


@asynccontextmanager
async def net(
    allow: Sequence[str] = (), network: Sequence[str] = (), clock: Clock | None = None, **options: Any
) -> AsyncIterator[Net]:
    """Everything, for as long as it is needed."""
    names, outside, inside, scope = Names(), Server(), Server(), Scope("test")
    names.answers |= {
        "public.example": [[PUBLIC]], "other.example": [[PUBLIC]], "private.example": [[PRIVATE]],
        "mixed.example": [[PUBLIC, PRIVATE]],
    }  # fmt: skip
    await outside.start(PUBLIC, limit=2**20)
    await inside.start(PRIVATE, outside.port)
    inside.pages["/"] = page("the inside")
    outside.pages["/"] = page("the outside")
    allowed = [Destination.read(each.replace("PORT", str(outside.port))) for each in allow]
    options = {"public": lambda address: str(address) == PUBLIC, **options}
    service = Web(allowed, clock or Clock(), scope, resolve=names, **options)
    declared = [Destination.read(each) for each in (network or (f"*:{outside.port}", "*"))]
    try:
        yield Net(BoundWeb(service, lambda: Asker("test", declared)), service, scope, names, outside, inside)
    finally:
        assert await scope.close() == []
        await outside.stop()
        await inside.stop()


Story = Callable[[Net], Awaitable[Any]]


@pytest.fixture
def web() -> Callable[..., Any]:
    """Call it with ``async def story(net)`` and what :func:`net` takes."""

    def run(story: Story, **options: Any) -> Any:
        async def main() -> Any:
            async with net(**options) as made:
                return await story(made)

        return asyncio.run(main())

    return run
