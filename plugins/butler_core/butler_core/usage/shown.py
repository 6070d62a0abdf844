"""Usage in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

MILLION = 1_000_000


def answers(rows: Sequence[tuple[str, bool, int]]) -> str:
    """Answers by persona, and how many of them in private."""
    whole: dict[str, list[int]] = {}
    for persona, private, count in rows:
        both = whole.setdefault(persona, [0, 0])
        both[0] += count
        both[1] += count if private else 0
    return "\n".join(f"{persona}: {count} ({private} by direct message)" for persona, (count, private) in whole.items())


def sums(rows: Iterable[Any], names: Mapping[str, str], most: int = 8) -> str:
    """Calls, tokens and cost, a line for each key."""
    lines = []
    for row in list(rows)[:most]:
        key = " / ".join(names.get(part, part) or "–" for part in row.keys)
        lines.append(f"{key}: {row.calls} calls, {tokens(row)}, {cost(row)}")
    return "\n".join(lines)


def tokens(row: Any) -> str:
    """Tokens in and out."""
    return f"{row.input + row.cached + row.written:,} tokens in, {row.output:,} out"


def cost(row: Any) -> str:
    """What it cost; what is not known is said."""
    if row.unpriced and row.unpriced >= row.calls:
        return "price not known"
    more = f" and {row.unpriced} of unknown price" if row.unpriced else ""
    return f"{row.cost / MILLION:.4f}{more}"


def amount(kind: str, value: int) -> str:
    """So many requests or tokens, or so much money."""
    return f"{value / MILLION:g}" if kind == "money" else f"{value:,} {kind}"
