"""The store: alone, end to end, and at a steady load, against the same statements over raw sqlite3."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from butler.host import Host
from butler.store import schema
from butler.store.database import Database, Tx
from butler.store.journal import Journal
from butler.store.marks import Mark, Marked

from benchmarks.floor import Tape, commits, recording, replay
from benchmarks.measure import Row, Size, p99, settled_gc, wall
from benchmarks.rig import channel, hosting, idle, message

ALONE, END_TO_END = 0.7, 0.35
SLACK = 2.0
"""Milliseconds that a message may take beyond two commits, at 500 messages a second."""
RATE = 500
AT_ONCE = 2_000
"""How many messages are under way at once where throughput is measured."""

Fill = Callable[[int], Awaitable[object]]


async def measure(size: Size) -> list[Row]:
    """Throughput of the store and of the whole, then latency at a steady load."""
    seen = ("journaled, 10 plugins, observed, recorded", 6_000)
    answered = ("journaled, 10 plugins, answered, sent, recorded, the reply journaled", 1_000)
    return [
        await _alone(size),
        await _end_to_end(size, "end to end, nobody answers", 9, seen),
        await _end_to_end(size, "end to end, a persona answers", 2, answered),
        *await _steady(size),
    ]


# --- the store alone -----------------------------------------------------------------------------------

_SQL = (
    "insert into host_inbox (seq, id, kind, guild, channel, author, at, text, body, state) "
    "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (id) do nothing"
)


def _insert(tx: Tx, rows: Sequence[tuple[Any, ...]]) -> Sequence[None]:
    tx.many(_SQL, rows)
    return [None] * len(rows)


def _create(tx: Tx, rows: Sequence[None]) -> Sequence[None]:
    for statement in schema.TABLES:
        tx.all(statement)
    return rows


@asynccontextmanager
async def _database() -> AsyncIterator[Database]:
    with tempfile.TemporaryDirectory(prefix="butler-bench-") as folder:
        database = Database(f"sqlite:///{Path(folder) / 'store.db'}")
        await database.start()
        await database.submit(_create, None)
        try:
            yield database
        finally:
            await database.stop()


async def _alone(size: Size) -> Row:
    number = size.of(20_000, 50)
    body = '{"id":"bench:m1","channel":{"id":"bench:c0/0","guild":{"id":"bench:g0"}},"author":{"id":"bench:ann"}}'
    rows = [
        (seq, f"bench:m{seq}", "message", "bench:g0", f"bench:c0/{seq % 100}", "bench:ann", 1e9, "hello", body, 0)
        for seq in range(number)
    ]
    with recording() as tape:
        await _filled(rows)
    ratios = []
    for _ in range(size.rounds):
        seconds = await _filled(rows)
        ratios.append(replay(tape, 1) / seconds)
    batches = len(tape.transactions) - 1
    return Row(
        "store alone", f"{number:,} rows, {AT_ONCE:,} calls at once; floor: the same batches, raw sqlite3",
        statistics.median(ratios), target=(">=", ALONE), note=f"{number / seconds:,.0f} rows/s in {batches} commits",
    )  # fmt: skip


async def _filled(rows: Sequence[tuple[Any, ...]]) -> float:
    async with _database() as database:
        with settled_gc():
            started = wall()
            for at in range(0, len(rows), AT_ONCE):
                await asyncio.gather(*[database.submit(_insert, row) for row in rows[at : at + AT_ONCE]])
            return wall() - started


# --- end to end ------------------------------------------------------------------------------------------


async def _end_to_end(size: Size, what: str, members: int, load: tuple[str, int]) -> Row:
    number = size.of(load[1], 20)
    with recording() as tape:
        _, warm = await _answered(number, members, tape)
    ratios = []
    for _ in range(size.rounds):
        seconds, _ = await _answered(number, members)
        ratios.append(replay(tape, warm) / seconds)
    batches = len(tape.transactions) - warm
    return Row(
        what, f"{load[0]}; {number:,} messages, 100 channels; floor: the same statements and batches, raw sqlite3",
        statistics.median(ratios), target=(">=", END_TO_END),
        note=f"{number / seconds:,.0f} messages/s in {batches} commits",
    )  # fmt: skip


async def _answered(number: int, members: int, tape: Tape | None = None) -> tuple[float, int]:
    """Seconds for so many messages, and how many transactions there were before them."""
    async with hosting(idle(10)) as host:
        places = [channel(index, index % 10, members) for index in range(100)]
        await _through(host, [message(-index - 1, place, host) for index, place in enumerate(places)])
        items = [message(index + 1, places[index % 100], host) for index in range(number)]
        warm = len(tape.transactions) if tape else 0
        with settled_gc():
            started = wall()
            for at in range(0, number, AT_ONCE):
                await _through(host, items[at : at + AT_ONCE])
            return wall() - started, warm


async def _through(host: Host, items: Sequence[Any]) -> None:
    await asyncio.gather(*[host.receive(item) for item in items])
    await host.queues.drained()


# --- at a steady load ------------------------------------------------------------------------------------


class Watched(Journal):
    """Notes when the mark that ends a message is committed."""

    ended: dict[int, float]

    async def start(self) -> None:
        await super().start()
        self.ended = {}

    def mark(self, mark: Mark) -> asyncio.Future[Marked]:
        future = super().mark(mark)
        if mark.state == schema.DONE:
            future.add_done_callback(lambda _: self.ended.__setitem__(mark.seq, wall()))
        return future


async def paced(host: Host, items: Sequence[Any], rate: float) -> list[float]:
    """Hand over so many a second, whatever becomes of the earlier ones; seconds from when each was due to its end."""
    journal = host.journal
    assert isinstance(journal, Watched)
    due: dict[str, float] = {}
    tasks = []
    began = wall()
    for index, item in enumerate(items):
        due[item.id] = began + index / rate
        if (pause := due[item.id] - wall()) > 0:
            await asyncio.sleep(pause)
        tasks.append(asyncio.ensure_future(host.receive(item)))
    await asyncio.gather(*tasks)
    await host.queues.drained()
    known = dict(await host.database.query("select id, seq from host_inbox where kind = 'message'"))
    return [journal.ended[known[identifier]] - at for identifier, at in due.items()]


async def _steady(size: Size) -> list[Row]:
    """Two bare commits in a row are timed before and after each round: the disk is as busy for both."""
    number = size.of(2_000, 30)
    tails, medians, bare_tails, bare_medians, beyond = [], [], [], [], []
    for _ in range(size.rounds):
        bare = commits(size.of(400, 10))
        times = await _at_pace(number)
        bare += commits(size.of(400, 10))
        medians.append(statistics.median(times) * 1000)
        tails.append(p99(times) * 1000)
        bare_medians.append(statistics.median(bare) * 1000)
        bare_tails.append(p99(bare) * 1000)
        beyond.append(tails[-1] - bare_tails[-1])
    load = f"{RATE} messages a second, {number:,} of them, from arrival to the commit of the last mark, 10 plugins"
    floors = (
        f"two commits: {statistics.median(bare_medians):.2f} ms (median), {statistics.median(bare_tails):.2f} ms (p99)"
    )
    return [
        Row("at 500 messages/s: median", load, statistics.median(medians), "ms", note=floors),
        Row("at 500 messages/s: p99", load, statistics.median(tails), "ms", note=floors),
        Row("at 500 messages/s: p99 beyond two commits", f"{load}; its p99 less the p99 of two bare commits in a row",
            statistics.median(beyond), "ms", ("<", SLACK)),
    ]  # fmt: skip


async def _at_pace(number: int) -> list[float]:
    async with hosting(idle(10), journal=Watched) as host:
        places = [channel(index) for index in range(100)]
        await _through(host, [message(-index - 1, place, host) for index, place in enumerate(places)])
        items = [message(index + 1, places[index % 100], host) for index in range(number)]
        with settled_gc():
            return await paced(host, items, RATE)
