"""The table of jobs: what is under way, how far it came, and the last that ended."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from attrs import field, frozen

from butler.store.database import Tx
from butler.store.sql import clean

State = Literal["waiting", "running", "done", "failed", "cancelled", "interrupted"]
KEPT: Final = 50
"""How many ended jobs of a plugin can still be looked at."""
MOST_TRIES: Final = 5
"""How often a job is taken up again without getting any further, before it is given up."""

TABLES: Final = (
    """create table if not exists host_jobs (
        id text primary key,
        plugin text not null,
        key text not null,
        job text not null,
        arguments text not null,
        side_by_side smallint not null,
        resumable smallint not null,
        state text not null,
        done double precision not null,
        total double precision not null,
        text text not null,
        error text not null,
        tries smallint not null,
        made double precision not null
    )""",
    "create index if not exists host_jobs_plugin on host_jobs (plugin, made)",
)
_OPEN: Final = "state in ('waiting', 'running')"
COLUMNS: Final = (
    "id, plugin, key, job, arguments, side_by_side, resumable, state, done, total, text, error, tries, made"
)
LISTED: Final = f"select {COLUMNS} from host_jobs where plugin = ? order by made desc, id limit ?"
LISTED_ALL: Final = f"select {COLUMNS} from host_jobs where ? = '' order by made desc, id limit ?"
UNFINISHED: Final = f"select {COLUMNS} from host_jobs where plugin = ? and {_OPEN} order by made, id"


@frozen
class JobRow:
    """One piece of long work: what it is, and how far it came."""

    id: str
    plugin: str
    key: str
    job: str
    """The method's name."""
    arguments: Mapping[str, Any] = field(factory=dict)
    side_by_side: int = 1
    resumable: bool = False
    state: State = "waiting"
    done: float = 0.0
    total: float = 0.0
    """What ``done`` will be in the end; 0 if nobody can say."""
    text: str = ""
    error: str = ""
    tries: int = 0
    made: float = 0.0

    @property
    def at(self) -> dt.datetime:
        """When it was asked for."""
        return dt.datetime.fromtimestamp(self.made, dt.UTC)

    @property
    def ended(self) -> bool:
        """Nothing more will happen to it."""
        return self.state not in {"waiting", "running"}


def row_from(columns: Sequence[Any]) -> JobRow:
    """A row out of :data:`COLUMNS`."""
    named = dict(zip(COLUMNS.split(", "), columns, strict=True))
    return JobRow(**{**named, "arguments": json.loads(named["arguments"]), "resumable": bool(named["resumable"])})


def create(tx: Tx, rows: Sequence[None]) -> Sequence[None]:
    """Make the table."""
    for statement in TABLES:
        tx.all(statement)
    return rows


def put(tx: Tx, rows: Sequence[JobRow]) -> list[None]:
    """Store new jobs."""
    tx.many(
        f"insert into host_jobs ({COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [_columns(row) for row in rows],
    )
    return [None] * len(rows)


def _columns(row: JobRow) -> tuple[Any, ...]:
    head = (row.id, row.plugin, row.key, row.job, json.dumps(row.arguments, separators=(",", ":")))
    progress = (row.done, row.total, clean(row.text), clean(row.error))
    return (*head, row.side_by_side, int(row.resumable), row.state, *progress, row.tries, row.made)


def keep(tx: Tx, rows: Sequence[JobRow]) -> list[None]:
    """Write how far jobs came; of those that ended only the last are kept."""
    tx.many(
        "update host_jobs set state = ?, done = ?, total = ?, text = ?, error = ?, tries = ? where id = ?",
        [(row.state, row.done, row.total, clean(row.text), clean(row.error), row.tries, row.id) for row in rows],
    )
    for plugin in {row.plugin for row in rows if row.ended}:
        tx.many(
            f"delete from host_jobs where plugin = ? and not {_OPEN} and id not in (select id from host_jobs "
            f"where plugin = ? and not {_OPEN} order by made desc, id desc limit {KEPT})",
            [(plugin, plugin)],
        )
    return [None] * len(rows)


def drop(tx: Tx, plugins: Sequence[str]) -> list[None]:
    """Delete all of a plugin."""
    tx.many("delete from host_jobs where plugin = ?", [(plugin,) for plugin in plugins])
    return [None] * len(plugins)


def interrupt(tx: Tx, plugins: Sequence[str]) -> list[None]:
    """Work that cannot be taken up again is over: the process that did it is gone."""
    sql = f"update host_jobs set state = 'interrupted' where plugin = ? and resumable = 0 and {_OPEN}"
    tx.many(sql, [(plugin,) for plugin in plugins])
    return [None] * len(plugins)
