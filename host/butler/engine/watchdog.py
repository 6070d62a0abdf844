"""One timer for all deadlines: what overstays is ended, armed only while something has to wait (HOST-9).

A call is overdue when it stays at its position for longer than its deadline; precise to two ticks. It is
cancelled then, some times if need be; what swallows them all is left behind.
"""

from __future__ import annotations

import asyncio

from butler.engine.lane import Lane
from butler.engine.run import Run

LENDING = 4.0
"""A plugin that waits for others (it asked for something of theirs) is given so many deadlines on top at most."""


class Watchdog:
    """Watches the runs that wait, in the loop in which they do."""

    def __init__(self, *, tick: float, grace: float, cancels: int) -> None:
        """``grace``: seconds between two of the ``cancels``, and from the last one until a call is left behind."""
        self._tick = tick
        self._grace = grace
        self._cancels = cancels
        self._waiting: dict[Run, Lane] = {}
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, run: Run, lane: Lane) -> None:
        """A run has to wait."""
        self._waiting[run] = lane
        if self._timer is None:
            self._timer = lane.loop.call_later(self._tick, self._look, lane.loop)

    def forget(self, run: Run) -> None:
        """It has ended, or nobody waits for it any more."""
        self._waiting.pop(run, None)
        if not self._waiting and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        lenders = {run.outer for run in self._waiting}
        for run, lane in list(self._waiting.items()):
            self._look_at(run, lane, now, lends=run in lenders)
        self._timer = loop.call_later(self._tick, self._look, loop)

    def _look_at(self, run: Run, lane: Lane, now: float, *, lends: bool) -> None:
        if lane.run is not run:
            return  # it has just ended; whoever waits for it was not there yet
        position, since = run.seen
        if position != run.position:
            run.seen, run.lent = (run.position, now), 0.0
        elif run.overdue or run.ordered:
            if now - since >= self._grace:
                self._insist(run, lane, now)
        else:
            self._judge(run, lane, now - since, now, lends=lends)

    def _judge(self, run: Run, lane: Lane, waited: float, now: float, *, lends: bool) -> None:
        deadline = run.calls.deadlines[run.position]
        if lends and run.lent < LENDING * deadline:
            run.lent += self._tick
        elif waited - run.lent >= deadline:
            run.overdue = f"it took longer than {deadline:g} s"
            run.drain()
            self._insist(run, lane, now)

    def _insist(self, run: Run, lane: Lane, now: float) -> None:
        if run.cancels >= self._cancels:
            lane.leave()
            return
        run.cancels += 1
        run.seen = (run.position, now)
        lane.task.cancel()
