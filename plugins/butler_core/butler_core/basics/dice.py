"""Dice as people write them: ``2d6+1``, ``d20``, ``3d6 + 1d4 - 2``."""

from __future__ import annotations

import re
from collections.abc import Callable

from butler import BadArgument

MOST_DICE, MOST_SIDES, MOST_PARTS = 100, 1000, 10
_PART = re.compile(r"\s*([+-]?)\s*(?:(\d{0,3})d(\d{1,4})|(\d{1,6}))", re.IGNORECASE)


def roll(text: str, draw: Callable[[int], int]) -> tuple[int, str]:
    """The sum, and how it came about. ``draw(sides)`` gives 1 to ``sides``. Raises ``BadArgument``."""
    total, at, shown = 0, 0, []
    for number in range(MOST_PARTS + 1):
        match = _PART.match(text, at)
        if match is None or (number and not match[1]) or number == MOST_PARTS:
            break
        sum_, words = _part(match, draw)
        total += -sum_ if match[1] == "-" else sum_
        shown.append(f"{match[1]} {words}".strip() if number or match[1] == "-" else words)
        at = match.end()
    if not shown or text[at:].strip():
        raise BadArgument(f"“{text[:40]}” is no dice", remedy="write them as d20, 2d6+1 or 3d6 - 1")
    return total, " ".join(shown)


def _part(match: re.Match[str], draw: Callable[[int], int]) -> tuple[int, str]:
    if match[4]:
        return int(match[4]), match[4]
    count, sides = int(match[2] or 1), int(match[3])
    if not 1 <= count <= MOST_DICE or not 2 <= sides <= MOST_SIDES:
        raise BadArgument(f"I have 1 to {MOST_DICE} dice of 2 to {MOST_SIDES} sides, not {count} of {sides}")
    drawn = [draw(sides) for _ in range(count)]
    return sum(drawn), f"({' + '.join(map(str, drawn))})" if count > 1 else str(drawn[0])
