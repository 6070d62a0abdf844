"""The menu of services: what somebody may use, in a few lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

MOST = 1_500
"""Characters; what does not fit is in ``/help``."""


def menu(parts: Sequence[Any], prefix: str) -> str:
    """``parts`` as ``host.menu`` gives them; the host's own commands come last."""
    lines = ["**At your service:**"]
    rest = f"`{prefix}help` shows all of it."
    for part in sorted(parts, key=lambda each: each.plugin == "host"):
        names = ", ".join(f"`{prefix}{item.name}`" for item in part.items)
        line = f"- {(part.about or part.plugin).rstrip('.')}: {names}"
        if sum(map(len, lines)) + len(line) > MOST:
            break
        lines.append(line)
    return "\n".join([*lines, rest])
