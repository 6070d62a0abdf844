"""The table of schedules, which is the truth about them: its rows and the batches that change it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from attrs import field, frozen

from butler.declare import Missed
from butler.services.schedule.times import Kind
from butler.store.database import Tx

Unit = tuple[str, Callable[[], Any]]
"""A plugin's name and a write that it deferred."""

WAITING: Final = 0
HELD: Final = 1
"""Due while its plugin was disabled: runs late, once it is enabled again."""

TABLES: Final = (
    """create table if not exists host_schedules (
        plugin text not null,
        key text not null,
        job text not null,
        kind text not null,
        spec text not null,
        anchor double precision not null,
        guild text not null,
        arguments text not null,
        missed text not null,
        declared smallint not null,
        state smallint not null,
        due double precision,
        begun double precision,
        run text not null,
        primary key (plugin, key)
    )""",
    "create index if not exists host_schedules_due on host_schedules (due) "
    f"where state = {WAITING} and due is not null",
    "create index if not exists host_schedules_run on host_schedules (plugin) where run <> ''",
    "create index if not exists host_schedules_guild on host_schedules (guild)",
)
COLUMNS: Final = "plugin, key, job, kind, spec, anchor, guild, arguments, missed, declared, due, run"

_DUE: Final = f"from host_schedules where state = {WAITING} and due is not null"
EARLIEST: Final = f"select min(due) {_DUE} and due > ?"
LISTED: Final = f"select {COLUMNS} from host_schedules where plugin = ? order by due, plugin, key limit ?"
LISTED_ALL: Final = f"select {COLUMNS} from host_schedules where ? = '' order by due, plugin, key limit ?"


def due_query(busy: int) -> str:
    """The statement for what is due at a time, without so many plugins: they and the limit are parameters."""
    plugins = ", ".join(["?"] * busy) or "''"
    return f"select {COLUMNS} {_DUE} and due <= ? and plugin not in ({plugins}) order by due limit ?"


@frozen
class ScheduleRow:
    """One schedule: what runs (``job`` is a method of ``plugin``), with what, and when it is due."""

    plugin: str
    key: str
    job: str
    kind: Kind
    spec: str = ""
    """Seconds of an interval, or a cron line."""
    anchor: float = 0.0
    """The timestamp from which an interval counts; of a single run the time itself."""
    guild: str = ""
    arguments: Mapping[str, Any] = field(factory=dict)
    missed: Missed = "skip"
    declared: bool = False
    """It stands in the plugin's class (``@every``, ``@cron``)."""
    due: float | None = None
    """The timestamp of the run that this is about; of a listed one the next."""
    run: str = ""
    """Names this very run, so that it is completed once."""

    @property
    def at(self) -> dt.datetime | None:
        """When it is due, or ``None`` if it is running and does not run again."""
        return None if self.due is None else dt.datetime.fromtimestamp(self.due, dt.UTC)


def row_from(columns: Sequence[Any]) -> ScheduleRow:
    """A row out of :data:`COLUMNS`."""
    named = dict(zip(COLUMNS.split(", "), columns, strict=True))
    return ScheduleRow(**{**named, "arguments": json.loads(named["arguments"]), "declared": bool(named["declared"])})


@frozen
class Begin:
    """What becomes of a due row: begun (``run`` is set), skipped, or held."""

    row: ScheduleRow
    next: float | None
    run: str = ""
    hold: bool = False


@frozen
class Completion:
    """The end of a run, and what is committed together with it."""

    row: ScheduleRow
    units: Sequence[Unit] = ()
    also: Callable[[Tx], None] | None = None


@frozen
class Sync:
    """What a plugin declares now, in place of what it declared before."""

    plugin: str
    rows: Sequence[ScheduleRow]
    now: float


def create(tx: Tx, rows: Sequence[None]) -> Sequence[None]:
    """Make the table, and settle the runs that a crash cut off: late ones are due again, the others over."""
    for statement in TABLES:
        tx.all(statement)
    tx.all("update host_schedules set due = begun, begun = null, run = '' where run <> '' and missed = 'late'")
    tx.all("delete from host_schedules where run <> '' and kind = 'once' and due is null")
    tx.all("update host_schedules set begun = null, run = '' where run <> ''")
    return rows


_PUT = (
    f"insert into host_schedules ({COLUMNS}, state, begun) "
    f"values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', {WAITING}, null) "
    "on conflict (plugin, key) do update set job = excluded.job, kind = excluded.kind, spec = excluded.spec, "
    "anchor = excluded.anchor, guild = excluded.guild, arguments = excluded.arguments, missed = excluded.missed, "
    f"declared = excluded.declared, due = excluded.due, run = '', state = {WAITING}, begun = null"
)


