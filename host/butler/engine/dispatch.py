"""Calling plugins: one after the other, each within its deadline, behind one fence (HOST-9).

One ``try`` encloses the loop over the compiled tuple; after a fault the loop goes on behind the culprit, so
nothing is set up per call. A clock reading at each boundary names every plugin's time. One shared watchdog
ends what overstays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter
from types import CodeType
from typing import Any

import attrs
import structlog

from butler.engine.faults import Abandoned, Fault, kind_of
from butler.engine.quarantine import Quarantine
from butler.engine.run import Run
from butler.engine.tables import CLOSED, Calls
from butler.engine.watchdog import Watchdog
from butler.errors import ButlerError
from butler.model import Message, Persona, Reply, Section, Stop, Use, Vote

log = structlog.get_logger("butler.dispatch")

RESULTS: dict[str, tuple[type, ...]] = {
    "on_message": (Stop,),
    "should_reply": (Vote,),
    "build_prompt": (Section, list, Use),
    "review_reply": (Reply, Stop),
}
"""What a hook may return besides ``None``."""


def current_task() -> asyncio.Task[Any]:
    """The task that runs now."""
    task = asyncio.current_task()
    assert task is not None
    return task



class Dispatch:
    """Awaits plugins' functions for one host. ``on_zombie`` gets a task that swallows every cancel."""

    def __init__(
        self, quarantine: Quarantine, on_zombie: Callable[[asyncio.Task[Any]], None] = lambda task: None
    ) -> None:
        self._quarantine = quarantine
        self.watchdog = Watchdog(self._overdue, on_zombie)
        self._closing = False
        self._guarded: dict[asyncio.Task[Any] | None, str] = {}

    @staticmethod
    def fences(code: CodeType) -> bool:
        """Whether this is the code inside of which plugins are awaited."""
        return code in (Dispatch._run.__code__, _call.__code__)

    def culprit(self, task: asyncio.Task[Any] | None) -> str:
        """The plugin that a task is inside of, or ``""``."""
        if task in self._guarded:
            return self._guarded[task]
        found = self.watchdog.culprit(task)
        return found[0] if found else ""

    def shut_down(self) -> None:
        """From now on a cancel is an order, not a fault."""
        self._closing = True
        self.watchdog.stop()

    async def run(
        self,
        calls: Calls,
        args: tuple[Any, ...],
        guild: str,
        results: list[tuple[str, Any]],
        stop: type | tuple[type, ...] = (),
    ) -> Run:
        """Await each; results other than ``None`` are put into ``results`` with their plugin's name.

        A result of a type in ``stop`` ends it.
        """

        run = Run(calls, guild)
        await self._run(run, args, results, stop)
        return run

    async def votes(self, calls: Calls, message: Message, persona: Persona, guild: str, votes: list[Vote]) -> Run:
        """Ask each for its vote; each sees those that were cast before."""

        run = Run(calls, guild)
        await self._run(run, (message, persona, votes), votes, ())
        return run

    async def _run(self, run: Run, args: tuple[Any, ...], out: list[Any], stop: Any) -> None:
        """The fence. Whatever an implementation does, the others are called and the task stays clean."""
        task = current_task()
        base = task.cancelling()
        self.watchdog.active[task] = run
        if not self.watchdog.armed:
            self.watchdog.arm()
        mark, now = run.marks.append, perf_counter
        while True:
            try:
                for run.start, run.block in run.rest():
                    run.inner = inner = iter(run.block)
                    mark((run.start, now()))
                    for call in inner:
                        result = await call(*args)
                        if result is not None and self._ends(run, result, out, stop):
                            break
                    else:
                        continue
                    break
                if run.overdue is None:
                    break
                self._returned_late(run, out, stop)
            except BaseException as error:  # noqa: BLE001 - the dispatcher's fence
                self._failed(run, error, out, stop)
            while task.cancelling() > base:
                task.uncancel()
            if run.ended:
                break
        run.finish(now())
        self.watchdog.active.pop(task, None)
        while task.cancelling() > base:
            task.uncancel()

    def _returned_late(self, run: Run, out: list[Any], stop: Any) -> None:
        """The watchdog ended a call, and it came back: what it brought is dropped."""
        if run.abandoned:
            raise Abandoned
        self._fault(run, None, out, stop)

    def _failed(self, run: Run, error: BaseException, out: list[Any], stop: Any) -> None:
        """A call raised. An order to end is passed on, anything else is the plugin's fault."""
        ordered = isinstance(error, (asyncio.CancelledError, GeneratorExit, KeyboardInterrupt, SystemExit))
        if isinstance(error, Abandoned) or (ordered and (self._closing or run.abandoned)):
            self.watchdog.forget(run)
            raise error
        self._fault(run, error, out, stop)

    def _ends(self, run: Run, result: Any, out: list[Any], stop: Any) -> bool:
        """Take a result; whether the run ends with it."""
        if run.overdue is not None:
            return True
        plugin = run.calls.plugins[run.position - 1]
        wanted = RESULTS.get(run.calls.hook, ())
        fits = isinstance(result, wanted) and (
            not isinstance(result, list) or all(isinstance(item, Section) for item in result)
        )
        if fits:
            return self._take(run, plugin, result, out, stop)
        expected = ", ".join(kind.__name__ for kind in wanted) or "nothing"
        told = f"returned {type(result).__name__}, expected {expected} or None"
        self._record(run, Fault(plugin, run.calls.hook, run.guild, "wrong result", told))
        self._close(run, plugin, out, stop)
        return run.ended

    def _take(self, run: Run, plugin: str, result: Any, out: list[Any], stop: Any) -> bool:
        if isinstance(result, Vote):
            out.append(attrs.evolve(result, plugin=plugin))
        else:
            out.append((plugin, result))
            run.ended = isinstance(result, stop)
        return run.ended

    def _fault(self, run: Run, error: BaseException | None, out: list[Any], stop: Any) -> None:
        """The call at the run's position failed: record it, and go on behind it."""
        plugin = run.calls.plugins[run.position - 1]
        if run.overdue is not None:
            fault = Fault(plugin, run.calls.hook, run.guild, "overstayed", run.overdue)
        elif isinstance(error, asyncio.CancelledError):
            fault = Fault(plugin, run.calls.hook, run.guild, "cancelled", "it cancelled the task that called it")
        else:
            assert error is not None
            fault = Fault(plugin, run.calls.hook, run.guild, kind_of(error), f"{type(error).__name__}: {error}")
        run.overdue = None
        self._record(run, fault, error)
        self._close(run, plugin, out, stop)
        if run.position == len(run.calls.functions):
            run.ended = True

    def _close(self, run: Run, plugin: str, out: list[Any], stop: Any) -> None:
        """A guard that fails counts as Stop or VETO."""
        if plugin in run.calls.guards and run.calls.hook in CLOSED:
            self._take(run, plugin, CLOSED[run.calls.hook], out, stop)

    def _record(self, run: Run, fault: Fault, error: BaseException | None = None) -> None:
        run.faults = (*run.faults, fault)
        self._tell(fault, error)

    def _tell(self, fault: Fault, error: BaseException | None) -> None:
        log.error(
            "plugin failed", id=fault.id, plugin=fault.plugin, hook=fault.hook, guild=fault.guild, kind=fault.kind,
            error=fault.error, exc_info=error if isinstance(error, Exception) else None,
        )  # fmt: skip
        self._quarantine.fault(fault)

    def _overdue(self, run: Run) -> None:
        """A plugin swallowed its cancel: its message goes on elsewhere, so it must not fail again there."""
        plugin = run.calls.plugins[run.position - 1]
        fault = Fault(plugin, run.calls.hook, run.guild, "overstayed", "it swallows being cancelled")
        self._record(run, fault)
        self._quarantine.put(plugin, "", fault.error)

    async def guarded(
        self,
        plugin: str,
        what: str,
        fn: Callable[..., Awaitable[Any]],
        *args: Any,
        guild: str,
        deadline: float,
        expected: tuple[type[Exception], ...] = (),
    ) -> tuple[Any, Fault | None]:
        """Await one function of a plugin, in a task of its own, behind the same fence.

        Returns its result or the fault. Errors of the types in ``expected`` are no faults and are raised.
        """
        task = asyncio.ensure_future(_call(fn, args))
        self._guarded[task] = plugin
        task.add_done_callback(lambda done: self._guarded.pop(done, None))
        try:
            done, _ = await asyncio.wait({task}, timeout=deadline)
        except asyncio.CancelledError:
            task.cancel()
            raise
        error: BaseException | None
        if not done:
            error, fault = None, Fault(plugin, what, guild, "overstayed", f"it took longer than {deadline:g} s")
            await self._end(task, plugin)
        elif task.cancelled():
            error, fault = None, Fault(plugin, what, guild, "cancelled", "it cancelled itself")
        elif (error := task.exception()) is None:
            return task.result(), None
        elif isinstance(error, expected):
            raise error
        else:
            cause = error.args[0] if isinstance(error, _Exit) else error
            fault = Fault(plugin, what, guild, kind_of(cause), f"{type(cause).__name__}: {cause}")
        self._tell(fault, error)
        return None, fault

    async def _end(self, task: asyncio.Task[Any], plugin: str) -> None:
        task.cancel()
        _, pending = await asyncio.wait({task}, timeout=1.0)
        if pending:
            self.watchdog.zombies.add(task)
            self._quarantine.put(plugin, "", "it swallows being cancelled")
        elif not task.cancelled():
            task.exception()


class _Exit(ButlerError):
    """Carries what would end the process if it left a task."""


async def _call(fn: Callable[..., Awaitable[Any]], args: tuple[Any, ...]) -> Any:
    try:
        return await fn(*args)
    except asyncio.CancelledError:
        raise
    except Exception:
        raise
    except BaseException as error:
        raise _Exit(error) from error  # type: ignore[arg-type]
