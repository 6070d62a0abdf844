"""What ``butler doctor`` asks of a host, running or opened for the purpose: store, plugins, platforms, backlog."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from butler.check import Check
from butler.faces.doctor_models import models
from butler.store import schema

if TYPE_CHECKING:
    from butler.host import Host

BIG_WAL: Final = 200_000_000
"""Bytes of SQLite's log beyond which it was not folded in for long."""
LATE: Final = 60.0
"""Seconds after which something that waits is worth a word."""
SLOW_LOOP: Final = 0.1
DEADLINE: Final = 10.0
"""Seconds that a plugin or a platform may take to say how it is."""


async def host_checks(host: Host, *, running: bool) -> list[Check]:
    """Every check of a host; ``running`` says whether it is at work or was opened to look at it."""
    parts = [_store, _clock, _plugins, _quarantine, _commands, models, _work, _schedules, _own_checks]
    if running:
        parts += [_loop, _platforms, _operators]
    return [check for part in parts async for check in part(host)]


async def _store(host: Host) -> AsyncIterator[Check]:
    if host.database.dialect == "postgresql":
        version = (await host.database.query("select version()"))[0][0]
        yield Check("store", "ok", str(version).partition(" on ")[0])
        return
    path = Path(host.database.url.removeprefix("sqlite:///"))
    damage, size = await asyncio.to_thread(_looked_into, path)
    if damage:
        yield Check("store", "fail", f"damaged: {damage}", "stop the host and `butler restore` the last backup")
    else:
        yield Check("store", "ok", "SQLite, unharmed")
    if size > BIG_WAL:
        yield Check("write-ahead log", "warn", f"{size / 1e6:,.0f} MB", "end whatever else reads the database for long")
    else:
        yield Check("write-ahead log", "ok", f"{size / 1e6:,.1f} MB")


