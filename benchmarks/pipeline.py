"""The pipeline with the store off, against pluggy's own hook calls with their coroutines awaited."""

from __future__ import annotations

import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pluggy
from butler import hookspecs
from butler.host import Host

from benchmarks.measure import Row, Size, Work, p99, pairs, per, settled_gc, timed
from benchmarks.rig import Idle, NoJournal, channel, hosting, idle, pending

TARGET, TAIL = 1.2, 2.0
HOOKS = "on_message, should_reply, build_prompt"
FLOOR = "floor: pluggy's three calls, awaited"


async def measure(size: Size) -> list[Row]:
    """1, 10 and 50 plugins; a persona answers each message."""
    rows = []
    for plugins in (1, 10, 50):
        rows += await _one(plugins, size)
    return [*rows, await _tails(50, size)]


def _manager(plugins: int) -> pluggy.PluginManager:
    manager = pluggy.PluginManager(hookspecs.NAME)
    manager.add_hookspecs(hookspecs)
    for name, kind in idle(plugins, Idle).items():
        manager.register(kind(), name)
    return manager


def floor_of(host: Host, plugins: int) -> Work:
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
    speed, note = await _against(plugins, size, mumbling=True)
    whole, whole_note = await _against(plugins, size, mumbling=False)
    target = (">=", TARGET) if plugins == 50 else None
    load = f"store off: {HOOKS}, table, votes, prompt, record; {FLOOR}"
    further = f"as above, then model, outbox, sending, on_reply; {FLOOR}"
    return [
        Row(f"pipeline, {name}", load, speed, target=target, note=note),
        Row(f"... to the sent reply, {name}", further, whole, note=whole_note),
    ]


@asynccontextmanager
async def _subject(plugins: int, *, mumbling: bool) -> AsyncIterator[tuple[Work, Work]]:
    """The floor, and the pipeline's handling of one message."""
    async with hosting(idle(plugins), journal=NoJournal, mumbling=mumbling) as host:
        item = pending(1, channel(members=2), host)

        async def handled() -> None:
            await host.pipeline.handle(item)

        yield floor_of(host, plugins), handled


async def _against(plugins: int, size: Size, *, mumbling: bool) -> tuple[float, str]:
    """The ratio, and what it is made of."""
    times = size.of(3_000, 10)
    async with _subject(plugins, mumbling=mumbling) as (floor, handled):
        found = await pairs(floor, handled, times, size.rounds)
    each = max(1, times // 10) * 10
    return found.speed, f"{per(found.subject, each):.0f} µs against {per(found.floor, each):.0f} µs"


async def _tails(plugins: int, size: Size) -> Row:
    """The floor's own tail shows how restless the machine is."""
    async with _subject(plugins, mumbling=True) as (floor, handled):
        own = await _tail(floor, size)
        tail = await _tail(handled, size)
    name = f"pipeline, {plugins} plugins: p99 / median"
    return Row(name, "message by message", tail, target=("<=", TAIL), note=f"the floor's own: {own:.2f} ×")


async def _tail(work: Work, size: Size) -> float:
    """The median over the rounds of p99 / median."""
    found = []
    with settled_gc():
        for _ in range(size.rounds):
            times = [await timed(work, 1) for _ in range(size.of(4_000, 100))]
            found.append(p99(times) / statistics.median(times))
    return statistics.median(found)
