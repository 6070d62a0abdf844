"""One pass over the implementations of a hook: where it is, how long each took, what went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import length_hint
from typing import TYPE_CHECKING, Any

from butler.engine.faults import Fault

if TYPE_CHECKING:
    from butler.engine.tables import Block, Calls


class Run:
    """The state of one pass, in an object that the loop, the watchdog and whoever goes on share.

    Reading the clock costs more than awaiting a hook that has nothing to do. So where many are enabled the
    clock is read once for some of them together, and once for each as soon as some were slow together.
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
    start = 0
    block: Sequence[Any] = ()
    inner: Iterator[Any] = iter(())
    """The loop's place: where the present block begins, the block, an iterator over it."""
    _held = -1
    """The position, when the iterators do not tell it any more."""
    _end = 0.0

    def __init__(self, calls: Calls, guild: str, results: list[Any]) -> None:
        self.calls = calls
        self.guild = guild
        self.results = results
        self.marks: list[tuple[int, float]] = []
        """The clock at the beginning of each block, with the position there."""
        self.blocks: Iterator[Block] = iter(calls.pace.blocks)
        """What was not begun yet."""

    @property
    def position(self) -> int:
        """The index of the call that is awaited, or was last; -1 before the first."""
        return self._held if self._held >= 0 else self.start + len(self.block) - length_hint(self.inner) - 1

    @property
    def plugin(self) -> str:
        """Whose call that is."""
        return self.calls.plugins[self.position]

    def drain(self) -> None:
        """Let the loop end when the present call comes back; the position stays."""
        self._held = self.position
        for iterator in (self.inner, self.blocks):
            for _ in iterator:
                pass

    def go_on(self) -> bool:
        """Continue behind the present call; false if there is nothing."""
        self.start, self.block, self.inner = self.position + 1, (), iter(())
        self._held, self.overdue, self.lent, self.cancels = -1, "", 0.0, 0
        left = self.calls.functions[self.start :]
        self.blocks = iter([(self.start + index, (function,)) for index, function in enumerate(left)])
        return bool(left)

    def without(self) -> Run:
        """The same, to go on behind a call that was left; the old one stays with what was left."""
        run = Run(self.calls, self.guild, self.results)
        run.marks, run._held = [*self.marks], self.position
        run.faults, run.stop, run.outer, run.counts = self.faults, self.stop, self.outer, self.counts
        return run

    def finish(self, now: float) -> None:
        """The last call has ended."""
        self._end = now
        if self.marks:
            self.calls.pace.learn(now - self.marks[0][1])

    def times(self) -> dict[str, float]:
        """Seconds that each plugin took, in call order; some may be given together."""
        told: dict[str, float] = {}
        ends = [*self.marks[1:], (self.position + 1, self._end)]
        for (start, began), (end, ended) in zip(self.marks, ends, strict=True):
            told[", ".join(self.calls.plugins[start:end])] = ended - began
        return told
