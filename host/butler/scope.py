"""Who ends what a plugin starts: its scope. Closing it proves that nothing is left (OPS-5)."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from typing import Any

Closer = Callable[[], Any]


class Scope:
    """Owns tasks and everything else that must be closed; ends them in reverse order.

    A plugin has one as ``self.scope``. Whatever it starts it hands over here::

        self.scope.task(self.poll(), "poll")
        self.scope.closing("session", session.close)
    """

    def __init__(self, name: str, *, grace: float = 2.0) -> None:
        self.name = name
        self._grace = grace
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closers: dict[int, tuple[str, Closer]] = {}
        self._next = 0
        self.closed = False

    def task(self, work: Coroutine[Any, Any, Any], name: str = "") -> asyncio.Task[Any]:
        """Run a coroutine as a task of this scope; it is cancelled when the scope closes."""
        if self.closed:
            work.close()
            raise RuntimeError(f"{self.name} is closed and starts nothing more")
        task = asyncio.get_running_loop().create_task(work, name=f"{self.name}:{name or 'task'}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def closing(self, name: str, closer: Closer) -> Callable[[], None]:
        """Have ``closer`` (a function or a coroutine function) called at the end; returns how to forget it."""
        number = self._next = self._next + 1
        self._closers[number] = (name, closer)
        return lambda: self._closers.pop(number, None) and None

    @property
    def held(self) -> list[str]:
        """What it holds now, by name, for ``butler doctor`` and the proof of unloading."""
        return [task.get_name() for task in self._tasks] + [name for name, _ in self._closers.values()]

    async def close(self) -> list[str]:
        """End everything; returns the names of what would not end (empty: proved)."""
        self.closed = True
        left: list[str] = []
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        if tasks:
            _, pending = await asyncio.wait(tasks, timeout=self._grace)
            left += [f"task {task.get_name()}" for task in pending]
        for number in sorted(self._closers, reverse=True):
            name, closer = self._closers.pop(number)
            try:
                result = closer()
                if inspect.isawaitable(result):
                    async with asyncio.timeout(self._grace):
                        await result
            except Exception as error:  # noqa: BLE001 - plugin code: one that fails must not keep the others open
                left.append(f"{name} ({type(error).__name__}: {error})")
        return left