def _columns(row: ScheduleRow) -> tuple[Any, ...]:
    head = (row.plugin, row.key, row.job, row.kind, row.spec, row.anchor, row.guild)
    return (*head, json.dumps(row.arguments, separators=(",", ":")), row.missed, int(row.declared), row.due)


def put(tx: Tx, rows: Sequence[ScheduleRow]) -> list[None]:
    """Store schedules; one with a key that is there already takes its place."""
    tx.many(_PUT, [_columns(row) for row in rows])
    return [None] * len(rows)


def cancel(tx: Tx, keys: Sequence[tuple[str, str]]) -> list[bool]:
    """Delete by plugin and key; whether it was there."""
    sql = "delete from host_schedules where plugin = ? and key = ? returning key"
    return [tx.one(sql, key) is not None for key in keys]


def drop(tx: Tx, plugins: Sequence[str]) -> list[None]:
    """Delete all of a plugin."""
    tx.many("delete from host_schedules where plugin = ?", [(plugin,) for plugin in plugins])
    return [None] * len(plugins)


def release(tx: Tx, plugins: Sequence[str]) -> list[None]:
    """What was held back while a plugin was disabled is due again."""
    sql = f"update host_schedules set state = {WAITING} where plugin = ? and state = {HELD}"
    tx.many(sql, [(plugin,) for plugin in plugins])
    return [None] * len(plugins)


def begin(tx: Tx, begins: Sequence[Begin]) -> list[bool]:
    """Move rows on to their next time and mark those that run as begun; whether each was still as it was read."""
    return [_begin(tx, begin) for begin in begins]


def _begin(tx: Tx, begin: Begin) -> bool:
    row = begin.row
    same = f"where plugin = ? and key = ? and due = ? and run = ? and state = {WAITING} returning key"
    key = (row.plugin, row.key, row.due, row.run)
    if begin.hold:
        return tx.one(f"update host_schedules set state = {HELD} {same}", key) is not None
    if not begin.run and begin.next is None:
        return tx.one(f"delete from host_schedules {same}", key) is not None
    begun = row.due if begin.run else None
    found = tx.one(
        f"update host_schedules set due = ?, begun = ?, run = ? {same}", (begin.next, begun, begin.run, *key)
    )
    return found is not None


def complete(tx: Tx, completions: Sequence[Completion]) -> list[list[tuple[str, Exception]]]:
    """End runs, each together with its writes; the writes that failed are returned (they lost only their own)."""
    return [_complete(tx, completion) for completion in completions]


def _complete(tx: Tx, completion: Completion) -> list[tuple[str, Exception]]:
    row = completion.row
    outcomes = [(owner, tx.unit(write, owner)) for owner, write in completion.units]
    if completion.also is not None:
        completion.also(tx)
    key = (row.plugin, row.key, row.run)
    over = tx.one(
        "delete from host_schedules where plugin = ? and key = ? and run = ? and due is null returning key", key
    )
    if over is None:
        tx.many("update host_schedules set run = '', begun = null where plugin = ? and key = ? and run = ?", [key])
    return [(owner, error) for owner, error in outcomes if error is not None]


def sync(tx: Tx, syncs: Sequence[Sync]) -> list[None]:
    """Bring the declared rows in line; what is unchanged keeps its place in time."""
    for each in syncs:
        _sync(tx, each)
    return [None] * len(syncs)


def _sync(tx: Tx, sync: Sync) -> None:
    sql = f"select {COLUMNS} from host_schedules where plugin = ? and declared = 1"
    there = {row.key: row for row in map(row_from, tx.all(sql, (sync.plugin,)))}
    wanted = {row.key: row for row in sync.rows}
    tx.many(
        "delete from host_schedules where plugin = ? and key = ? and declared = 1",
        [(sync.plugin, key) for key in there.keys() - wanted.keys()],
    )
    put(tx, [row for key, row in wanted.items() if key not in there or _form(row) != _form(there[key])])
    tx.many(  # the zone of a guild may have changed; what is due already stays due
        "update host_schedules set due = ? where plugin = ? and key = ? and kind = 'cron' and due > ?",
        [(row.due, sync.plugin, key, sync.now) for key, row in wanted.items() if key in there],
    )


def _form(row: ScheduleRow) -> tuple[Any, ...]:
    return (row.job, row.kind, row.spec, row.missed, row.guild)
