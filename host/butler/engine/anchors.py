"""Where a persona's history begins in a channel: a point that moves in jumps only, so that caches hit (MEM-5).

History grows from ``scanback`` messages to four times as many, then it begins anew with the last ``scanback``. In
between each prompt begins as the one before it. Where a plugin summarises what grows too long, it begins behind the
summary.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from butler.model import Message

TIMES = 4
"""History may grow to so many times the setting before its beginning jumps."""
SUMMARISED = 100
"""``scanback`` where a plugin summarises: only if it does not come to it history jumps by itself."""
MOST = 20_000
"""So many beginnings are kept; the one used longest ago goes first, which costs one missed cache."""


class Anchors:
    """Remembers the beginnings, by channel and persona."""

    def __init__(self) -> None:
        self._begins: OrderedDict[tuple[str, str], int] = OrderedDict()

    @staticmethod
    def reach(scanback: int) -> int:
        """How many messages :meth:`cut` wants to see."""
        return TIMES * scanback + 1

    def cut(
        self, channel: str, persona: str, history: Sequence[Message], scanback: int, covered: int = 0
    ) -> list[Message]:
        """The part of the last messages that a prompt holds, oldest first; from ``covered`` on, if that is given."""
        key = (channel, persona)
        begin = self._begins.pop(key, covered or None)
        begin = max(begin, covered) if begin is not None else None
        shown = [message for message in history if begin is not None and message.seq >= begin]
        if begin is None or len(shown) > TIMES * scanback or (not shown and not covered):
            shown = list(history[-scanback:])
            begin = shown[0].seq if shown else covered
        self._begins[key] = begin
        if len(self._begins) > MOST:
            self._begins.popitem(last=False)
        return shown

    def forget(self, channel: str) -> None:
        """A conversation ended: the next prompt begins anew."""
        for key in [key for key in self._begins if key[0] == channel]:
            del self._begins[key]
