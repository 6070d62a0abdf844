"""Time that passes only when nobody works: a simulated week runs in seconds, and each run is the same.

:class:`VirtualLoop` is an event loop whose clock stands still while anything can run. When all is quiet it
jumps to the next timer instead of waiting for it. Threads run in real time: while one has work in flight
the clock stands, and the loop waits for its wake-up.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import selectors
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from typing import Any, Final, TypeVar, TypeVarTuple

from butler.clock import Clock

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

START: Final = dt.datetime(2030, 1, 7, 9, 0, tzinfo=dt.UTC)
"""When virtual time begins: a Monday, 09:00 UTC."""

PATIENCE: Final = 30.0
"""Real seconds that the loop waits for work outside of it."""

MOMENT: Final = 0.02
"""Real seconds that it gives to work which may be stuck."""


class Stuck(RuntimeError):
    """Nothing can run and nothing will: what is waited for never came."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop with a clock of its own, that begins at ``start`` seconds.

    Work that threads do is announced by :meth:`watch` or :meth:`holding`; what goes through
    ``run_in_executor`` and ``asyncio.to_thread`` is known without that.
    """

    def __init__(self, start: float = 0.0, *, patience: float = PATIENCE) -> None:
        self._now = start
        self._patience = patience
        self._outside: dict[str, tuple[Callable[[], int], Callable[[], bool]]] = {}
        self._held: dict[str, int] = {}
        self._quiet: list[asyncio.Future[None]] = []
        self._steps: int | None = None
        selector = _Selector()
        super().__init__(selector)
        self._clock_resolution = 1e-6  # asyncio's nanosecond is lost in a float of years, and no timer would fire
        selector.loop = self

    def time(self) -> float:
        """Virtual seconds."""
        return self._now

    # --- what happens outside -------------------------------------------------------------------------

    def watch(self, name: str, in_flight: Callable[[], int], stuck: Callable[[], bool] = lambda: False) -> None:
        """Time stands while ``in_flight()`` is above zero; each end of such work has to wake the loop.

        While ``stuck()`` is true nobody can say whether it will end: time goes on after a moment's real wait.
        """
        self._outside[name] = (in_flight, stuck)

    @contextlib.contextmanager
    def holding(self, name: str) -> Iterator[None]:
        """Time stands within: for a subprocess, a real connection, anything that takes real time."""
        self._hold(name, 1)
        try:
            yield
        finally:
            self._hold(name, -1)

    def _hold(self, name: str, change: int) -> None:
        self._held[name] = self._held.get(name, 0) + change
        if not self._held[name]:
            del self._held[name]

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        """As asyncio's; time stands until it is done."""
        future = super().run_in_executor(executor, func, *args)
        name = f"a thread that runs {getattr(func, '__qualname__', func)}"
        self._hold(name, 1)
        future.add_done_callback(lambda _: self._hold(name, -1))
        return future

    async def shutdown_default_executor(self, *args: Any) -> None:
        """As asyncio's; time stands until its threads have ended."""
        with self.holding("the executor's end"):
            await super().shutdown_default_executor(*args)

    def in_flight(self) -> dict[str, int]:
        """What works outside of the loop now, by name."""
        watched = {name: count() for name, (count, stuck) in self._outside.items() if not stuck()}
        return {name: count for name, count in (watched | self._held).items() if count > 0}

    # --- how far to run -------------------------------------------------------------------------------

    async def quiet(self) -> None:
        """Return when nothing can run before time passes."""
        future = self.create_future()
        self._quiet.append(future)
        await future

    def next_timer(self) -> float | None:
        """When the next timer is due, or ``None``."""
        due = [handle._when for handle in self._scheduled if not handle._cancelled]  # type: ignore[attr-defined]
        return min(due, default=None)

    def run_steps(self, steps: int) -> bool:
        """Run so many rounds of the loop and stop in the middle of whatever it is; false if all was quiet before."""
        self._steps = steps
        try:
            self.run_forever()
            return self._steps is None
        finally:
            self._steps = None

    # --- the heart ------------------------------------------------------------------------------------

    def begin_round(self) -> None:
        """Called by the selector once in each round."""
        if self._steps is not None:
            self._steps -= 1
            if self._steps <= 0:
                self._steps = None
                self.stop()

    def nothing_ready(self, wait: Callable[[float], list[Any]]) -> list[Any]:
        """Called by the selector when nothing can run; ``wait`` waits for real."""
        if self.in_flight():
            return self._wait(wait)
        if any(stuck() and count() for count, stuck in self._outside.values()) and (events := wait(MOMENT)):
            return events
        if self._quiet:
            waiting, self._quiet = self._quiet, []
            for future in waiting:
                if not future.done():
                    future.set_result(None)
        elif self._steps is not None:
            self.stop()
        elif self._scheduled:  # type: ignore[attr-defined]
            self._now = max(self._now, self._scheduled[0]._when)  # type: ignore[attr-defined]
        else:
            return self._wait(wait)
        return []

    def _wait(self, wait: Callable[[float], list[Any]]) -> list[Any]:
        events = wait(self._patience)
        if events:
            return events
        work = ", ".join(f"{name} ({count})" for name, count in self.in_flight().items())
        tasks = ", ".join(sorted(task.get_name() for task in asyncio.all_tasks(self)))
        raise Stuck(
            f"nothing happened for {self._patience:g} real seconds; "
            f"in flight outside of the loop: {work or 'nothing'}; tasks that wait: {tasks or 'none'}"
        )


class _Selector(selectors.DefaultSelector):
    """Asks the loop before it waits."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[Any]:
        self.loop.begin_round()
        events = super().select(0)
        if events or (timeout is not None and timeout <= 0):
            return events
        return self.loop.nothing_ready(super().select)


class VirtualClock(Clock):
    """The time as a :class:`VirtualLoop` has it; it can be set, as an administrator sets a machine's."""

    def __init__(self, loop: VirtualLoop, start: dt.datetime = START) -> None:
        self.loop = loop
        self._start = start

    def now(self) -> dt.datetime:
        """The virtual time, aware, in UTC."""
        return self._start + dt.timedelta(seconds=self.loop.time())

    def monotonic(self) -> float:
        """Virtual seconds; setting the clock does not change them."""
        return self.loop.time()

    def set(self, at: dt.datetime) -> None:
        """Set the clock to an aware time, forward or back; no timer moves by that."""
        self._start = at.astimezone(dt.UTC) - dt.timedelta(seconds=self.loop.time())

    def jump(self, **by: float) -> None:
        """Set the clock forward or back by so much: ``jump(hours=-1)``."""
        self.set(self.now() + dt.timedelta(**by))
