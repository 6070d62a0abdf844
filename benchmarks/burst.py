"""Quiet guilds beside a burst of 10,000 messages in another: how long the quiet ones' messages take."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Sequence

from butler.host import Host
from butler.model import Message

from benchmarks.measure import Row, Size, p99, settled_gc
from benchmarks.rig import channel, hosting, idle, message
from benchmarks.store import Watched, paced

TARGET = 2.0
QUIET, RATE = 20, 100


async def measure(size: Size) -> list[Row]:
    """The quiet guilds alone and beside the burst, by turns."""
    burst = size.of(10_000, 50)
    alone, beside = [], []
    for _ in range(size.rounds):
        alone.append(await _tail(0, size))
        beside.append(await _tail(burst, size))
    ratio = statistics.median(after / before for before, after in zip(alone, beside, strict=True))
    return [
        Row("quiet guilds beside a burst: p99", f"{QUIET} guilds with {RATE} messages a second together, while "
            f"{burst:,} come in one other guild over 20 channels; 10 plugins, with store; floor: without the burst",
            ratio, target=("<=", TARGET),
            note=f"{statistics.median(beside) * 1e3:.1f} ms against {statistics.median(alone) * 1e3:.1f} ms"),
    ]  # fmt: skip


async def _tail(burst: int, size: Size) -> float:
    async with hosting(idle(10), journal=Watched) as host:
        places = [channel(index, index) for index in range(QUIET)]
        noisy = [channel(index, 99) for index in range(20)]
        first = [message(-index - 1, place, host) for index, place in enumerate([*places, *noisy])]
        await asyncio.gather(*[host.receive(item) for item in first])
        await host.queues.drained()
        items = [message(index + 1, places[index % QUIET], host) for index in range(size.of(500, 20))]
        loud = [message(10**6 + index, noisy[index % 20], host) for index in range(burst)]
        with settled_gc():
            feeding = asyncio.ensure_future(_feed(host, loud))
            times = await paced(host, items, RATE)
            await feeding
        await host.queues.drained()
    return p99(times)


async def _feed(host: Host, items: Sequence[Message]) -> None:
    """As a socket's reader hands them over: one in each round of the event loop, none waited for."""
    tasks = set()
    for item in items:
        task = asyncio.ensure_future(host.receive(item))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
