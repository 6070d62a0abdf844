"""Links and invitations in a text, also those that are written so that no program takes them for one (MOD-2)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

_INVITE = re.compile(
    r"(?:discord(?:app)?\.com/invite/|discord\.gg/|discord\.me/|discord\.io/|dsc\.gg/|invite\.gg/|"
    r"t\.me/(?:joinchat/|\+)|chat\.whatsapp\.com/|matrix\.to/#/)([^\s<>()\]]+)"
)
_LOOSE = re.compile(r"\s*([./])\s*|\s*[\[({]\s*(?:dot|\.)\s*[\])}]\s*")
_HOST = re.compile(
    r"(?<![\w@.-])((?:[a-z0-9](?:[a-z0-9-]{0,62})\.){1,8}(?:com|net|org|io|gg|me|ru|cn|xyz|top|info|biz|co|app|dev|"
    r"site|online|shop|club|live|link|click|icu|tk|ml|ga|cf|gq|uk|de|fr|nl|us|ly|to|tv|cc|su|pw))(?=[/:?#\s]|$)"
)


def tightened(folded: str) -> str:
    """A folded text without the blanks and brackets around dots and slashes."""
    return _LOOSE.sub(lambda sign: sign[1] or ".", folded) if "." in folded or "dot" in folded else folded


def invites(tight: str) -> list[str]:
    """What is invited to, by what follows the known addresses."""
    return [code.rstrip(".,!?/") for code in _INVITE.findall(tight)]


def hosts(links: Iterable[str], folded: str) -> list[str]:
    """The hosts that a text leads to, folded, without ``www.``."""
    found = [_host(link) for link in links] + _HOST.findall(folded)
    return list(dict.fromkeys(each.removeprefix("www.") for each in found if each))


def _host(link: str) -> str:
    try:
        return (urlsplit(link if "://" in link else f"http://{link}").hostname or "").rstrip(".")
    except ValueError:
        return link[:100]


def belongs(host: str, domain: str) -> bool:
    """Whether a host is a domain or lies below it."""
    domain = domain.casefold().removeprefix("*.").removeprefix("www.").strip("/.")
    return host == domain or host.endswith(f".{domain}")
