"""Why Discord lets nobody in, or ends a connection for good, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import hikari
from butler import NotReady, PlatformError

PRIVILEGED: Mapping[hikari.Intents, int] = MappingProxyType(
    {
        hikari.Intents.GUILD_MEMBERS: 1 << 14 | 1 << 15,
        hikari.Intents.MESSAGE_CONTENT: 1 << 18 | 1 << 19,
        hikari.Intents.GUILD_PRESENCES: 1 << 12 | 1 << 13,
    }
)
"""The intents that are switched on in the developer portal, and the application's flags that say so."""
REMEDIES: Mapping[int, str] = MappingProxyType(
    {
        4004: "give a new token under [platforms.discord] token",
        4010: "give shards below shard_count under [platforms.discord]",
        4011: "raise shard_count under [platforms.discord], or set it to 0",
        4014: "switch the privileged intents on in the developer portal (Bot, Privileged Gateway Intents)",
    }
)


def missing(wanted: hikari.Intents, flags: int) -> tuple[hikari.Intents, ...]:
    """The privileged intents that are wanted and not switched on, as an application's flags say."""
    return tuple(intent for intent, bits in PRIVILEGED.items() if intent & wanted and not flags & bits)


def ended(error: BaseException) -> PlatformError:
    """Why a connection ended for good."""
    code = int(getattr(error, "code", 0) or 0)
    if code in REMEDIES:
        return PlatformError(f"Discord ended the connection: {error} ({code})", remedy=REMEDIES[code])
    return NotReady(f"Discord ended the connection ({error})")
