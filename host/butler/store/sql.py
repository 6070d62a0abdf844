"""Text and SQL in the form that both engines store: what is replaced, and how parameters are written."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_TOKENS = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\?|%""")


def clean(text: str) -> str:
    """Text that SQLite and PostgreSQL both store, equal to the given one wherever that is possible.

    NUL becomes U+2400 (the picture of a NUL: PostgreSQL refuses the character itself), and a surrogate
    without its partner becomes U+FFFD (it is no character, so neither UTF-8 nor SQLite can hold it).
    Everything else stays; text without them is returned as it is.
    """
    if text.isascii() and "\0" not in text:
        return text
    return _UNSTORABLE.sub(lambda found: "\u2400" if found[0] == "\0" else "\ufffd", text)


def clean_deep(value: Any) -> Any:
    """Plain data (lists, mappings, texts, numbers) with every text in it cleaned."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean_deep(key): clean_deep(held) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean_deep(held) for held in value]
    return value


@functools.lru_cache(maxsize=2048)
def to_postgresql(sql: str) -> str:
    """A statement written with ``?`` in psycopg's form: ``%s``, and every other ``%`` doubled."""
    return _TOKENS.sub(_token, sql)


def _token(found: re.Match[str]) -> str:
    return "%s" if found[0] == "?" else found[0].replace("%", "%%")
