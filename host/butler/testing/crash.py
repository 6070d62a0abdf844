"""How a host is killed within a process that goes on: nothing more of it is written, said or waited for."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path
from queue import Empty

from butler.store.database import Database
from butler.store.group import Group
from butler.testing.clock import VirtualLoop


def memory() -> str:
    """Where a house keeps its data: in memory where the machine has such a folder."""
    folder = Path("/dev/shm")  # noqa: S108 - each house makes a folder of its own within
    return str(folder if folder.is_dir() else tempfile.gettempdir())


def kill(database: Database) -> None:
    """End a store's threads: what no commit has begun for is lost, and nobody is told of anything."""
    running, database._running = database._running, None
    if running is None:
        return
    running.group = Group()
    for queue in (running.writer._queue, running.jobs):
        with contextlib.suppress(Empty):
            while True:
                queue.get_nowait()
    running.end(0.0)


def bury(loop: VirtualLoop) -> None:
    """Let go of a loop and of what was left in it; harmless when that was done before."""
    if loop.is_closed():
        return
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks, timeout=5))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
