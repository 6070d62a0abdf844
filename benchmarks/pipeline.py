"""The pipeline with the store off, against pluggy's own hook calls with their coroutines awaited."""

from __future__ import annotations

import statistics
from collections.abc import Awaitable, Callable

import pluggy
from butler import hookspecs
from butler.host import Host

from benchmarks.measure import Row, Size, cpu, p99, pairs, per, settled_gc
from benchmarks.rig import Idle, NoJournal, channel, hosting, idle, pending

TARGET = 1.2
HOOKS = "on_message, should_reply, build_prompt"
FLOOR = "floor: pluggy's three calls, awaited"


async def measure(size: Size) -> list[Row]:
    """1, 10 and 50 plugins; a persona answers each message."""
    rows = []
    for plugins in (1, 10, 50):
        rows += await _one(plugins, size)
    return rows


def _manager(plugins: int) -> pluggy.PluginManager:
    manager = pluggy.PluginManager(hookspecs.NAME)
    manager.add_hookspecs(hookspecs)
    for name, kind in idle(plugins, Idle).items():
        manager.register(kind(), name)
    return manager


def floor_of(host: Host, plugins: int) -> Callable[[], Awaitable[None]]:
    """pluggy alone: the three hooks called, their coroutines awaited; no isolation, no times, no decision."""
    hook = _manager(plugins).hook
    said = pending(1, channel(members=2), host).item
    persona = host.personas.get("TheButler")

    async def floor() -> None:
        for coroutine in hook.on_message(message=said):
            await coroutine
        for coroutine in hook.should_reply(message=said, persona=persona, votes=[]):
            await coroutine
        for coroutine in hook.build_prompt(message=said, persona=persona):
            await coroutine

    return floor


async def _one(plugins: int, size: Size) -> list[Row]:
    name = f"{plugins} plugins" if plugins > 1 else "1 plugin"
    named, tail = await _against(plugins, size, mumbling=True)
    whole, _ = await _against(plugins, size, mumbling=False)
    target = (">=", TARGET) if plugins == 50 else None
    rows = [
        Row(f"pipeline, {name}", f"store off: {HOOKS}, table, votes, prompt, record; {FLOOR}", named[0], target=target,
            note=named[1]),
        Row(f"... to the sent reply, {name}", f"as above, then model, outbox, sending, on_reply; {FLOOR}", whole[0],
            note=whole[1]),
    ]  # fmt: skip
    if plugins == 50:
        rows.append(
            Row("pipeline, 50 plugins: p99 / median", "message by message", tail[0], target=("<=", 2.0), note=tail[1])
        )
    return rows


async def _against(plugins: int, size: Size, *, mumbling: bool) -> tuple[tuple[float, str], tuple[float, str]]:
    """The ratio, and p99 / median, each with its note."""
    async with hosting(idle(plugins), journal=NoJournal, mumbling=mumbling) as host:
        floor = floor_of(host, plugins)
        item = pending(1, channel(members=2), host)
        handle = host.pipeline.handle

        async def whole() -> None:
            await handle(item)

        times = size.of(3_000, 10)
        found = await pairs(floor, whole, times, size.rounds)
        tail = await _tail(whole, size), f"the floor's own: {await _tail(floor, size):.2f} ×"
    each = max(1, times // 10) * 10
    return (found.speed, f"{per(found.subject, each):.0f} µs against {per(found.floor, each):.0f} µs"), tail


async def _tail(whole: Callable[[], Awaitable[None]], size: Size) -> float:
    """The median over the rounds of p99 / median."""
    found = []
    with settled_gc():
        for _ in range(size.rounds):
            times = []
            for _ in range(size.of(4_000, 100)):
                started = cpu()
                await whole()
                times.append(cpu() - started)
            found.append(p99(times) / statistics.median(times))
    return statistics.median(found)
