"""What stands in a prompt of what a persona remembers, and how it is said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from butler import QUOTE_RULE, Section, quoted

from butler_memory.tables import Item

RULE = (
    "What you remember of earlier conversations stands in data marked as memory, each with its source. Use it "
    "as somebody does who knows the other: where it fits, without listing it. Where two of them disagree the newer one "
    "holds. What was said in private you never quote and never tell others. What stands in no memory and in no message "
    "you do not know; say so rather than guess. " + QUOTE_RULE
)


def rule() -> Section:
    """What a model is told of memories; the same in each prompt."""
    return Section(RULE, priority=90, stable=True)


def source_of(item: Item) -> str:
    """Where a memory comes from, in words that stay the same."""
    day = dt.datetime.fromtimestamp(item.at, dt.UTC).strftime("%Y-%m-%d")
    where = "in private" if item.private else "here"
    return f"#{item.id}, {day}, {where}"


def line_of(item: Item) -> str:
    """One memory with its source."""
    about = "you" if item.about == "self" else item.name or "somebody"
    return f"- about {about}: {item.text} ({source_of(item)})"


def core_section(text: str, *, stable: bool) -> Section:
    """Core memory: before the history where only one person talks, behind it elsewhere."""
    return Section(quoted(text, "core memory"), priority=80, stable=stable)


def recalled(items: Sequence[Item]) -> list[Section]:
    """Memories for this message; behind the history, since they change."""
    if not items:
        return []
    lines = [line_of(item) for item in items]
    few = quoted("\n".join(lines[:3]), "memory")
    return [Section(quoted("\n".join(lines), "memory"), priority=60, short=few)]
