"""The parts of a forget: each plugin, the host, and the sweep over every table behind them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Final, TypeVar

import structlog
from attrs import frozen

from butler.plugin import Plugin
from butler.services.privacy import columns, held, speech, traces
from butler.services.privacy.identity import Identity
from butler.services.privacy.receipt import Line, things_in
from butler.services.privacy.traces import Column
from butler.store.database import Database

log = structlog.get_logger("butler.privacy")

PATIENCE: Final = 60.0
"""Seconds that one plugin has to export or forget somebody."""

T = TypeVar("T")


@frozen
class Keeper:
    """A service of the host that keeps something about people, in memory or in tables of its own."""

    export: Callable[[str], Awaitable[Any]]
    forget: Callable[[str, str], Awaitable[int | Mapping[str, int]]]
    """Given the person and the id that takes their place; returns how many rows."""


async def fenced(plugin: str, what: str, call: Awaitable[T]) -> tuple[T | None, str]:
    """The result of a plugin's code, or what went wrong and what to do."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await call, ""
    except BaseException as error:  # plugin code: whatever it raises, the others are still asked
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise
        log.error("a plugin failed to deal with a person", plugin=plugin, what=what, exc_info=error)
        why = f"{what} failed ({type(error).__name__})"  # a person reads this: no error text of a plugin's
        return None, f"{why}; see `butler logs`, then run `butler forget` again"


class Forgetting:
    """One person being forgotten."""

    def __init__(self, database: Database, keepers: Mapping[str, Keeper], who: Identity) -> None:
        self._database = database
        self._keepers = keepers
        self._who = who

    async def plugin(self, plugin: Plugin) -> Line:
        """Have a plugin forget, and look again."""
        name = plugin.name
        before, problem = await fenced(name, "export", plugin.export_person(self._who.person))
        done, failed = await fenced(name, "forget", plugin.forget_person(self._who.person, self._who.replacement))
        after, unsure = await fenced(name, "export", plugin.export_person(self._who.person))
        problem = failed or unsure or problem
        counts = dict(done) if isinstance(done, Mapping) else {}
        found = things_in(before)
        if problem:
            return Line(name, found, counts, gone=False, note=self._who.replaced(problem))
        if things_in(after):
            kinds = ", ".join(after) if isinstance(after, Mapping) else "something"
            note = f"it still exports {kinds}; see forget_person of this plugin"
            return Line(name, found, counts, gone=False, note=note)
        return Line(name, found, counts)

    async def host(self) -> Line:
        """Have the host's own services and tables forget, and look again."""
        found = things_in(await held.export(self._database, self._who.person))
        done = {}
        for name, keeper in self._keepers.items():
            found += things_in(await keeper.export(self._who.person))
            count = await keeper.forget(self._who.person, self._who.replacement)
            done[name] = sum(count.values()) if isinstance(count, Mapping) else count
        done.update(await speech.forget(self._database, self._who))
        left = await held.export(self._database, self._who.person)
        for name, keeper in self._keepers.items():
            if things_in(await keeper.export(self._who.person)):
                left[name] = True
        note = f"still there: {', '.join(left)}; run `butler forget` again" if left else ""
        return Line("host", found, done, gone=not left, note=note)

    async def sweep(self, lines: Sequence[Line], loaded: Collection[str]) -> list[Line]:
        """Whatever still names the person in any table: replaced by the host, and said in the line of its plugin."""
        known = await columns.read(self._database)
        owners = traces.by_owner(await traces.text_columns(self._database), {*loaded, *known, "host"})
        swept = [await self._sweep_one(line, owners.get(line.name, [])) for line in lines]
        for owner in sorted(owners.keys() - {line.name for line in lines}):
            line = await self._removed(owner, owners[owner], known.get(owner, {}))
            if line.found or not line.gone:
                swept.append(line)
        return swept

    async def _sweep_one(self, line: Line, its: Sequence[Column]) -> Line:
        if not line.gone:  # by another id the plugin would not find its rows at the next try
            return line
        done, left = await traces.replace_all(self._database, its, self._who)
        own = line.name == "host" or not done
        note = "" if own else f"the host replaced the id where the plugin had left it: {', '.join(done)}"
        return _with(line, done, left, note)

    async def _removed(self, owner: str, its: Sequence[Column], declared: Mapping[str, Collection[str]]) -> Line:
        blanked, refused = 0, []
        for table, ids in declared.items():
            count = await traces.blank_free_text(self._database, table, its, ids, self._who)
            blanked += max(0, count)
            refused += [f"{table} (free text)"] if count < 0 else []
        done, left = await traces.replace_all(self._database, its, self._who)
        found = max(blanked, sum(done.values()))
        note = "it is not loaded; the host went by its tables" if found else ""
        return _with(Line(owner, found, {}), done, [*left, *refused], note)


def _with(line: Line, done: Mapping[str, int], left: Sequence[str], note: str) -> Line:
    """A line with what the sweep did added."""
    total = dict(line.done)
    for table, count in done.items():
        total[table] = total.get(table, 0) + count
    notes = [line.note, note, f"could not be replaced in {', '.join(left)}: delete it by hand" if left else ""]
    return Line(line.name, line.found, total, line.gone and not left, "; ".join(filter(None, notes)))
