"""No test talks to the world: a connection beyond this machine fails at once, naming where it wanted to."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Iterator
from typing import Any


class Beyond(OSError):
    """A connection beyond this machine was tried."""


def is_local(address: Any) -> bool:
    """Whether an address that a socket is given stays on this machine: loopback, ``localhost``, a file."""
    if not isinstance(address, tuple):
        return True
    host = address[0]
    if host in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _check(address: Any) -> None:
    if not is_local(address):
        raise Beyond(f"a test wanted to connect to {address[0]}: use a local server, or run with --butler-network")


@contextlib.contextmanager
def loopback_only() -> Iterator[None]:
    """Within, no socket of Python's connects beyond this machine, and no other name is looked up."""
    connect, connect_ex, sendto, look_up = (
        socket.socket.connect,
        socket.socket.connect_ex,
        socket.socket.sendto,
        socket.getaddrinfo,
    )

    class Guarded:
        def connect(self: socket.socket, address: Any) -> None:  # type: ignore[misc]  # becomes socket's method
            _check(address)
            connect(self, address)

        def connect_ex(self: socket.socket, address: Any) -> int:  # type: ignore[misc]
            _check(address)
            return connect_ex(self, address)

        def sendto(self: socket.socket, *args: Any) -> int:  # type: ignore[misc]
            _check(args[-1])
            return sendto(self, *args)

    def getaddrinfo(host: Any, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        _check((name or "",))
        return look_up(host, *args, **options)

    before = {name: vars(socket.socket).get(name) for name in ("connect", "connect_ex", "sendto")}
    socket.socket.connect = Guarded.connect  # type: ignore[method-assign,assignment]
    socket.socket.connect_ex = Guarded.connect_ex  # type: ignore[method-assign,assignment]
    socket.socket.sendto = Guarded.sendto  # type: ignore[method-assign,assignment]
    socket.getaddrinfo = getaddrinfo
    try:
        yield
    finally:
        for name, method in before.items():
            if method is None:
                delattr(socket.socket, name)  # inherited from the C class again
            else:
                setattr(socket.socket, name, method)
        socket.getaddrinfo = look_up
