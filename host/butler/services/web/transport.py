"""Connections that reach only what was checked: the name is resolved here, and that very address is connected to."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Final

import httpcore
import httpx

from butler.config.destinations import Address, address_of
from butler.errors import WebUnavailable
from butler.services.web.resolve import Resolver
from butler.services.web.target import Gate, not_public

AT_ONCE: Final = 32
"""Connections at once; further ones wait."""
WIRE: Final = 24_000_000
"""Bytes that one connection may bring, whatever they are."""
HEAD: Final = 300_000
"""Bytes of these before the answer begins, handshake included: no endless hints and headers."""
CONNECT: Final = 4.0
"""Seconds for one address to answer."""


class Transport(httpx.AsyncBaseTransport):
    """HTTP/1.1 over connections that serve one request each. Nothing of one request is there in the next."""

    def __init__(self, gate: Gate, resolve: Resolver, *, wire: int = WIRE, tls: ssl.SSLContext | None = None) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls or httpx.create_ssl_context(),
            max_connections=AT_ONCE,
            max_keepalive_connections=0,
            network_backend=Checked(gate, resolve, wire),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it. Raises ``WebRefused``, ``WebUnavailable``, or one of httpcore's errors."""
        answer = await self._pool.handle_async_request(
            httpcore.Request(
                request.method,
                httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
            )
        )
        stream = answer.extensions["network_stream"]
        if isinstance(stream, _Metered):  # not where it wants to speak something else (101)
            stream.head_is_there()
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    async def aclose(self) -> None:
        """Let go of every connection."""
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._answer.aiter_stream():
            yield piece

    async def aclose(self) -> None:
        await self._answer.aclose()


class Checked(httpcore.AsyncNetworkBackend):
    """Resolves a name itself, refuses it if any of its addresses is not public, and connects to one of those.

    So nothing can change between the check and the connection: what a name server says the second time is not asked.
    """

    def __init__(self, gate: Gate, resolve: Resolver, wire: int) -> None:
        self._gate = gate
        self._resolve = resolve
        self._wire = wire
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to a name's address, if it may be reached. Raises ``WebRefused`` or ``WebUnavailable``."""
        addresses = await self._addresses(host)
        if not self._gate.is_inside(host, port) and not all(map(self._gate.public, addresses)):
            raise not_public(host)
        failure: Exception = OSError()
        for address in addresses:
            try:
                stream = await self._inner.connect_tcp(
                    str(address), port, CONNECT, local_address=local_address, socket_options=socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Metered(stream, self._wire)
        raise WebUnavailable(f"{host} cannot be reached") from failure

    async def _addresses(self, host: str) -> Sequence[Address]:
        if (address := address_of(host)) is not None:
            return (address,)
        try:
            found = await self._resolve(host)
        except OSError as error:
            raise WebUnavailable(f"there is no host named {host}") from error
        if not found:
            raise WebUnavailable(f"there is no host named {host}")
        return found

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Never."""
        raise not_public("a file")


class _Metered(httpcore.AsyncNetworkStream):
    """A connection that ends after so many bytes: few until the head of the answer is there, then so many more."""

    def __init__(self, inner: httpcore.AsyncNetworkStream, more: int, left: int = HEAD) -> None:
        self._inner = inner
        self._more = more
        self._left = left

    def head_is_there(self) -> None:
        """What comes now is the body."""
        self._left += self._more

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._left <= 0:
            raise httpcore.ReadError("too much")
        piece = await self._inner.read(max_bytes, timeout)
        self._left -= len(piece)
        return piece

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        try:
            secure = await self._inner.start_tls(ssl_context, server_hostname, timeout)
        except BaseException:  # the library closes it after an error, and leaves it open after a cancellation
            await self._inner.aclose()
            raise
        return _Metered(secure, self._more, self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
