"""The one thread that writes: it takes what has come in, commits it as one group, and answers after the commit."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from itertools import count
from queue import SimpleQueue
from typing import Any

from attrs import frozen

from butler.errors import StoreError
from butler.store.current import serve
from butler.store.limit import Seat
from butler.store.link import Link
from butler.store.trouble import Destroyed, Report, Trouble
from butler.store.tx import Tx, harmless

Batch = Callable[[Tx, list[Any]], Sequence[Any]]
"""Gets the rows of a group that were submitted to it, in order; returns one result for each.

It runs again with the same rows, or with some of them, when its group has to be tried again: so it
depends on nothing but the rows and the store, and has no effect but in the store.
"""
Entry = tuple[Batch | None, Any, "asyncio.Future[Any]"]
"""A row for a batch; or, where there is no batch, a function and its owner."""
GROUP = 4096
"""How many entries share one commit at most: bounds what a caller waits for others."""
_PAUSES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
_RERUNS = 16
"""How often a group is tried anew for units that ended its transaction, before it is split."""


@frozen
class Failed:
    """In a result's place: what its caller is to get raised."""

    error: Exception


Deliver = Callable[[Sequence[Entry], Sequence[Any]], None]


def pause(tries: int) -> float:
    """Seconds to wait after so many failed tries: growing, half a second at most."""
    return _PAUSES[min(tries, len(_PAUSES) - 1)]


class Writer:
    """Owns the writing connection. ``deliver`` is called on its thread, once for each group."""

    def __init__(self, name: str, link: Link, seat: Seat, report: Report, deliver: Deliver) -> None:
        self._link = link
        self._seat = seat
        self._report = report
        self._deliver = deliver
        self._queue: SimpleQueue[Entry | None] = SimpleQueue()
        self._given_up = threading.Event()
        self._ended = False
        self._unsettled: tuple[Any, list[Any]] | None = None
        self._thread = threading.Thread(target=self._run, name=f"{name}-writer", daemon=True)
        self.put = self._queue.put

    def start(self, opened: Callable[[Exception | None], None]) -> None:
        """Start the thread; ``opened`` is called on it when the store is open, or why it never will be."""
        self._opened = opened
        self._thread.start()

    def finish(self) -> None:
        """End after what was submitted so far. Returns at once."""
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
            while error is None and (group := self._collect()):
                self._settle(group, Tx(self._link, self._seat))
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
                    return unopened(trouble, error)
                try:
                    self._wait(trouble, tries)
                except GivenUp as given_up:
                    return given_up
            else:
                break
        self._report.over("writer")
        return None

    def _collect(self) -> list[Entry]:
        group: list[Entry] = []
        while not self._ended:
            entry = self._queue.get()
            if entry is None:
                self._ended = True
                break
            group.append(entry)
            if len(group) >= GROUP or self._queue.empty():
                break
        return group

    def _settle(self, group: Sequence[Entry], tx: Tx) -> None:
        """Commit a group and answer; what spoils it for the others is found by halving, and answered alone."""
        try:
            results: Sequence[Any] = self._committed(group, tx)
        except GivenUp as error:
            results = [Failed(error)] * len(group)
        except BaseException as error:  # noqa: BLE001 - a batch that raises may not end the thread that all wait for
            if len(group) > 1:
                middle = len(group) // 2
                self._settle(group[:middle], tx)
                self._settle(group[middle:], tx)
                return
            results = [Failed(harmless(error, "a batch"))]
        self._deliver(group, results)

    def _committed(self, group: Sequence[Entry], tx: Tx) -> list[Any]:
        tries = reruns = 0
        while True:
            try:
                results = self._attempt(group, tx)
            except Trouble as trouble:
                self._wait(trouble, tries)
                tries += 1
            except Destroyed:
                reruns += 1
                if reruns > _RERUNS:
                    raise
            else:
                if tries:
                    self._report.over("writer")
                return results

    def _wait(self, trouble: Trouble, tries: int) -> None:
        if tries or not trouble.reconnect:
            self._report.begin("writer", trouble)
        if self._given_up.wait(pause(tries)):
            raise GivenUp(
                f"the store was stopped while it waited, and did not take this: {trouble.what}", remedy=trouble.remedy
            ) from trouble

    def _attempt(self, group: Sequence[Entry], tx: Tx) -> list[Any]:
        link = self._link
        try:
            link.open()
            if self._unsettled and link.settled(self._unsettled[0]):
                results = self._unsettled[1]
            else:
                self._unsettled = None
                link.begin()
                results = _results(group, tx)
                if not link.in_transaction():
                    raise Destroyed("a batch ended the transaction of its group")
                self._unsettled = (link.ledger(), results)
                link.commit()
            self._unsettled = None
        except BaseException as error:  # whatever it was, the next attempt begins with no transaction open
            self._take_back(error)
            raise
        return results

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
        raise trouble from error


class GivenUp(StoreError):
    """The store was stopped before it took the write."""


def unopened(trouble: Trouble | None, error: Exception) -> StoreError:
    """Why the store cannot be opened, for whoever started it."""
    if trouble:
        return StoreError(trouble.what, remedy=trouble.remedy)
    return StoreError(f"the store cannot be opened: {error}", remedy="look at `database` in butler.toml")


def _results(group: Sequence[Entry], tx: Tx) -> list[Any]:
    """Run a group's entries, those of one batch together, in the order in which the batches first came."""
    results: list[Any] = [None] * len(group)
    places: dict[Batch | None, list[int]] = {}
    for place, entry in enumerate(group):
        places.setdefault(entry[0], []).append(place)
    for batch, own in places.items():
        rows = [group[place][1] for place in own]
        answers = [_one(tx, *row) for row in rows] if batch is None else batch(tx, rows)
        for place, answer in zip(own, answers, strict=True):
            results[place] = answer
    return results


def _one(tx: Tx, fn: Callable[[], Any], owner: str) -> Any:
    try:
        return tx.call(fn, owner)
    except Exception as error:  # noqa: BLE001 - a plugin's code: its caller gets what it raised, the group goes on
        return Failed(error)
