"""Where a persona's history begins in a channel: a point that moves in jumps only, so that caches hit (MEM-5).

History grows from ``scanback`` messages to four times as many, then it begins anew with the last ``scanback``. In
between each prompt begins as the one before it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from butler.model import Message

TIMES = 4
"""History may grow to so many times the setting before its beginning jumps."""
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

    def cut(self, channel: str, persona: str, history: Sequence[Message], scanback: int) -> list[Message]:
        """The part of the last messages that a prompt holds, oldest first."""
        key = (channel, persona)
        begin = self._begins.pop(key, None)
        shown = [message for message in history if begin is not None and message.seq >= begin]
        if begin is None or len(shown) > TIMES * scanback or not shown:
            shown = list(history[-scanback:])
            begin = shown[0].seq if shown else 0
        self._begins[key] = begin
        if len(self._begins) > MOST:
            self._begins.popitem(last=False)
        return shown

    def forget(self, channel: str) -> None:
        """A conversation ended: the next prompt begins anew."""
        for key in [key for key in self._begins if key[0] == channel]:
            del self._begins[key]
