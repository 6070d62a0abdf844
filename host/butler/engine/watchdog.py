"""One timer for all deadlines: it ends the hook that overstays, armed only while something runs (HOST-9).

A call is overdue when it was seen at the same position for longer than its deadline; precise to two ticks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from butler.engine.run import Run

TICK = 0.25
"""Seconds between two looks."""
GRACE = 1.0
"""Seconds that a cancelled call has to end."""


class Watchdog:
    """Watches the runs that are under way in a loop."""

    def __init__(
        self, on_swallowed: Callable[[Run], None], on_zombie: Callable[[asyncio.Task[Any]], None], tick: float = TICK
    ) -> None:
        self._on_swallowed = on_swallowed
        self._on_zombie = on_zombie
        self._tick = tick
        self.active: dict[asyncio.Task[Any], Run] = {}
        """The runs that are under way, by the task that awaits them; the dispatcher keeps it."""
        self._timer: asyncio.TimerHandle | None = None
        self.armed = False
        self._stopped = False
        self.zombies: set[asyncio.Task[Any]] = set()
        """Tasks inside plugins that swallow every cancel; they hold nothing of the host's."""

    def arm(self) -> None:
        """Begin to look; it ends by itself when nothing runs."""
        if not self._stopped:
            self.armed = True
            self._timer = asyncio.get_running_loop().call_later(self._tick, self._look)

    def forget(self, run: Run) -> None:
        """A run has ended out of turn."""
        for task in [task for task, other in self.active.items() if other is run]:
            del self.active[task]

    def stop(self) -> None:
        """Watch no longer."""
        self._stopped = True
        self.armed = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def culprit(self, task: asyncio.Task[Any] | None) -> tuple[str, str] | None:
        """The plugin and hook that a task is inside of, if it is."""
        run = self.active.get(task) if task is not None else None
        if run is None or not run.position:
            return None
        return run.calls.plugins[run.position - 1], run.calls.hook

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        self.zombies = {task for task in self.zombies if not task.done()}
        for task, run in list(self.active.items()):
            self._look_at(task, run, now)
        self.armed = False
        if self.active:
            self.arm()

    def _look_at(self, task: asyncio.Task[Any], run: Run, now: float) -> None:
        position, since = run.seen
        if position != run.position or not position:
            run.seen = (run.position, now)
            return
        deadline = run.calls.deadlines[position - 1]
        if run.overdue is None:
            if now - since >= deadline:
                run.overdue = f"it took longer than {deadline:g} s"
                run.drain()
                run.seen = (position, now)
                task.cancel()
        elif now - since >= GRACE:
            self._give_up(task, run)

    def _give_up(self, task: asyncio.Task[Any], run: Run) -> None:
        run.abandoned = True
        del self.active[task]
        self.zombies.add(task)
        self._on_swallowed(run)
        self._on_zombie(task)
