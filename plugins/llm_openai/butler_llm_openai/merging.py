"""Conversations for servers with narrow chat templates: one system message first, then user and assistant by turns."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from butler import Turn


def merged(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """What the system says, wherever it stood, comes first in one; what one side says in a row becomes one."""
    system = [turn for turn in turns if turn.role == "system"]
    found: list[Turn] = []
    if system:
        found.append(attrs.evolve(system[0], text="\n\n".join(turn.text for turn in system)))
    for turn in turns:
        if turn.role == "system":
            continue
        if found and turn.role == found[-1].role and turn.role != "tool" and not found[-1].calls:
            found[-1] = attrs.evolve(turn, text=f"{found[-1].text}\n\n{turn.text}")
        else:
            found.append(turn)
    return tuple(found)
