"""What may be asked for on the web, and by whom: judged by the URL before anything is looked up (OPS-11)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from butler.config.destinations import USUAL_PORTS, Address, Destination, address_of, is_name, matching
from butler.errors import WebRefused
from butler.services.web.addresses import is_public

if TYPE_CHECKING:
    import httpx

LONGEST: Final = 4096
"""Characters of a URL."""
PORTS: Final = {"http": 80, "https": 443}


@frozen
class Asker:
    """Who wants something, and whom they said that they talk to."""

    name: str
    network: Sequence[Destination]


@frozen
class Target:
    """A URL that may be asked for."""

    url: httpx.URL
    host: str
    """The name in small letters without a last point, or the address."""
    port: int
    inside: bool
    """Its operator said that it may be reached wherever it lies."""

    @property
    def origin(self) -> str:
        """Scheme, host and port: what errors name. The rest may hold a key."""
        return origin(self.url)


def origin(url: httpx.URL) -> str:
    """Scheme, host and port where that is not the usual one."""
    port = "" if url.port is None else f":{url.port}"
    host = url.raw_host.decode("ascii", "replace")  # not `url.host`, which undoes the coding of wide letters or fails
    host = f"[{host}]" if ":" in host else host
    return f"{url.scheme}://{host[:100]}{port}"


def parsed(url: str, params: Mapping[str, Any]) -> httpx.URL:
    """A URL as somebody gave it. Raises ``WebRefused`` if it is none."""
    return _read(lambda parse: parse(url.strip()).copy_merge_params({**params}) if params else parse(url.strip()))


def joined(target: Target, location: str) -> httpx.URL:
    """Where a redirect leads. Raises ``WebRefused`` if that is no address."""
    return _read(lambda parse: target.url.join(parse(location)))


def _read(made: Callable[[Callable[[str], httpx.URL]], httpx.URL]) -> httpx.URL:
    import httpx  # noqa: PLC0415 - a tenth of a second that a host which fetches nothing need not spend

    try:
        url = made(httpx.URL)
        url.raw_path.decode("ascii")
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise WebRefused("that is no address of a page", remedy="give one such as https://example.org") from error
    if len(url.raw_path) > LONGEST:
        raise WebRefused(f"the address is longer than {LONGEST:,} characters")
    return url


@frozen
class Gate:
    """What the operator allows beyond the public web (``[host] fetch_allow``)."""

    allow: Sequence[Destination] = ()
    public: Callable[[Address], bool] = is_public
    """Tests, which reach nothing but this machine, take some of its addresses for public ones."""

    def is_inside(self, host: str, port: int) -> bool:
        """Whether the operator said that this host may be reached wherever it lies."""
        return matching(self.allow, host, port)

    def target(self, url: httpx.URL, asker: Asker, before: Target | None) -> Target:
        """Judge a URL that somebody wants; ``before`` is what redirected there. Raises ``WebRefused``."""
        host, port = _host_and_port(url)
        inside = self.is_inside(host, port)
        target = Target(url.copy_with(host=host, fragment=None), host, port, inside)
        if inside:
            if before is not None and not before.inside:
                raise WebRefused(f"{before.origin} leads to {target.origin}, which is not on the public web")
            return target
        address = address_of(host)
        if (address is not None and not self.public(address)) or (address is None and "." not in host):
            raise not_public(target.origin)
        _declared(target, asker)
        return target


def _host_and_port(url: httpx.URL) -> tuple[str, int]:
    if url.scheme not in PORTS:
        raise WebRefused(f"{url.scheme[:20] or 'no scheme'!r} cannot be fetched", remedy="give an https:// address")
    if url.userinfo:
        raise WebRefused("the address holds a user name or a password", remedy="give it without")
    host = url.raw_host.decode("ascii", "replace").lower().removesuffix(".")
    if address_of(host) is None and not is_name(host):
        raise WebRefused(f"{host[:100]!r} is no proper name of a host", remedy="give one such as example.org")
    port = PORTS[url.scheme] if url.port is None else url.port
    return host, port


def _declared(target: Target, asker: Asker) -> None:
    if matching(asker.network, target.host, target.port):
        return
    if target.port not in USUAL_PORTS:
        raise WebRefused(f"{target.origin} is at a port that is not fetched from", remedy="use the usual one")
    raise WebRefused(
        f"{asker.name} does not say that it talks to {target.host}", remedy="its author names that in Plugin.network"
    )


def not_public(where: str) -> WebRefused:
    """That something lies on a private network; where is not told any nearer."""
    return WebRefused(f"{where} is not on the public web", remedy="the operator can allow it: [host] fetch_allow")
