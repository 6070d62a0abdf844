"""Discord's ids and the host's: 80351110224678912 is ``discord:80351110224678912``, whatever it names."""

from __future__ import annotations

import datetime as dt

from butler import PlatformError

NAME = "discord"
PREFIX = "discord:"
DM_GUILD = PREFIX + "dm"
ASKED = PREFIX + "i"
"""Stands before the id of an interaction."""
_EPOCH = 1_420_070_400_000
"""Discord's time begins with 2015; milliseconds since 1970."""


def ours(native: int | str) -> str:
    """A Discord id as one of the host's."""
    return f"{PREFIX}{native}"


def native(identifier: str) -> int:
    """One of the host's ids as Discord knows it. Raises ``PlatformError`` for what is none."""
    digits = identifier.removeprefix(PREFIX)
    if not digits.isdecimal() or len(digits) > 20:
        raise PlatformError(f"{identifier!r} is no id of Discord's", remedy="give one such as discord:8035111022467891")
    return int(digits)


def asked(interaction: int | str) -> str:
    """The host's id of an interaction."""
    return f"{ASKED}{interaction}"


def interaction_of(identifier: str) -> int | None:
    """The interaction that an id names, or ``None``."""
    digits = identifier.removeprefix(ASKED)
    return int(digits) if identifier.startswith(ASKED) and digits.isdecimal() else None


def made_at(snowflake: int) -> dt.datetime:
    """When something got its id."""
    return dt.datetime.fromtimestamp(((snowflake >> 22) + _EPOCH) / 1000, dt.UTC)


def first_at(moment: dt.datetime) -> int:
    """The smallest id that something made at that moment can have."""
    return max(0, int(moment.timestamp() * 1000) - _EPOCH) << 22
