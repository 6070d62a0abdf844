"""Dispatch: awaiting plugins behind the fence, every plugin's time kept, against a bare loop of awaits."""

from __future__ import annotations

from benchmarks.measure import Row, Size, pairs, per
from benchmarks.rig import channel, hosting, idle, message

TARGET = 0.6


async def measure(size: Size) -> list[Row]:
    """1, 10 and 50 plugins."""
    return [await _one(plugins, size) for plugins in (1, 10, 50)]


async def _one(plugins: int, size: Size) -> Row:
    async with hosting(idle(plugins)) as host:
        place = channel()
        said = message(1, place, host)
        calls = host.table_for(place.guild.id, place.id).calls("on_message")
        functions = calls.functions
        dispatch = host.dispatch.run

        async def bare() -> None:
            for function in functions:
                await function(said)

        async def fenced() -> None:
            runs = []
            runs.append(("on_message", await dispatch(calls, (said,), "bench:g0", [])))

        times = size.of(200_000 // (plugins + 10), 10)
        found = await pairs(bare, fenced, times, size.rounds)
    each = max(1, times // 10) * 10
    note = f"{per(found.subject, each):.2f} µs against {per(found.floor, each):.2f} µs"
    return Row(
        f"dispatch, {plugins} plugins" if plugins > 1 else "dispatch, 1 plugin",
        "isolation and trace on, empty hooks, one run after the other; floor: a bare await over a tuple of the same",
        found.speed,
        target=(">=", TARGET) if plugins == 50 else None,
        note=note,
    )
