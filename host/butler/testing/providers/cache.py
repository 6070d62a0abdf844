"""A provider's prompt cache: prefixes that it has seen, for as long as they live."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from attrs import frozen

from butler.clock import Clock

ROOM = 50_000
"""Prefixes that it holds; beyond that those that end first go."""


@frozen
class Prefix:
    """The beginning of a prompt: so many tokens, and what they are."""

    length: int
    digest: bytes


def prefixes(tokens: Sequence[str], lengths: Iterable[int], *, apart: str = "") -> list[Prefix]:
    """The beginnings of these lengths (rising). Those of prompts with another ``apart`` are never equal."""
    hashed, at, found = hashlib.blake2b(apart.encode(), digest_size=16), 0, []
    for length in lengths:
        hashed.update("\x1f".join(tokens[at:length]).encode(errors="surrogatepass") + b"\x1f")
        at = length
        found.append(Prefix(length, hashed.digest()))
    return found


class PrefixCache:
    """Holds prefixes for ``ttl`` seconds of the clock after they were last used."""

    def __init__(self, clock: Clock, ttl: float = 300.0) -> None:
        self.clock = clock
        self.ttl = ttl
        self._until: dict[bytes, float] = {}

    def read(self, asked: Sequence[Prefix], ttl: float | None = None) -> int:
        """Tokens of the longest prefix that it holds, which lives on; 0 if it holds none."""
        now = self.clock.monotonic()
        for prefix in sorted(asked, key=lambda each: -each.length):
            if self._until.get(prefix.digest, 0.0) > now:
                self._until[prefix.digest] = max(self._until[prefix.digest], now + (ttl or self.ttl))
                return prefix.length
        return 0

    def write(self, told: Iterable[Prefix], ttl: float | None = None) -> None:
        """Hold these."""
        now = self.clock.monotonic()
        for prefix in told:
            self._until[prefix.digest] = now + (ttl or self.ttl)
        if len(self._until) > ROOM:
            kept = sorted(self._until.items(), key=lambda each: -each[1])[: ROOM // 2]
            self._until = {digest: until for digest, until in kept if until > now}

    def clear(self) -> None:
        """Forget all."""
        self._until.clear()
