"""Nothing secret reaches a log: by the value itself, by the name of its field, by its usual forms in a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

Scrub = Callable[[str], str]
"""Takes the secrets that a host knows out of a text."""

MASK: Final = "***"
LONGEST: Final = 8_000
"""Characters of one value; the rest is cut, so that no line grows without bound."""
_DEPTH: Final = 6

_NAMES: Final = {
    "apikey", "auth", "authorization", "cookie", "credential", "credentials", "key",
    "passphrase", "passwd", "password", "pwd", "secret", "token",
}  # fmt: skip
_WORDS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_FORMS: Final = (
    (re.compile(r"(?i)\b(bearer|basic|bot)\s+[\w.~+/=-]{8,}"), rf"\1 {MASK}"),
    (re.compile(r"://([^/\s:@]*):[^@/\s]+@"), rf"://\1:{MASK}@"),
    (
        re.compile(r"(?i)\b((?:access_|refresh_)?token|api_?key|password|passwd|secret|authorization)(\"?'?\s*[=:]\s*\"?'?)[^\s\"'&,;]{4,}"),
        rf"\1\2{MASK}",
    ),
)  # fmt: skip


def is_secret_name(name: str) -> bool:
    """Whether a field of that name holds a secret: one of its words is ``token``, ``password``, ``key``, …"""
    return any(word.lower() in _NAMES for word in _WORDS.findall(name))


def masked(text: str, scrub: Scrub) -> str:
    """A text without the secrets that ``scrub`` knows and without what has the form of one."""
    text = scrub(text)
    for form, instead in _FORMS:
        text = form.sub(instead, text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"


def masked_value(value: Any, scrub: Scrub, depth: int = 0) -> Any:
    """A value as plain JSON, masked throughout; what is no JSON becomes its text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping) and depth < _DEPTH:
        return masked_fields(value, scrub, depth + 1)
    if isinstance(value, list | tuple | set | frozenset) and depth < _DEPTH:
        return [masked_value(item, scrub, depth + 1) for item in value]
    if isinstance(value, bytes | bytearray):
        value = value.decode(errors="backslashreplace")  # as text, so that a secret in it is known again
    return masked(str(value), scrub)


def masked_fields(fields: Mapping[Any, Any], scrub: Scrub, depth: int = 0) -> dict[str, Any]:
    """Named values, masked; what has a secret's name is masked whole, empty ones and numbers excepted."""
    return {
        masked(str(name), scrub): _named(str(name), value, scrub, depth)  # a secret may stand on the left, too
        for name, value in fields.items()
    }


def _named(name: str, value: Any, scrub: Scrub, depth: int) -> Any:
    if is_secret_name(name) and value and not isinstance(value, bool | int | float):
        return MASK
    return masked_value(value, scrub, depth)
