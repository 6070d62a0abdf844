"""Whether those who speak repeat the same order: A, B, A, B, or A, B, C, A, B, C (LUNA-12)."""

from __future__ import annotations

from collections import deque

from attrs import define, field

LONGEST = 64
"""So many turns an order may have to be recognised."""


@define(eq=False)
class Repeats:
    """Follows who speaks. What one says in several messages is one turn."""

    turns: deque[str] = field(factory=lambda: deque(maxlen=LONGEST))
    """The last speakers, no two neighbours the same."""
    same: list[int] = field(factory=lambda: [0] * (LONGEST + 1))
    """For each length of an order: how many turns in a row were those of that many turns ago."""

    def add(self, speaker: str) -> None:
        """Somebody spoke."""
        turns, same = self.turns, self.same
        if turns and turns[-1] == speaker:
            return
        for length in range(2, len(turns) + 1):
            same[length] = same[length] + 1 if turns[-length] == speaker else 0
        turns.append(speaker)

    def order(self, times: int) -> tuple[str, ...]:
        """Those whose order was repeated so many times up to now, in that order; nobody if none was."""
        for length in range(2, len(self.turns) + 1):
            if self.same[length] >= (times - 1) * length:
                return tuple(list(self.turns)[-length:])
        return ()
