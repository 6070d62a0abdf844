"""Which prefixes of a request are marked for the cache, and where a mark looks for one that was put there before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from attrs import frozen

from butler.provider import Turn
from butler.testing.providers import tokens
from butler.testing.providers.anthropic.reading import conversation
from butler.testing.providers.asked import Asked
from butler.testing.providers.cache import Prefix, prefixes

LOOKBACK = 20
"""Blocks at which a mark looks, its own among them."""


@frozen
class Marked:
    """One mark: the prefix that ends there, how long it lives, and those at which it looks."""

    prefix: Prefix
    ttl: float
    within: tuple[Prefix, ...]


def marked(asked: Asked, minimum: int) -> list[Marked]:
    """The marks, first to last, whose prefix has at least ``minimum`` tokens."""
    parts = tokens.parts(asked.prompt)
    lengths = list(accumulate(map(len, parts)))
    ends = prefixes([token for part in parts for token in part], lengths, apart=asked.prompt.model)
    found = []
    for end, ttl in conversation(asked.body).marks:
        if ends[end].length >= minimum:
            looked = [ends[at] for at in _back(asked.prompt.turns, end)]
            found.append(Marked(ends[end], ttl, tuple(each for each in looked if each.length >= minimum)))
    return found


def _back(turns: Sequence[Turn], end: int) -> Iterator[int]:
    """The ends at which a mark looks, last to first; a run of results, and one of calls, is one block."""
    left = LOOKBACK
    for at in range(end, -1, -1):
        if left <= 0:
            return
        yield at
        turn = turns[at - 1] if at else None
        if turn is None:
            continue
        in_run = turn.role == "tool" and at >= 2 and turns[at - 2].role == "tool"
        left -= 0 if in_run else 1 + bool(turn.text and turn.calls)
