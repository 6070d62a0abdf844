"""Reading beside the writer: a few threads, each with a connection that cannot write."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from butler.store.current import serve
from butler.store.group import Answers, Failed
from butler.store.limit import Seat
from butler.store.link import Link
from butler.store.trouble import Report, Trouble
from butler.store.tx import Tx, harmless
from butler.store.writer import GivenUp, pause

Job = tuple[Callable[[Tx], Any], str, Any]
"""What to run, a name for it in errors, and the future that waits for it."""


class Reader:
    """One thread with one connection. A job sees one state of the store, with all that was committed before."""

    def __init__(
        self,
        name: str,
        *,
        jobs: SimpleQueue[Job | None],
        link: Link,
        seat: Seat,
        report: Report,
        deliver: Callable[[Answers], None],
    ) -> None:
        self._name = name
        self._jobs = jobs
        self._link = link
        self._seat = seat
        self._report = report
        self._deliver = deliver
        self._given_up = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread; it connects when it is first needed."""
        self._thread.start()

    def give_up(self) -> None:
        """Wait for the store no longer."""
        self._given_up.set()

    def join(self) -> None:
        """Wait for the thread's end, which the None in its queue brings."""
        self._thread.join()

    def _run(self) -> None:
        serve(self._link.models)
        try:
            while job := self._jobs.get():
                self._deliver([([job[2]], [self._outcome(*job[:2])])])
        finally:
            self._link.close()
            self._report.over(self._name)

    def _outcome(self, fn: Callable[[Tx], Any], name: str) -> Any:
        tries = 0
        while True:
            try:
                result = self._attempt(fn, name)
            except Trouble as trouble:
                if tries or not trouble.reconnect:
                    self._report.begin(self._name, trouble)
                if self._given_up.wait(pause(tries)):
                    return Failed(
                        GivenUp(f"the store was stopped before it read: {trouble.what}", remedy=trouble.remedy)
                    )
                tries += 1
            except BaseException as error:  # noqa: BLE001 - a plugin's code: nothing it raises may end the thread
                return Failed(harmless(error, name))
            else:
                if tries:
                    self._report.over(self._name)
                return result

    def _attempt(self, fn: Callable[[Tx], Any], name: str) -> Any:
        link = self._link
        try:
            link.open()
            link.begin()
            link.models.enter(name)
            result = self._seat.run(lambda: fn(Tx(link, self._seat)), name)
        except BaseException as error:  # a plugin's code, or a connection that failed
            link.models.leave()
            self._sort_out(error, name)
            raise
        link.models.leave()
        self._end()
        return result

    def _sort_out(self, error: BaseException, name: str) -> None:
        trouble = self._link.trouble(error)
        if trouble:
            self._link.close()
            raise trouble from error
        self._end()
        misuse = self._link.misuse(error, name)
        if misuse:
            raise misuse from error

    def _end(self) -> None:
        try:
            self._link.rollback()
        except Exception:  # noqa: BLE001 - a connection that cannot even do that is given up, the next is new
            self._link.close()
