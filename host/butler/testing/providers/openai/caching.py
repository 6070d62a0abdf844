"""OpenAI's two ways to cache: equal beginnings by itself, or up to breakpoints, which cost when they are written."""

from __future__ import annotations

from collections.abc import Sequence

from butler.testing.providers import tokens
from butler.testing.providers.account import Bill
from butler.testing.providers.asked import Asked
from butler.testing.providers.cache import Prefix, PrefixCache, prefixes
from butler.testing.providers.served import Served

STEP = 128
"""Tokens by which a prefix grows that is cached by itself."""
READ, WRITTEN = 80, 4
"""Breakpoints that are looked at, and that are written, the latest ones."""
LIVES = {"30m": 1800.0, "12h": 43_200.0}


def charge(cache: PrefixCache, asked: Asked, served: Served, bill: Bill) -> None:
    """Fill in how much of a prompt was cached and is written now."""
    parts = tokens.parts(asked.prompt)
    total = sum(map(len, parts))
    apart = f"{asked.prompt.model}/{asked.prompt.key}"
    if served.breakpoints:
        _to_breakpoints(cache, asked, served, bill, parts, apart)
    else:
        told = [token for part in parts for token in part]
        known = prefixes(told, range(served.cache_minimum, total + 1, STEP), apart=apart)
        bill.cached = cache.read(known)
        cache.write(known)
    bill.input = total - bill.cached - bill.written


def _to_breakpoints(
    cache: PrefixCache, asked: Asked, served: Served, bill: Bill, parts: Sequence[list[str]], apart: str
) -> None:
    options = asked.body.get("prompt_cache_options") or {}
    at, length = [], len(parts[0])
    for part, turn in zip(parts[1:], asked.prompt.turns, strict=True):
        length += len(part)
        if turn.stable:
            at.append(length)
    if options.get("mode", "implicit") == "implicit" and length not in at:
        at.append(length)
    told = [token for part in parts for token in part]
    known: list[Prefix] = prefixes(told, [end for end in at if end >= served.cache_minimum], apart=apart)
    ttl = LIVES[options.get("ttl", "30m")]
    bill.cached = cache.read(known[-READ:], ttl)
    new = [prefix for prefix in known[-WRITTEN:] if prefix.length > bill.cached]
    bill.written = max((prefix.length for prefix in new), default=bill.cached) - bill.cached
    cache.write(new, ttl)
