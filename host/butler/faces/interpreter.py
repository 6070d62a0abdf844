"""Python itself, tuned for a host: its collector and its threads never hold everybody up for long."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

SWITCH = 0.0005
"""Seconds after which the event loop lets the store's threads go on: they need Python for moments only."""
LONG = 0.01
"""Seconds that a full collection may take; what it has looked at then is not looked at again."""
DAY = 86_400.0


@contextlib.contextmanager
def settled() -> Iterator[None]:
    """Inside, whatever lives long (modules, an SDK's classes, the host's own tables) is left out of each collection.

    It is the whole process's: enter it once, when the start is over.
    """
    began = 0.0

    def seen(phase: str, info: dict[str, Any]) -> None:
        nonlocal began
        if info["generation"] < 2:
            return
        if phase == "start":
            began = time.perf_counter()
        elif time.perf_counter() - began > LONG:
            gc.freeze()

    pause = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH)
    gc.collect()
    gc.freeze()
    gc.callbacks.append(seen)
    try:
        yield
    finally:
        sys.setswitchinterval(pause)
        gc.callbacks.remove(seen)
        gc.unfreeze()


@contextlib.asynccontextmanager
async def collecting(quiet: Callable[[], Awaitable[None]], every: float = DAY) -> AsyncIterator[None]:
    """As :func:`settled`; once in ``every`` seconds, when nothing is under way, everything is looked at nevertheless.

    So what a plugin that was unloaded months ago left behind goes, too. ``quiet`` returns when nobody is waiting.
    """

    async def sometimes() -> None:
        while True:
            await asyncio.sleep(every)
            await quiet()
            gc.unfreeze()
            gc.collect()
            gc.freeze()

    with settled():
        task = asyncio.create_task(sometimes())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
