"""Whom something may talk to on the network, as it is written in butler.toml and in a plugin: ``api.example.org``."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import Final

from attrs import frozen

USUAL_PORTS: Final = frozenset({80, 443, 8080, 8443})
"""Meant where no port is named."""

_LABEL: Final = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_NAME: Final = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_NUMERIC: Final = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)")
EXPECTED: Final = 'expected a host such as "api.example.org", "*.example.org", "192.0.2.7:8080" or "10.0.0.0/8"'

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@frozen
class Destination:
    """A host, all hosts below a name (``*.example.org``), all (``*``), or a network; at one port or the usual ones."""

    name: str = ""
    network: Network | None = None
    port: int = 0

    @classmethod
    def read(cls, text: str) -> Destination:
        """As it is written. Raises ``ValueError`` with what was expected."""
        host, port = _parted(text.strip().lower())
        if port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise ValueError(f'{EXPECTED}, not "{text[:60]}"')
        if (network := _network(host)) is not None:
            return cls(network=network, port=int(port or 0))
        if host != "*" and not is_name(host.removeprefix("*.")):
            raise ValueError(f'{EXPECTED}, not "{text[:60]}"')
        return cls(name=host, port=int(port or 0))

    def matches(self, host: str, port: int) -> bool:
        """Whether a host as it stands in a URL (a name in small letters, or an address) is meant, at that port."""
        if port != self.port if self.port else port not in USUAL_PORTS:
            return False
        if self.network is not None:
            address = address_of(host)
            return address is not None and address in self.network
        return self.name in ("*", host) or (self.name.startswith("*.") and host.endswith(self.name[1:]))


def matching(destinations: Iterable[Destination], host: str, port: int) -> bool:
    """Whether any of them means that host and port."""
    return any(each.matches(host, port) for each in destinations)


def address_of(host: str) -> Address | None:
    """The address that a host is in its one proper form; ``None`` if it is a name, or a number in disguise."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def is_name(host: str) -> bool:
    """Whether it has the form of a name: none that an old resolver would read as a number (``0x7f.1``)."""
    return bool(_NAME.fullmatch(host)) and not _NUMERIC.fullmatch(host)


def _parted(text: str) -> tuple[str, str]:
    if bracketed := re.fullmatch(r"\[([0-9a-f:./]+)\](?::(.+))?", text):
        return bracketed[1], bracketed[2] or ""
    if text.count(":") == 1:
        host, _, port = text.partition(":")
        return host, port or "none"
    return text, ""


def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        return None
