"""Text as Matrix gives and takes it: reply fallbacks, pills, and characters that break things on the way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

_FALLBACK = re.compile(r"\A> (?:\* )?<@[^>\n]+>[^\n]*\n(?:>[^\n]*\n)*\n?")
_QUOTED_HTML = re.compile(r"<mx-reply>.*?</mx-reply>", re.DOTALL | re.IGNORECASE)
_PILL = re.compile(r"""href\s*=\s*["']https?://matrix\.to/#/((?:@|%40)[^"'?]+)""", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

JOINER = "\u2060"
"""A word joiner: unseen, and enough that a client no longer takes ``@room`` for a call to everybody."""

_MISSING = "\ufffd"


def without_fallback(body: str) -> str:
    """A reply's text without the quotation that older clients put before it."""
    return _FALLBACK.sub("", body, count=1)


def mentioned(content: Mapping[str, Any]) -> tuple[str, ...]:
    """Who a message mentions: its own list, or the pills of clients that send none."""
    mentions = content.get("m.mentions")
    if isinstance(mentions, Mapping):
        users = mentions.get("user_ids")
        return _unique(user for user in users if isinstance(user, str)) if isinstance(users, list) else ()
    html = content.get("formatted_body")
    return _unique(unquote(pill) for pill in _PILL.findall(_QUOTED_HTML.sub("", html))) if isinstance(html, str) else ()


def _unique(users: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(user for user in users if user.startswith("@")))


def sendable(text: str) -> str:
    """Text that every homeserver takes: no lone surrogates (Synapse answers 500 to them), no control characters."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _CONTROL.sub(_MISSING, whole.replace("\r\n", "\n").replace("\r", "\n"))


def inert(text: str) -> str:
    """Text that calls nobody: a word joiner stands behind the @ of every ``@room``."""
    return re.sub(r"@(?=room\b)", "@" + JOINER, text, flags=re.IGNORECASE)
