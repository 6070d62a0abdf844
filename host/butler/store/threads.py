"""The threads of a running store: one that writes, some that read, one that looks at the limits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from butler.store.engines import connect
from butler.store.group import Answers, Batch, Group, Waiters
from butler.store.limit import Limit
from butler.store.readers import Job, Reader
from butler.store.trouble import Report
from butler.store.writer import Writer

READERS = 2


class Threads:
    """The threads of a database between start and stop."""

    def __init__(
        self, url: str, limits: tuple[float, float], *, tell: Callable[[str], None], deliver: Callable[[Answers], None]
    ) -> None:
        self.jobs: SimpleQueue[Job | None] = SimpleQueue()
        self.group = Group()
        """What was submitted in this turn of the event loop; handed over as one at its end."""
        report = Report(tell)
        self._limit = Limit("butler-store")
        link = connect(url)
        seat = self._limit.seat(limits[0], link.interrupt)
        self.writer = Writer("butler-store", link, seat=seat, report=report, deliver=deliver)
        self._readers: list[Reader] = []
        for number in range(READERS):
            link = connect(url, reading=True)
            seat = self._limit.seat(limits[1], link.interrupt)
            name = f"butler-store-reader-{number}"
            self._readers.append(Reader(name, jobs=self.jobs, link=link, seat=seat, report=report, deliver=deliver))

    def start(self, opened: Callable[[Exception | None], None]) -> None:
        """Start all; ``opened`` is called on the writer's thread when the store is open, or why it never will be."""
        self._limit.start()
        self.writer.start(opened)
        for reader in self._readers:
            reader.start()

    def new_part(self, batch: Batch | None, loop: asyncio.AbstractEventLoop) -> tuple[list[Any], Waiters]:
        """The rows of a batch that is new in this turn of the loop. On the event loop."""
        if not self.group.parts:
            loop.call_soon(self.hand_over)
        return self.group.part(batch)

    def hand_over(self) -> None:
        """Give the writer what was submitted so far. On the event loop."""
        if self.group.parts:
            group, self.group = self.group, Group()
            self.writer.put(group)

    def end(self, patience: float) -> None:
        """Finish and join all threads; a store in trouble is waited for as long as ``patience``."""
        timer = threading.Timer(patience, self._give_up)
        timer.daemon = True
        timer.start()
        self.writer.finish()
        for _ in self._readers:
            self.jobs.put(None)
        self.writer.join()
        for reader in self._readers:
            reader.join()
        timer.cancel()
        self._limit.stop()

    def _give_up(self) -> None:
        self.writer.give_up()
        for reader in self._readers:
            reader.give_up()
