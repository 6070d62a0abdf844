"""Many guilds: what a message costs among 1,000 of them against one, and what tables cost when plugins change."""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable
from itertools import cycle

from butler.host import Host

from benchmarks.measure import Row, Size, pairs, per
from benchmarks.rig import NoJournal, channel, hosting, idle, pending

TARGET = 1.1
PLUGINS = 50


async def measure(size: Size) -> list[Row]:
    """1,000 guilds against one; then a plugin is enabled in all of them."""
    guilds = size.of(1_000, 3)
    return [await _among(size, guilds, own=False), await _among(size, guilds, own=True), *await _switched(size, guilds)]


def _walk(host: Host, guilds: int) -> Callable[[], Awaitable[None]]:
    """A message in one guild after the other."""
    items = cycle([pending(index, channel(index, index, members=2), host) for index in range(guilds)])
    handle = host.pipeline.handle

    async def one() -> None:
        await handle(next(items))

    return one


async def _among(size: Size, guilds: int, *, own: bool) -> Row:
    """``own``: each guild lacks another of 51 plugins, so that there are as many tables."""
    plugins = PLUGINS + own
    async with hosting(idle(plugins), journal=NoJournal, mumbling=True) as host:
        if own:
            for index in range(guilds):
                await host.settings.disable(f"p{index % plugins:02}", "guild", f"bench:g{index}", "the benchmark")
        one, many = _walk(host, 1), _walk(host, guilds)
        for _ in range(guilds):
            await many()
        times = size.of(4_000, 10)
        found = await pairs(one, many, times, size.rounds)
    each = max(1, times // 10) * 10
    sets = "50 of 51 plugins, another set in each" if own else "the same 50 plugins"
    note = f"{per(found.subject, each):.1f} µs against {per(found.floor, each):.1f} µs"
    load = f"pipeline, store off, {guilds:,} guilds in turn, {sets}; floor: all in one guild"
    return Row(f"a message at {guilds:,} guilds × 50" + (", own sets" if own else ""), load, found.cost,
               target=("<=", TARGET), note=note)  # fmt: skip


async def _switched(size: Size, guilds: int) -> list[Row]:
    async with hosting(idle(PLUGINS), journal=NoJournal) as host:
        await host.settings.disable("p00", "host", "", "the benchmark")
        started = time.perf_counter()
        for index in range(guilds):
            await host.settings.enable("p00", "guild", f"bench:g{index}", "the benchmark")
        switching = time.perf_counter() - started
        compiling = []
        for _ in range(size.rounds):
            host.tables.clear()
            started = time.perf_counter()
            for index in range(guilds):
                host.table_for(f"bench:g{index}", f"bench:c{index}/{index}")
            compiling.append(time.perf_counter() - started)
    load = f"a plugin is enabled in each of {guilds:,} guilds, 50 plugins installed"
    return [
        Row("tables of all guilds after a change", f"{load}; tables are compiled at the next message",
            statistics.median(compiling) / guilds * 1e6, "µs/guild"),
        Row("enabling in one guild after the other", f"{load}; each change stored, audited, committed by itself",
            switching / guilds * 1e3, "ms/guild"),
    ]  # fmt: skip
