"""Calling plugins: one after the other, each within its deadline, behind one fence (HOST-9).

One ``try`` encloses the loop over the compiled tuple, and after a fault the loop goes on behind the culprit;
the clock is read at each boundary, so that every plugin's time is known; nothing else is done per call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from time import perf_counter
from typing import Any

import structlog

from butler.engine.faults import Fault, Kind, cleaned, kind_of, told
from butler.engine.lane import Lane
from butler.engine.lanes import Lanes
from butler.engine.quarantine import Quarantine
from butler.engine.results import RESULTS, Cast, fits, keep, put
from butler.engine.run import Run
from butler.engine.tables import CLOSED, Calls
from butler.engine.watchdog import Watchdog
from butler.model import Message, Persona, Vote

log = structlog.get_logger("butler.dispatch")

Take = Callable[[Run, Any], bool]
"""Gets a plugin's result; true ends the run."""


class Dispatch:
    """Awaits plugins' functions for one host. Whatever they do, its caller gets the others' results."""

    def __init__(
        self,
        quarantine: Quarantine,
        *,
        tick: float = 0.25,
        grace: float = 1.0,
        cancels: int = 3,
        scrub: Callable[[str], str] = str,
    ) -> None:
        """``tick``: seconds between two looks at the deadlines. See :class:`Watchdog` for the others.

        ``scrub`` takes secrets out of a text: no error that comes out of a plugin holds any beyond this point.
        """
        self._quarantine = quarantine
        self.scrub = scrub
        self._watchdog = Watchdog(tick=tick, grace=grace, cancels=cancels)
        self.lanes = Lanes()

    def shut_down(self) -> None:
        """Let go of the tasks; what plugins are asked from now on (to stop) still has its deadline."""
        self.lanes.close()

    @property
    def acting(self) -> str:
        """The plugin whose code runs at this moment, or ``""``."""
        lane = self.lanes.active
        return lane.run.plugin if lane is not None and lane.run is not None else ""

    def zombies(self, plugin: str = "") -> list[str]:
        """What swallowed every cancel and would not close, as ``"karma in on_message"``; of one plugin or of all."""
        stuck = [run for run in self.lanes.stuck if plugin in ("", run.plugin)]
        return [f"{run.plugin} in {run.calls.hook}" for run in stuck]

    def run(
        self,
        calls: Calls,
        args: tuple[Any, ...],
        guild: str,
        results: list[tuple[str, Any]],
        stop: type | tuple[type, ...] = (),
    ) -> Coroutine[Any, Any, Run]:
        """Await each; results other than ``None`` are put into ``results`` with their plugin's name.

        A result of a type in ``stop`` ends it. Raises ``CancelledError`` if the caller is cancelled, nothing else.
        """
        run = Run(calls, guild, results)
        run.stop = stop
        return self._drive(run, args, self._result)

    def votes(
        self, calls: Calls, message: Message, persona: Persona, guild: str, votes: list[Vote]
    ) -> Coroutine[Any, Any, Run]:
        """Ask each for its vote; each sees in ``votes`` those that were cast before."""
        return self._drive(Run(calls, guild, votes), (message, persona, Cast(votes)), self._result)

    async def guarded(
        self,
        plugin: str,
        what: str,
        fn: Callable[..., Awaitable[Any]],
        *args: Any,
        guild: str,
        deadline: float,
        expected: tuple[type[Exception], ...] = (),
        counts: bool = True,
    ) -> tuple[Any, Fault | None]:
        """Await one function of a plugin behind the same fence: its result, or the fault.

        Where the plugin is quarantined it is not called (in ``guild=""`` it always is: start, stop, export,
        forget). Errors of the types in ``expected`` are no faults and are raised as they are. Faults are
        recorded, and bring it nearer to quarantine if ``counts``: not where the world outside is to blame as
        often as the plugin (a platform, a model).
        """
        if guild and plugin in self._quarantine.out(guild):
            return None, Fault(plugin, what, guild, "quarantined", "it is quarantined here")
        run = Run(Calls(what, (fn,), (plugin,), (deadline,)), guild, [])
        run.passes, run.counts = expected, counts
        run = await self._drive(run, args, keep)
        if run.passed is not None:
            raise run.passed
        return (run.results[0] if run.results else None), (run.faults[0] if run.faults else None)

    # --- the way through ------------------------------------------------------------------------------

    async def _drive(self, run: Run, args: tuple[Any, ...], take: Take) -> Run:
        while lane := self.lanes.begin(self._through(run, args, take), run):
            await self._wait(lane, run)
            if not run.left:
                break
            run = self._left_behind(run)
            if run.ended or not run.go_on():
                break
        run.finish(perf_counter())
        return run

    async def _through(self, run: Run, args: tuple[Any, ...], take: Take) -> None:
        """The fence. Its two loops differ in how they call: an argument by name costs less than a tuple of them."""
        mark, now = run.marks.append, perf_counter
        one = len(args) == 1
        first = args[0] if one else None
        while True:
            try:
                for block in run.blocks:
                    run.inner = inner = iter(block)
                    mark(now())
                    if one:
                        for call in inner:
                            if (result := await call(first)) is not None and take(run, result):
                                return
                    else:
                        for call in inner:
                            if (result := await call(*args)) is not None and take(run, result):
                                return
                if not run.overdue or not self._failed(run, None):
                    return
            except BaseException as error:  # the dispatcher's fence
                if isinstance(error, GeneratorExit) and not self.lanes.runs(run):
                    raise  # not from within: this coroutine itself is being closed
                if not self._failed(run, error):
                    return

    def _failed(self, run: Run, error: BaseException | None) -> bool:
        """The call at the position failed. Whether the loop goes on behind it."""
        if run.left or run.ordered:
            return False
        if error is not None and isinstance(error, run.passes):
            run.passed = cleaned(error, self.scrub)
            return False
        if run.overdue:
            self._record(run, run.plugin, "overstayed", run.overdue)
        else:
            assert error is not None
            self._record(run, run.plugin, kind_of(error), told(error), error)
        return not run.ended and run.go_on()

    async def _wait(self, lane: Lane, run: Run) -> None:
        """Until a run that has to wait has ended or was left behind; if the caller is cancelled it ends first."""
        assert lane.done is not None
        self._watchdog.watch(run, lane)
        try:
            await lane.done
        except asyncio.CancelledError:
            if lane.run is run:
                await self._call_off(lane, run)
            raise
        finally:
            self._watchdog.forget(run)

    async def _call_off(self, lane: Lane, run: Run) -> None:
        """The caller was cancelled, so the plugin that it waits for is; it has a moment to end."""
        run.ordered = True
        run.drain()
        lane.done = done = lane.loop.create_future()
        lane.task.cancel()
        try:
            await done
        finally:
            # the lane itself may be another run's by now: it is free as soon as this one has ended
            if not done.done() or done.cancelled():
                lane.leave()  # cancelled twice: whoever asks again does not want to wait
            elif run.left:
                self._leave_out(run)

    def _left_behind(self, run: Run) -> Run:
        """A plugin swallowed every cancel: the others are called without it, and it is not called again."""
        self._leave_out(run)
        plugin, run = run.plugin, run.without()
        self._record(run, plugin, "overstayed", "it swallows being cancelled")
        return run

    def _leave_out(self, run: Run) -> None:
        if run.counts:
            self._quarantine.put(run.plugin, "", f"it swallows being cancelled in {run.calls.hook}")

    # --- results and faults ---------------------------------------------------------------------------

    def _result(self, run: Run, result: Any) -> bool:
        """Take what the call at the position returned. Whether the run ends with it."""
        if run.overdue or run.left or run.ordered:
            return False
        plugin = run.plugin
        wanted = RESULTS.get(run.calls.hook, ())
        if not fits(result, wanted):
            expected = ", ".join(kind.__name__ for kind in wanted)
            text = f"it returned {type(result).__name__}; expected is {expected + ' or ' if expected else ''}None"
            self._record(run, plugin, "wrong result", text)
        else:
            put(run, plugin, result)
        return run.ended

    def _record(self, run: Run, plugin: str, kind: Kind, text: str, error: BaseException | None = None) -> None:
        """Log a fault, count it, and where a guard failed close what it guards."""
        fault = Fault(plugin, run.calls.hook, run.guild, kind, self.scrub(text))
        run.faults = (*run.faults, fault)
        log.error(
            "plugin failed",
            id=fault.id,
            plugin=plugin,
            hook=fault.hook,
            guild=run.guild,
            kind=kind,
            error=fault.error,
            exc_info=error if isinstance(error, Exception) else None,
        )
        if plugin in run.calls.guards:
            put(run, plugin, CLOSED[run.calls.hook])
        self._quarantine.fault(fault, counts=run.counts)
