"""A reply that is shown while it is being made, on platforms that can show one growing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from butler.errors import PlatformError, StoreError

Show = Callable[[str], Awaitable[None]]
"""Shows the whole of what was said so far."""


class Live:
    """Collects pieces and shows what there is, at most once in ``every`` seconds; nobody waits for the showing."""

    def __init__(
        self, show: Show, every: float, start: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
    ) -> None:
        """``start`` makes a task that somebody owns."""
        self._show = show
        self._every = every
        self._start = start
        self._task: asyncio.Task[None] | None = None
        self._more = asyncio.Event()
        self._said: list[str] = []

    @property
    def text(self) -> str:
        """What was said so far."""
        return "".join(self._said)

    def say(self, piece: str) -> None:
        """The next piece of the answer."""
        if not piece:
            return
        self._said.append(piece)
        self._more.set()
        if self._task is None:
            self._task = self._start(self._run())

    def part(self) -> None:
        """What comes now is another part of the answer."""
        if self._said and not self._said[-1].endswith("\n\n"):
            self._said.append("\n\n")

    async def _run(self) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            with contextlib.suppress(PlatformError, StoreError):  # then with the next piece, or whole
                await self._show(self.text.rstrip())
            await asyncio.sleep(self._every)

    async def end(self) -> None:
        """Show no more of it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None
