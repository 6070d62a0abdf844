"""The one thread that writes: it takes what has come in, commits it as one group, and answers after the commit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count
from queue import SimpleQueue
from typing import Any

from butler.errors import PluginError, StoreError
from butler.store.current import serve
from butler.store.group import Alone, Answers, Failed, Group
from butler.store.limit import Seat
from butler.store.link import Link, own_trouble
from butler.store.trouble import Destroyed, Report, Trouble
from butler.store.tx import Tx, harmless

GROUP = 4096
"""Past so many rows what comes later waits for the next commit: bounds what one caller waits for others."""
_PAUSES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
_RERUNS = 16
"""How often a group is tried anew for units that ended its transaction, before it is split."""
_SUSPICION = 60
"""After so many tries (half a minute) that a function of a plugin met trouble, it may be the cause itself."""


def pause(tries: int) -> float:
    """Seconds to wait after so many failed tries: growing, half a second at most."""
    return _PAUSES[min(tries, len(_PAUSES) - 1)]


class GivenUp(StoreError):
    """The store was stopped before it took the write."""


class Writer:
    """Owns the writing connection. ``deliver`` is called on its thread with the answers of each group."""

    def __init__(
        self, name: str, link: Link, *, seat: Seat, report: Report, deliver: Callable[[Answers], None]
    ) -> None:
        self._link = link
        self._seat = seat
        self._report = report
        self._deliver = deliver
        self._queue: SimpleQueue[Group | Alone | None] = SimpleQueue()
        self.resting = False
        """It waits for something to do: the loop may look, and be wrong for a moment."""
        self._given_up = threading.Event()
        self._ended = False
        self._alone: Alone | None = None
        self._unsettled: tuple[Any, Answers] | None = None
        self._thread = threading.Thread(target=self._run, name=f"{name}-writer", daemon=True)
        self.put = self._queue.put

    def start(self, opened: Callable[[Exception | None], None]) -> None:
        """Start the thread; ``opened`` is called on it when the store is open, or why it never will be."""
        self._opened = opened
        self._thread.start()

    def finish(self) -> None:
        """End after what was put so far. Returns at once."""
        self._queue.put(None)

    def give_up(self) -> None:
        """Wait for the store no longer: what it does not take now is failed."""
        self._given_up.set()

    def join(self) -> None:
        """Wait for the thread's end."""
        self._thread.join()

    def _run(self) -> None:
        serve(self._link.models)
        try:
            error = self._open()
            self._opened(error)
            while error is None and not self._ended:
                group = Group()
                self._collect(group, wait=True)
                self._settle(group, Tx(self._link, self._seat))
                if self._alone:
                    job, self._alone = self._alone, None
                    self._run_alone(job)
        finally:
            self._link.close()
            self._report.over("writer")

    def _open(self) -> Exception | None:
        for tries in count():
            try:
                self._link.open()
            except Exception as error:  # noqa: BLE001 - whatever a driver says to a wrong address is for the caller
                trouble = self._link.trouble(error)
                if trouble is None or not trouble.passing:
                    return _unopened(trouble, error)
                if self._gives_up(trouble, tries):
                    return _unopened(trouble, error)
            else:
                break
        self._report.over("writer")
        return None

    def _collect(self, group: Group, *, wait: bool) -> None:
        """Take in what is there; ``wait`` for the first when nothing is."""
        while not self._ended and not self._alone and (wait or (len(group) < GROUP and not self._queue.empty())):
            wait = False
            self.resting = self._queue.empty()
            more = self._queue.get()
            self.resting = False
            if more is None:
                self._ended = True
            elif isinstance(more, Alone):
                self._alone = more
            else:
                group.take(more)

    def _run_alone(self, job: Alone) -> None:
        result: Any = None
        for tries in count():
            try:
                self._link.open()
                result = job.fn(self._link)
            except BaseException as error:  # noqa: BLE001 - a plugin's scripts may not end the thread that all wait for
                trouble = (
                    own_trouble(self._link, error) if isinstance(error, PluginError) else self._link.trouble(error)
                )
                self._link.close()
                result = Failed(harmless(error, "a migration"))
                if trouble is None or self._gives_up(trouble, tries):
                    break
            else:
                self._link.close()  # whatever it did to the connection ends with it
                break
        self._report.over("writer")
        self._deliver([([job.future], [result])])

    def _gives_up(self, trouble: Trouble, tries: int) -> bool:
        try:
            self._wait(trouble, tries)
        except GivenUp:
            return True
        return False

    def _settle(self, group: Group, tx: Tx) -> None:
        """Commit a group and answer; what spoils it for the others is found by halving, and answered alone."""
        try:
            answers = self._committed(group, tx) if group.parts else []
        except GivenUp as error:
            answers = group.fail(error)
        except BaseException as error:  # noqa: BLE001 - a batch that raises may not end the thread that all wait for
            if len(group) > 1:
                for half in group.halves():
                    self._settle(half, tx)
                return
            answers = group.fail(harmless(error, "a batch"))
        if answers:
            self._deliver(answers)

    def _committed(self, group: Group, tx: Tx) -> Answers:
        tries = reruns = 0
        while True:
            try:
                answers = self._attempt(group, tx)
            except Trouble as trouble:
                self._wait(trouble, tries)
                tries += 1
                if tries >= _SUSPICION:
                    self._look_for_cause(trouble, group, tx)
            except Destroyed:
                reruns += 1
                if reruns > _RERUNS:
                    raise
            else:
                if tries:
                    self._report.over("writer")
                return answers

    def _look_for_cause(self, trouble: Trouble, group: Group, tx: Tx) -> None:
        """A function that alone fills the disk holds up everybody: it fails if all the others pass without it."""
        if self._unsettled:
            return
        self._collect(group, wait=False)
        if trouble.unit is None:
            tx.acquit()
            return
        tx.suspect(trouble.unit, trouble)
        if group.all_suspected(tx):
            tx.acquit()

    def _wait(self, trouble: Trouble, tries: int) -> None:
        if tries or not trouble.reconnect:
            self._report.begin("writer", trouble)
        if self._given_up.wait(pause(tries)):
            raise GivenUp(
                f"the store was stopped while it waited, and did not take this: {trouble.what}", remedy=trouble.remedy
            ) from trouble

    def _attempt(self, group: Group, tx: Tx) -> Answers:
        link = self._link
        try:
            link.open()
            if self._unsettled and link.settled(self._unsettled[0]):
                answers = self._unsettled[1]
            else:
                self._unsettled = None
                link.begin()
                answers = group.run(tx)
                if not link.in_transaction():
                    raise Destroyed("a batch ended the transaction of its group")
                self._unsettled = (link.ledger(), answers)
                link.commit()
            self._unsettled = None
        except BaseException as error:  # whatever it was, the next attempt begins with no transaction open
            self._take_back(error)
            raise
        return answers

    def _take_back(self, error: BaseException) -> None:
        trouble = error if isinstance(error, Trouble) else self._link.trouble(error)
        if trouble is None:
            self._unsettled = None
            try:
                self._link.rollback()
            except Exception:  # noqa: BLE001 - a connection that cannot even do that is given up, the next is new
                self._link.close()
            return
        self._link.close()
        if trouble is not error:
            raise trouble from error


def _unopened(trouble: Trouble | None, error: Exception) -> StoreError:
    """Why the store cannot be opened, for whoever started it."""
    if isinstance(error, StoreError):
        return error
    if trouble:
        return StoreError(trouble.what, remedy=trouble.remedy)
    return StoreError(f"the store cannot be opened: {error}", remedy="look at `database` in butler.toml")
