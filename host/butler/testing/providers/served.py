"""The models that a stand-in has: their windows, and what they take."""

from __future__ import annotations

from collections.abc import Collection

from attrs import frozen


@frozen
class Served:
    """One model of a stand-in."""

    name: str
    window: int = 8192
    """Tokens that it takes, answer included; a longer prompt is refused."""
    kinds: Collection[str] = ("chat",)
    """What it can be asked for: ``chat``, ``text`` (completions of a text), ``embeddings``."""
    temperature: bool = True
    """Whether it takes a temperature; if not, one is refused."""
    cache_minimum: int = 1024
    """Prefixes below so many tokens are not cached."""
    breakpoints: bool = False
    """Whether it caches up to the breakpoints that a client sets, and bills for writing them."""
    vector: int = 64
    """Numbers in its embeddings."""
