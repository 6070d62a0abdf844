"""Who said how much lately: for rules about rate and repetition; kept in memory, bounded."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence

from butler_moderation.rules import Rule

MOST_PEOPLE = 10_000
MOST_MESSAGES = 60
"""Of one person."""


class Recent:
    """Remembers when people said what; a text is kept as its hash."""

    def __init__(self) -> None:
        self._said: OrderedDict[tuple[str, str], deque[tuple[float, int]]] = OrderedDict()

    def heard(self, guild: str, person: str, folded: str, now: float) -> None:
        """Somebody said something."""
        key = (guild, person)
        said = self._said.setdefault(key, deque(maxlen=MOST_MESSAGES))
        said.append((now, hash("".join(folded.split()))))
        self._said.move_to_end(key)
        if len(self._said) > MOST_PEOPLE:
            self._said.popitem(last=False)

    def exceeded(self, guild: str, person: str, rules: Sequence[Rule], now: float) -> list[tuple[Rule, str]]:
        """The rules about rate and repetition that the last message breaks, and why."""
        said = self._said.get((guild, person))
        if not said:
            return []
        found = []
        for rule in rules:
            since = now - rule.seconds
            same = rule.kind == "repeat"
            count = sum(1 for at, text in said if at > since and (not same or text == said[-1][1]))
            if count > rule.most:
                what = "the same text" if same else "messages"
                found.append((rule, f"{what} {count} times within {rule.seconds:g} s, more than {rule.most:g}"))
        return found

    def forget(self, person: str) -> None:
        """Drop what is remembered of somebody."""
        for key in [key for key in self._said if key[1] == person]:
            del self._said[key]
