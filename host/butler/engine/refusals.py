"""What is said when a budget is used up: politely, with the time when there is room again, and only once."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Callable
from zoneinfo import ZoneInfo

from butler.clock import Clock
from butler.errors import OverBudget
from butler.model import Message

MOST = 10_000
"""So many refusals are remembered; past that the oldest may be said once more."""


class Refusals:
    """Says it once to each person in a channel, for each budget and each of its windows."""

    def __init__(self, clock: Clock, zone: Callable[[str], ZoneInfo]) -> None:
        self._clock = clock
        self._zone = zone
        self._said: OrderedDict[tuple[str, str, str, float], None] = OrderedDict()

    def text(self, message: Message, error: OverBudget) -> str:
        """What to say now, or ``""`` if it was said."""
        key = (message.channel.id, message.author.id, error.budget, error.frees)
        if key in self._said:
            return ""
        self._said[key] = None
        if len(self._said) > MOST:
            self._said.popitem(last=False)
        return f"I am sorry, I must not think any more for now: {error.budget} is used up. {self._when(message, error)}"

    def _when(self, message: Message, error: OverBudget) -> str:
        if not error.frees:
            return "Whoever runs me can change that."
        zone = self._zone(message.guild.id)
        at = dt.datetime.fromtimestamp(error.frees, dt.UTC).astimezone(zone)
        today = self._clock.now().astimezone(zone).date()
        day = "" if at.date() == today else at.strftime(" on %d %B")
        return f"There is room again at {at:%H:%M}{day}."
