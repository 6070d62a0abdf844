"""Where plugin code runs: in a task of its own, entered without a hop for as long as nothing has to wait.

A lane is a task with a body that can be changed. A run begins on the caller's stack, with the lane entered as
the current task; if it ends there, nothing was scheduled. If it has to wait, the lane's task takes it over and
the caller waits for a future. So whatever plugins do to "their" task (a ``timeout`` that fires late, a task
group, a cancel) never reaches the caller, and a plugin that does not come back can be left where it is.
"""

from __future__ import annotations

import asyncio
from asyncio import current_task
from asyncio.tasks import _enter_task, _leave_task
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

from butler.engine.run import Run

if TYPE_CHECKING:
    from butler.engine.lanes import Lanes

Body = Coroutine[Any, Any, Any]


class _Task(asyncio.Task[None]):
    """A task that knows whether plugin code cancels it from within."""

    lane: Lane

    def cancel(self, msg: Any | None = None) -> bool:
        """As asyncio's; from within it reaches the plugin that asked, when it next waits, and nobody after it."""
        return self.lane.ask_to_end(super().cancel, msg)


class Lane(Coroutine[Any, Any, None]):
    """One task for runs, one after the other. Its owner is :class:`Lanes`."""

    def __init__(self, lanes: Lanes, loop: asyncio.AbstractEventLoop) -> None:
        self._lanes = lanes
        self.loop = loop
        self.run: Run | None = None
        """The run that is in it now."""
        self.done: asyncio.Future[None] | None = None
        """Resolves when a run that had to wait has ended, or was left behind."""
        self._body: Body | None = None
        self._context: Context | None = None
        self._idle: asyncio.Future[None] | None = None
        self._waits_for: Any = None
        self._handed = False
        self._on_stack = False
        self.asked = -1
        """The position of the plugin that cancelled the task from within, or -1."""
        self._position = 0
        self.task = _Task(self, loop=loop, name="butler:plugins")
        self.task.lane = self

    # --- on the caller's stack ------------------------------------------------------------------------

    def begin(self, body: Body, run: Run) -> bool:
        """Run until it ends (true) or has to wait (false; then wait for :attr:`done`).

        In a context of its own from the first step on, so that what a plugin sets it can also reset after it waited.
        """
        lanes, loop, task = self._lanes, self.loop, self.task
        caller = current_task(loop)
        assert caller is not None, "plugins are called in tasks"
        outer, context = lanes.active, copy_context()
        if outer is not None:
            run.outer = outer.run
        lanes.active, self.run, self._on_stack = self, run, True
        _leave_task(loop, caller)
        _enter_task(loop, task)
        try:
            waits_for = context.run(body.send, None)
            if self.asked >= 0:
                waits_for = context.run(self._sent, body, waits_for)
        except StopIteration:
            self.run = None
            return True
        except BaseException:  # a bug of the fence itself
            self.run = None
            self.task.cancel()
            raise
        finally:
            _leave_task(loop, task)
            _enter_task(loop, caller)
            lanes.active, self._on_stack = outer, False
        self._context = context
        self._hand_over(body, run, waits_for)
        return False

    def _hand_over(self, body: Body, run: Run, waits_for: Any) -> None:
        """The lane's own task goes on from here."""
        self._body, self._waits_for, self._handed, self._position = body, waits_for, True, run.position
        self.done = self.loop.create_future()
        if self._idle is not None:
            self._idle.set_result(None)

    def _sent(self, body: Body, waits_for: Any) -> Any:
        """What it waits for; a cancel from within is delivered here, or dropped if its plugin is through."""
        while self.asked >= 0:
            asked, self.asked = self.asked, -1
            if self.run is not None and asked == self.run.position:
                _let_go(waits_for)
                waits_for = body.throw(asyncio.CancelledError())
        return waits_for

    # --- as the task's coroutine ----------------------------------------------------------------------

    def send(self, value: None) -> Any:
        """The task goes on."""
        if self._body is None:
            if self.run is not None:
                raise StopIteration  # it was left behind
            return self._rest()
        if self._handed:
            self._handed = False
            return self._waits_for
        return self._step(self._body.send, None)

    def throw(self, kind: Any, value: Any = None, trace: Any = None) -> Any:
        """What was awaited raised, or the task was cancelled."""
        error = kind if value is None else value
        if self._body is None:
            self._lanes.forget(self)
            raise error
        if self._handed:
            self._handed = False
            _let_go(self._waits_for)
        return self._step(self._body.throw, error)

    def close(self) -> None:
        """The task was dropped before its end."""
        if self._body is not None:
            self._body.close()

    def __await__(self) -> Any:
        raise RuntimeError("a lane is driven by its task")

    def _step(self, go_on: Callable[[Any], Any], argument: Any) -> Any:
        assert self._context is not None
        assert self.run is not None
        self._lanes.active, self._on_stack = self, True
        try:
            waits_for = self._context.run(self._advance, go_on, argument)
        except StopIteration:
            return self._end()
        except BaseException as error:  # noqa: BLE001 - a bug of the fence itself: whoever waits is told
            self._body = self._context = self._waits_for = self.run = None
            if self.done is not None and not self.done.done():
                self.done.set_exception(error)
            raise StopIteration from None
        finally:
            self._lanes.active, self._on_stack = None, False
        if self.run.position != self._position:
            self._position = self.run.position
            self._forgive()
        return waits_for

    def _advance(self, go_on: Callable[[Any], Any], argument: Any) -> Any:
        assert self._body is not None
        return self._sent(self._body, go_on(argument))

    def _forgive(self) -> None:
        """Cancels that one plugin is answerable for are none of the next one's."""
        while self.task.cancelling():
            self.task.uncancel()

    def _end(self) -> Any:
        """The run has ended: the lane is free, or not needed any more."""
        self._body = self._context = self._waits_for = self.run = None
        self._forgive()
        self._settle()
        if self._lanes.take_back(self):
            return self._rest()
        raise StopIteration

    def _rest(self) -> Any:
        if self._lanes.closed:
            raise StopIteration
        self._idle = idle = self.loop.create_future()
        return idle.__await__().send(None)

    def _settle(self) -> None:
        if self.done is not None and not self.done.done():
            self.done.set_result(None)

    # --- what others do to it -------------------------------------------------------------------------

    def ask_to_end(self, cancel: Callable[[Any], bool], message: Any) -> bool:
        """Somebody cancels the task."""
        if self._on_stack and self.run is not None:
            self.asked = self.run.position
            return True
        if self.run is None:
            self._lanes.forget(self)
        return cancel(message)

    def leave(self) -> None:
        """Whoever waits goes on without what runs in it; that ends here, whether it wants to or not."""
        body, run, self._body = self._body, self.run, None
        if body is not None and run is not None:
            run.left = True
            outer, self._lanes.active = self._lanes.active, self
            self._lanes.freeze(body, run)
            self._lanes.active = outer
        self.task.cancel()
        self._settle()


def _let_go(waits_for: Any) -> None:
    if isinstance(waits_for, asyncio.Future):
        waits_for.cancel()
