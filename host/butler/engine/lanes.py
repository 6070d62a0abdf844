"""The lanes of one host, and what was left behind in some of them."""

from __future__ import annotations

import asyncio
from typing import Any

from butler.engine.lane import Body, Lane
from butler.engine.run import Run


class Lanes:
    """The lanes of one host: as many as runs wait at once, and some that are free."""

    def __init__(self, spare: int = 64) -> None:
        self._spare = spare
        self._free: list[Lane] = []
        self._frozen: list[tuple[Body, Run]] = []
        self.left: dict[Lane, Run] = {}
        """Lanes whose plugin swallowed every cancel; nobody waits for them."""
        self.active: Lane | None = None
        """The lane whose plugin code is on the loop's stack now; the thread that looks for blocking reads it."""
        self.closed = False

    def begin(self, body: Body, run: Run) -> Lane | None:
        """Run a body in a free lane; ``None``: it has ended, else it waits in that lane."""
        free = self._free
        lane = free.pop() if free else Lane(self, asyncio.get_running_loop())
        caller = asyncio.current_task(lane.loop)
        if caller is None:  # the lane belongs to a loop that does not run any more
            free.clear()
            lane = Lane(self, asyncio.get_running_loop())
            caller = asyncio.current_task(lane.loop)
            assert caller is not None, "plugins are called in tasks"
        if not lane.begin(body, run, caller):
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
        """What was left behind ends here; a plugin that ignores even that is kept as it stands and runs no more."""
        self.left = {lane: left for lane, left in self.left.items() if left is not run}
        if not _closed(body):
            self._frozen.append((body, run))

    def runs(self, run: Run) -> bool:
        """Whether plugin code of that run is on the stack now."""
        return self.active is not None and self.active.run is run

    @property
    def stuck(self) -> list[Run]:
        """Runs that were left behind and have not ended."""
        return [*self.left.values(), *(run for _, run in self._frozen)]

    def close(self) -> None:
        """Keep no lane from now on: free ones end, those in use after their run, and what was left is left for good."""
        self.closed = True
        for lane in [*self._free, *self.left]:
            lane.task.cancel()


def _closed(body: Body) -> bool:
    """Close what a coroutine awaits, from within outwards. False: something ignores that, and stays as it is."""
    chain: list[Any] = [body]
    while hasattr(awaited := getattr(chain[-1], "cr_await", None), "close"):
        chain.append(awaited)
    try:
        for each in reversed(chain):
            each.close()
    except RuntimeError:  # dropping it now would only ask it once more, with a warning of Python's own
        return False
    return True
