"""One pass over the implementations of a hook: where it is, how long each took, what went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from operator import length_hint
from typing import TYPE_CHECKING, Any

from butler.engine.faults import Fault

if TYPE_CHECKING:
    from butler.engine.tables import Calls

SLOW = 0.001
"""Seconds from which on a pass is worth a closer look."""

Block = tuple[int, Sequence[Any]]
"""Where it begins, and the functions that are awaited between two readings of the clock."""


class Run:
    """The state of one pass; it lives in an object, so that the watchdog and a resumed loop can read it.

    Reading the clock costs more than awaiting a hook that has nothing to do. So where many are enabled the
    clock is read once for some of them together, and once for each as soon as some were slow together.
    """

    faults: tuple[Fault, ...] = ()
    overdue: str | None = None
    """Set by the watchdog: why the call at the position is being ended."""
    abandoned = False
    """It swallowed that: whatever comes of it is not wanted any more."""
    ended = False
    seen: tuple[int, float] = (0, 0.0)
    """The watchdog's memory: a position, and when it first saw it."""
    start = 0
    block: Sequence[Any] = ()
    inner: Iterator[Any] = iter(())
    """The loop's place: the present block, where it begins, and an iterator over it, one call at a time."""
    _end = 0.0

    def __init__(self, calls: Calls, guild: str) -> None:
        self.calls = calls
        self.guild = guild
        self.marks: list[tuple[int, float]] = []
        """The clock at the beginning of each block, with the position there."""
        self._blocks: Iterator[Block] = iter(calls.blocks())

    @property
    def position(self) -> int:
        """How many calls have begun."""
        return self.start + len(self.block) - length_hint(self.inner)

    def rest(self) -> Iterator[Block]:
        """An iterator over the blocks that were not called yet."""
        left = tuple(self.inner)
        if left:
            self._blocks = chain([(self.start + len(self.block) - len(left), left)], self._blocks)
        return self._blocks

    def drain(self) -> None:
        """Let the loop end when the present call comes back; the position stays, and :meth:`rest` goes on there."""
        position = self.position
        left = tuple(self.inner)
        rest = list(self._blocks)
        self.start, self.block = position, ()
        self._blocks = iter([(position, left), *rest] if left else rest)

    def finish(self, now: float) -> None:
        """The last call has ended."""
        self._end = now
        if self.marks and now - self.marks[0][1] > SLOW:
            self.calls.pace.look_at(self.marks, now)

    def times(self) -> dict[str, float]:
        """Seconds that each plugin took; some may be given together."""
        told: dict[str, float] = {}
        ends = [*self.marks[1:], (self.position, self._end or (self.marks[-1][1] if self.marks else 0.0))]
        for (start, began), (end, ended) in zip(self.marks, ends, strict=True):
            told[", ".join(self.calls.plugins[start:end])] = ended - began
        return told
