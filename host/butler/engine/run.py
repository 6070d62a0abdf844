"""One pass over the implementations of a hook: where it is, how long each took, what went wrong."""

from __future__ import annotations

from collections.abc import Iterator
from operator import length_hint
from typing import TYPE_CHECKING, Any

from butler.engine.faults import Fault

if TYPE_CHECKING:
    from butler.engine.tables import Block, Calls

SLOW = 0.001
"""Seconds from which on a run is slow."""


class Run:
    """The state of one pass, in an object that the loop, the watchdog and whoever goes on share.

    Reading the clock costs more than awaiting a hook that has nothing to do. So where many are enabled the
    clock is read once for a block of them, and once for each while runs are slow.
    """

    faults: tuple[Fault, ...] = ()
    overdue: str = ""
    """Set by the watchdog: why the call at the position is being ended."""
    ordered = False
    """Whoever awaits it was cancelled: it ends, and that is nobody's fault."""
    left = False
    """The call at the position swallowed every cancel: the others were called without it."""
    ended = False
    """A result ended it."""
    outer: Run | None = None
    """The run whose plugin asked for this one and waits for it."""
    seen: tuple[int, float] = (-1, 0.0)
    """The watchdog's memory: a position, and since when it is there."""
    lent = 0.0
    """Seconds at this position that went into runs that the plugin asked for."""
    cancels = 0
    """How often the watchdog cancelled the call at the position."""
    stop: type | tuple[type, ...] = ()
    """Types of results that end it."""
    passes: type[Exception] | tuple[type[Exception], ...] = ()
    """Errors that are meant for the caller, and no fault."""
    passed: Exception | None = None
    counts = True
    """Its faults count towards a quarantine."""
    inner: Iterator[Any] = iter(())
    """What is left of the present block; the loop keeps it here."""
    _held = -1
    """The position, when the iterators do not tell it any more."""
    _end = 0.0

    def __init__(self, calls: Calls, guild: str, results: list[Any]) -> None:
        self.calls = calls
        self.guild = guild
        self.results = results
        self.marks: list[float] = []
        """The clock at the beginning of each block."""
        self._plan: tuple[Block, ...] = calls.pace.blocks
        self.blocks: Iterator[Block] = iter(self._plan)
        """What was not begun yet."""

    @property
    def position(self) -> int:
        """The index of the call that is awaited, or was last; -1 before the first."""
        if self._held >= 0 or not self.marks:
            return self._held
        begun = self._plan[: len(self.marks)]
        return sum(map(len, begun)) - length_hint(self.inner) - 1

    @property
    def plugin(self) -> str:
        """Whose call that is, or ``""``. Another thread may ask at any moment."""
        position, plugins = self.position, self.calls.plugins
        return plugins[position] if 0 <= position < len(plugins) else ""

    def drain(self) -> None:
        """Let the loop end when the present call comes back; the position stays."""
        self._held = self.position
        for iterator in (self.inner, self.blocks):
            for _ in iterator:
                pass

    def go_on(self) -> bool:
        """Continue behind the present call; false if there is nothing."""
        start = self.position + 1
        begun = self._plan[: len(self.marks) - 1]
        before = sum(map(len, begun))
        left = tuple((function,) for function in self.calls.functions[start:])
        self._plan = (*begun, self.calls.functions[before:start], *left)
        self.inner, self.blocks = iter(()), iter(left)
        self._held, self.overdue, self.lent, self.cancels = -1, "", 0.0, 0
        return bool(left)

    def without(self) -> Run:
        """The same, to go on behind a call that was left; the old one stays with what was left."""
        run = Run(self.calls, self.guild, self.results)
        run.marks, run._plan, run._held = [*self.marks], self._plan, self.position
        run.faults, run.stop, run.outer, run.counts = self.faults, self.stop, self.outer, self.counts
        return run

    def finish(self, now: float) -> None:
        """The last call has ended."""
        self._end = now
        if self.marks and (now - self.marks[0] > SLOW or self.calls.pace.heat):
            self.calls.pace.learn(now - self.marks[0])

    def times(self) -> dict[str, float]:
        """Seconds that each plugin took, in call order; some may be given together."""
        return {", ".join(plugins): seconds for plugins, seconds in self.spans()}

    def spans(self) -> list[tuple[tuple[str, ...], float]]:
        """The plugins between two readings of the clock, and the seconds between them."""
        marks, plugins = self.marks, self.calls.plugins
        last, at, spans = self.position + 1, 0, []
        for block, began, ended in zip(self._plan, marks, [*marks[1:], self._end], strict=False):
            end = at + len(block)
            spans.append((plugins[at : min(end, last)], ended - began))
            at = end
        return spans
