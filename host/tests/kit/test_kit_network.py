"""Tests of a plugin never talk to the world (the guard of the kit)."""

from __future__ import annotations

import asyncio
import socket

import pytest
from butler.testing.network import Beyond, is_local, loopback_only


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost", ""])
def test_loopback_addresses_are_local(host: str) -> None:
    assert is_local((host, 80))


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "example.org", "0.0.0.0", "169.254.169.254"])
def test_every_other_address_is_not(host: str) -> None:
    assert not is_local((host, 80))


def test_a_connection_beyond_this_machine_fails_naming_its_target() -> None:
    with socket.socket() as sock, pytest.raises(Beyond, match=r"192\.0\.2\.1"):
        sock.connect(("192.0.2.1", 80))


def test_a_name_is_not_looked_up() -> None:
    with pytest.raises(Beyond, match="example"):
        socket.create_connection(("butler.example", 80))


def test_asyncio_is_kept_in_as_well() -> None:
    with pytest.raises(Beyond):
        asyncio.run(asyncio.wait_for(asyncio.open_connection("192.0.2.1", 80), 5))


def test_datagrams_are_kept_in() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, pytest.raises(Beyond):
        sock.sendto(b"x", ("192.0.2.1", 53))


def test_servers_on_this_machine_are_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1])).close()


def test_the_guard_leaves_sockets_as_they_were() -> None:
    before = (socket.socket.connect, socket.socket.connect_ex, socket.socket.sendto, socket.getaddrinfo)
    with loopback_only():
        pass
    assert before == (socket.socket.connect, socket.socket.connect_ex, socket.socket.sendto, socket.getaddrinfo)
