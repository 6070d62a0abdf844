"""The lanes of one host, and what was left behind in some of them."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

import structlog

from butler.engine.faults import told
from butler.engine.lane import Body, Lane
from butler.engine.run import Run

log = structlog.get_logger("butler.dispatch")

MOST_FROZEN = 1_000
"""So much of what was left behind is kept, the latest."""


class Lanes:
    """The lanes of one host: as many as runs wait at once, and some that are free."""

    def __init__(self, spare: int = 64) -> None:
        self._spare = spare
        self._free: list[Lane] = []
        self._frozen: deque[tuple[Body, Run]] = deque(maxlen=MOST_FROZEN)
        """What was left behind and would not close; it is kept as it stands, and never runs again."""
        self.active: Lane | None = None
        """The lane whose plugin code is on the loop's stack now; the thread that looks for blocking reads it."""
        self.closed = False

    def begin(self, body: Body, run: Run) -> Lane | None:
        """Run a body in a free lane; ``None``: it has ended, else it waits in that lane."""
        free = self._free
        lane = free.pop() if free else Lane(self, asyncio.get_running_loop())
        if not lane.begin(body, run):
            return lane
        if lane.asked >= 0 or self.closed:
            self.take_back(lane)
        else:
            free.append(lane)
        return None

    def take_back(self, lane: Lane) -> bool:
        """A lane whose run has ended. False: it is not needed, and its task ends."""
        lane.asked = -1
        if self.closed or len(self._free) >= self._spare:
            lane.task.cancel()
            return False
        self._free.append(lane)
        return True

    def forget(self, lane: Lane) -> None:
        """A lane that must not be used any more."""
        if lane in self._free:
            self._free.remove(lane)

    def freeze(self, body: Body, run: Run) -> None:
        """Close what swallowed every cancel; what ignores even that is kept, since dropping it would ask it again."""
        if not _closed(body):
            self._frozen.append((body, run))

    def runs(self, run: Run) -> bool:
        """Whether plugin code of that run is on the stack now."""
        return self.active is not None and self.active.run is run

    @property
    def stuck(self) -> list[Run]:
        """Runs that were left behind and could not be closed."""
        return [run for _, run in self._frozen]

    def close(self) -> None:
        """Keep no lane from now on: free ones end, those in use after their run."""
        self.closed = True
        for lane in [*self._free]:
            lane.task.cancel()


def _closed(body: Body) -> bool:
    """Close what a coroutine awaits, from within outwards. False: something ignores that, and stays as it is."""
    chain: list[Any] = [body]
    while hasattr(awaited := getattr(chain[-1], "cr_await", None), "close"):
        chain.append(awaited)
    for each in reversed(chain):
        try:
            each.close()
        except RuntimeError:  # it goes on
            return False
        except BaseException as error:  # noqa: BLE001 - the last words of a plugin's code
            log.warning("a plugin that was left behind failed at its end", error=told(error))
    return True
