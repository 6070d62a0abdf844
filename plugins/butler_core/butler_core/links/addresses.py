"""Two addresses of the same page are one: without what tells only who shared it."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

TRACKING = frozenset({"fbclid", "gclid", "igshid", "igsh", "mc_cid", "mc_eid", "ref_src", "si", "yclid"})
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".bmp", ".svg")
LONGEST = 1024
_PORTS = {"http": 80, "https": 443}


def key_of(address: str) -> str:
    """An address as it is compared; never shown."""
    try:
        parts = urlsplit(address.strip())
        port = parts.port
    except ValueError:
        return address.strip()[:LONGEST]
    host = (parts.hostname or "").removeprefix("www.")
    if port and port != _PORTS.get(parts.scheme):
        host = f"{host}:{port}"
    asked = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not _tracks(name)]
    scheme = "https" if parts.scheme in {"http", "https"} else parts.scheme
    path = parts.path.rstrip("/") if parts.path != "/" else ""
    return urlunsplit((scheme, host, path, urlencode(sorted(asked)), parts.fragment))[:LONGEST]


def _tracks(name: str) -> bool:
    return name.casefold() in TRACKING or name.casefold().startswith("utm_")


def is_picture(address: str, mime: str = "") -> bool:
    """Whether it leads to an image."""
    if mime:
        return mime.startswith("image/")
    try:
        return urlsplit(address).path.casefold().endswith(PICTURES)
    except ValueError:
        return False
