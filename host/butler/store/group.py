"""What shares one commit: rows for batches, functions of plugins, and what came of each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from attrs import frozen

from butler.store.link import Link
from butler.store.tx import Tx

Batch = Callable[[Tx, list[Any]], Sequence[Any]]
"""Gets the rows of a group that were submitted to it, in order; returns one result for each.

It runs again with the same rows, or with some of them, when its group has to be tried again: so it
depends on nothing but the rows and the store, and has no effect but in the store.
"""


class Waiter(Protocol):
    """What is told of a commit: a future, or what stands in for one and lets nobody wait for the event loop."""

    def done(self) -> bool:
        """Whether nobody wants to know any more."""

    def set_result(self, result: Any, /) -> None:
        """It is committed, with this result."""

    def set_exception(self, error: Exception, /) -> None:
        """It is not."""


Waiters = list[Waiter]
Answers = list[tuple[Waiters, Sequence[Any]]]


@frozen
class Failed:
    """In a result's place: what its caller is to get raised."""

    error: Exception


@frozen
class Alone:
    """What runs by itself on the writer's thread, with the connection and no transaction; may run again."""

    fn: Callable[[Link], Any]
    future: asyncio.Future[Any]


class Group:
    """Rows by batch, in the order in which the batches first came; functions of plugins under None."""

    def __init__(self) -> None:
        self.parts: dict[Batch | None, tuple[list[Any], Waiters]] = {}

    def __len__(self) -> int:
        return sum(len(rows) for rows, _ in self.parts.values())

    def part(self, batch: Batch | None) -> tuple[list[Any], Waiters]:
        """The rows of one batch so far, and who waits for them; to append to."""
        return self.parts.setdefault(batch, ([], []))

    def take(self, other: Group) -> None:
        """Take in what came later."""
        for batch, (rows, waiters) in other.parts.items():
            mine = self.part(batch)
            mine[0].extend(rows)
            mine[1].extend(waiters)

    def run(self, tx: Tx) -> Answers:
        """Run everything once. Raises what a batch raises; what a plugin's function raises is its answer."""
        answers: Answers = []
        for batch, (rows, waiters) in self.parts.items():
            results = [_one(tx, *row) for row in rows] if batch is None else batch(tx, rows)
            if len(results) != len(rows):
                name = getattr(batch, "__qualname__", batch)
                raise ValueError(f"{name} returned {len(results)} results for {len(rows)} rows")
            answers.append((waiters, results))
        return answers

    def fail(self, error: Exception) -> Answers:
        """The same error for everybody."""
        failed = Failed(error)
        return [(waiters, [failed] * len(waiters)) for _, waiters in self.parts.values()]

    def halves(self) -> Iterator[Group]:
        """Two groups with half of the rows each, in order."""
        entries = [
            (batch, row, waiter) for batch, part in self.parts.items() for row, waiter in zip(*part, strict=True)
        ]
        middle = len(entries) // 2
        for some in (entries[:middle], entries[middle:]):
            half = Group()
            for batch, row, waiter in some:
                rows, waiters = half.part(batch)
                rows.append(row)
                waiters.append(waiter)
            yield half

    def all_suspected(self, tx: Tx) -> bool:
        """Whether nothing would run but what is suspected: then a commit would prove nothing."""
        return not any(batch for batch in self.parts) and all(tx.suspects(fn) for fn, _ in self.part(None)[0])


def _one(tx: Tx, fn: Callable[[], Any], owner: str) -> Any:
    try:
        return tx.call(fn, owner)
    except Exception as error:  # noqa: BLE001 - a plugin's code: its caller gets what it raised, the group goes on
        return Failed(error)