def _looked_into(path: Path) -> tuple[str, int]:
    """What is wrong inside the file (nothing: ``""``), and the size of its log. In a thread: it reads everything."""
    log = path.with_name(f"{path.name}-wal")
    try:
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            found = str(connection.execute("pragma quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        found = str(error)
    return "" if found == "ok" else found, log.stat().st_size if log.exists() else 0


async def _clock(host: Host) -> AsyncIterator[Check]:
    """A clock that was set back would have new messages stand before old ones."""
    newest = (await host.database.query("select max(made) from host_outbox"))[0][0] or 0.0
    ahead = newest - host.clock.now().timestamp()
    if ahead > LATE:
        yield Check("time of the store", "warn", f"the newest row is {ahead:,.0f} s in the future", "set the clock")
    else:
        yield Check("time of the store", "ok", "not ahead of the clock")


async def _plugins(host: Host) -> AsyncIterator[Check]:
    problems = {name: found.problem for name, found in host.lifecycle.known.items() if found.problem}
    problems |= host.lifecycle.problems
    for name, problem in sorted(problems.items()):
        yield Check(f"plugin {name}", "fail", problem, f"correct that, or butler plugins disable {name}")
    for found in host.settings.problems:
        yield Check("settings", "warn", str(found), found.remedy or "correct it; until then it is left out there")
    if not problems:
        yield Check("plugins", "ok", f"{len(host.lifecycle.known)} installed, {len(host.lifecycle.plugins)} loaded")


async def _quarantine(host: Host) -> AsyncIterator[Check]:
    listed = host.quarantine.listed()
    for notice in listed:
        where = f" --guild {notice.guild}" if notice.guild else ""
        text = f"{notice.plugin} is out {'in ' + notice.guild if notice.guild else 'everywhere'}: {notice.reason}"
        yield Check("quarantine", "fail", text, f"butler plugins enable {notice.plugin}{where}")
    for name, count in _counted(host).items():
        yield Check("faults", "warn", f"{name} failed {count} times since the start", f"butler logs --plugin {name}")
    if not listed:
        yield Check("quarantine", "ok", "nobody is in quarantine")


def _counted(host: Host) -> dict[str, int]:
    counts: dict[str, int] = {}
    for fault in host.quarantine.last:
        counts[fault.plugin] = counts.get(fault.plugin, 0) + 1
    return counts


async def _commands(host: Host) -> AsyncIterator[Check]:
    for clash in host.commands.clashes:
        text = f"{clash.plugin} wanted {clash.wanted!r}, which {clash.holder} has; it got {clash.got or 'nothing'}"
        yield Check("commands", "warn", text, "rename one of them if that confuses people")
    if not host.commands.clashes:
        yield Check("commands", "ok", "no name is claimed twice")


async def _work(host: Host) -> AsyncIterator[Check]:
    now = host.clock.now().timestamp()
    unsent = await host.database.query(
        f"select count(*), min(made) from host_outbox where state = {schema.WAITING} and not_before < ?", (now,)
    )
    yield _waiting("unsent replies", unsent[0], now, "see whether their platform is connected (`butler logs`)")
    backlog = await host.database.query(f"select count(*), min(at) from host_inbox where state < {schema.DONE}")
    yield _waiting("messages to handle", backlog[0], now, "a slow model or plugin: see `butler logs` and `butler why`")


def _waiting(name: str, row: Sequence[Any], now: float, remedy: str) -> Check:
    count, oldest = row
    age = now - oldest if oldest else 0.0
    if count and age > LATE:
        return Check(name, "warn", f"{count}, the oldest for {age:,.0f} s", remedy)
    return Check(name, "ok", f"{count} under way" if count else "none")


async def _schedules(host: Host) -> AsyncIterator[Check]:
    now = host.clock.now().timestamp()
    late = [row for row in await host.schedule.listed() if row.due is not None and now - row.due > LATE]
    if late:
        names = ", ".join(sorted({f"{row.plugin}.{row.job}" for row in late})[:5])
        yield Check("schedules", "warn", f"{len(late)} overdue: {names}", "they run once the host runs")
    else:
        yield Check("schedules", "ok", "none overdue")


async def _own_checks(host: Host) -> AsyncIterator[Check]:
    for name, plugin in sorted(host.lifecycle.plugins.items()):
        found, fault = await host.dispatch.guarded(
            name, "checks", plugin.checks, guild="", deadline=DEADLINE, counts=False
        )
        if fault is not None:
            yield Check(
                f"plugin {name}", "warn", f"its own checks failed: {fault.error}", f"butler logs --plugin {name}"
            )
        for check in found if isinstance(found, list) else ():
            yield check


async def _platforms(host: Host) -> AsyncIterator[Check]:
    for name in sorted(host.config.platforms.keys() - host.lifecycle.platforms.keys() - {"console"}):
        yield Check(f"platform {name}", "fail", "is configured and does not run", "install and enable its plugin")
    for name, platform in sorted(host.lifecycle.platforms.items()):
        found, fault = await host.dispatch.guarded(
            name, "health", platform.health, guild="", deadline=DEADLINE, counts=False
        )
        if fault is not None:
            yield Check(f"platform {name}", "fail", fault.error, "see `butler logs`")
            continue
        for check in found or [Check(f"platform {name}", "ok", f"connected as {platform.account or 'nobody yet'}")]:
            yield check


async def _operators(host: Host) -> AsyncIterator[Check]:
    outside = sorted(host.lifecycle.platforms.keys() - {"console"})
    if outside and not host.config.host.operators:
        remedy = 'name yourself in butler.toml: [host] operators = ["' + outside[0] + ':…"]'
        yield Check("operators", "warn", f"nobody is owner on {', '.join(outside)}", remedy)
    else:
        yield Check("operators", "ok", ", ".join(host.config.host.operators) or "whoever sits at the console")


async def _loop(host: Host) -> AsyncIterator[Check]:
    """How long the event loop takes to come back to somebody who waits for nothing."""
    worst = 0.0
    for _ in range(10):
        before = host.clock.monotonic()
        await asyncio.sleep(0.01)
        worst = max(worst, host.clock.monotonic() - before - 0.01)
    if worst > SLOW_LOOP:
        yield Check("event loop", "warn", f"was away for {worst * 1000:.0f} ms", "see `butler logs` for who blocks it")
    else:
        yield Check("event loop", "ok", f"answers within {worst * 1000:.1f} ms")
