"""How it is measured: floor and subject by turns, so that a busy machine slows both; medians of ratios."""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from attrs import field, frozen

Work = Callable[[], Awaitable[object]]
Clock = Callable[[], float]

cpu: Clock = time.thread_time
"""Seconds of processor time of the event loop's thread: what neighbours on the machine do does not count."""
wall: Clock = time.perf_counter


@frozen
class Size:
    """How much is measured: how many rounds, and which part of the full load."""

    rounds: int = 5
    scale: float = 1.0

    def of(self, full: int, least: int = 1) -> int:
        """So many of what the full size has ``full`` of."""
        return max(least, int(full * self.scale))


FULL, QUICK, TINY = Size(), Size(3, 0.12), Size(1, 0.004)


@frozen
class Row:
    """One figure. ``target`` is ``(">=" or "<=" or "<", bound)``; a figure without one is for orientation."""

    what: str
    load: str
    value: float
    unit: str = "x"
    target: tuple[str, float] | None = None
    note: str = ""
    speeds: Mapping[str, float] = field(factory=dict)
    """For the picture: who handles how many messages a second."""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; ``None`` without one."""
        if self.target is None:
            return None
        sign, bound = self.target
        return {">=": self.value >= bound, "<=": self.value <= bound, "<": self.value < bound}[sign]


@frozen
class Pairs:
    """Seconds of floor and subject, round by round."""

    floor: tuple[float, ...]
    subject: tuple[float, ...]

    @property
    def speed(self) -> float:
        """How fast the subject is, as a share of the floor's speed: median of the rounds' ratios."""
        return statistics.median(floor / subject for floor, subject in zip(self.floor, self.subject, strict=True))

    @property
    def cost(self) -> float:
        """What the subject costs, in floors: median of the rounds' ratios."""
        return statistics.median(subject / floor for floor, subject in zip(self.floor, self.subject, strict=True))


def per(seconds: Sequence[float], count: int) -> float:
    """Microseconds for one of ``count``: the median."""
    return statistics.median(seconds) / count * 1e6


def p99(values: Sequence[float]) -> float:
    """The 99th percentile."""
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.99))]


@contextmanager
def settled_gc() -> Iterator[None]:
    """The collector runs, as it does in a bot, but not over what was there before."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


async def timed(work: Work, times: int, clock: Clock = cpu) -> float:
    """Seconds for so many calls."""
    started = clock()
    for _ in range(times):
        await work()
    return clock() - started


async def pairs(floor: Work, subject: Work, times: int, rounds: int, *, slices: int = 10, clock: Clock = cpu) -> Pairs:
    """Floor and subject in small slices by turns, after one slice of each to warm up."""
    each = max(1, times // slices)
    await timed(floor, each, clock)
    await timed(subject, each, clock)
    floors, subjects = [], []
    with settled_gc():
        for _ in range(rounds):
            mine = [(await timed(floor, each, clock), await timed(subject, each, clock)) for _ in range(slices)]
            floors.append(sum(one for one, _ in mine))
            subjects.append(sum(other for _, other in mine))
    return Pairs(tuple(floors), tuple(subjects))


def resident() -> float:
    """Megabytes of memory that this process holds now."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
