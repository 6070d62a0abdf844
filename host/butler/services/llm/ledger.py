"""The account of every call of a model: a row before it begins, with what it may cost; the truth after it (HOST-18).

A row that was open when the host was killed keeps what it had reserved: nobody knows what the call cost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import count
from typing import Any, Literal

from attrs import define, field

from butler.clock import Clock
from butler.errors import StoreError
from butler.provider import Usage
from butler.services.llm.asking import Asking
from butler.store.database import Database, Tx

State = Literal["open", "done", "failed", "cancelled", "lost"]
"""How a call ended; ``lost``: the host was killed meanwhile."""

TABLES = (
    """create table if not exists host_usage (
        id bigint primary key,
        at double precision not null,
        seq bigint not null,
        person text not null,
        guild text not null,
        persona text not null,
        plugin text not null,
        purpose text not null,
        provider text not null,
        model text not null,
        state text not null,
        input bigint not null,
        output bigint not null,
        cached bigint not null,
        written bigint not null,
        cost bigint,
        tokens bigint not null,
        money bigint not null,
        seconds double precision not null,
        estimated smallint not null
    )""",
    "create index if not exists host_usage_at on host_usage (at)",
    "create index if not exists host_usage_person on host_usage (person, at)",
    "create index if not exists host_usage_guild on host_usage (guild, at)",
    "create index if not exists host_usage_persona on host_usage (persona, at)",
    "create index if not exists host_usage_open on host_usage (id) where state = 'open'",
)
_OPEN = (
    "insert into host_usage (id, at, seq, person, guild, persona, plugin, purpose, provider, model, state, input, "
    "output, cached, written, cost, tokens, money, seconds, estimated) "
    "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_SETTLE = (
    "update host_usage set state = ?, input = ?, output = ?, cached = ?, written = ?, cost = ?, tokens = ?, "
    "money = ?, seconds = ?, estimated = ? where id = ?"
)


@define(eq=False)
class Entry:
    """One call. ``tokens`` and ``money`` are what it is charged: what it may use until it ended, then what it did."""

    id: int
    at: float
    asking: Asking
    provider: str
    model: str
    tokens: int
    money: int
    """Micro-units of the currency."""
    state: State = "open"
    usage: Usage = field(factory=Usage)
    cost: int | None = None
    """Micro-units of the currency; ``None``: the price is not known."""
    seconds: float = 0.0
    estimated: bool = False
    """The provider did not tell the usage: it broke off, or was cancelled."""

    @property
    def counts(self) -> bool:
        """Whether it counts as a request: not if it ended and nothing was used that costs anything."""
        return self.tokens > 0


class Ledger:
    """Writes the account."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self._clock = clock
        self._numbers = count(1)
        self.last = 0
        self.open: dict[int, Entry] = {}
        """What is under way, or not yet committed as ended."""

    async def start(self) -> None:
        """Make the table; what a crash left open is lost and stays charged. Raises ``StoreError``."""
        self.last = await self.database.submit(_create, None)
        self._numbers = count(self.last + 1)

    def entry(self, asking: Asking, provider: str, model: str, tokens: int, money: int) -> Entry:
        """A new call that may use so much; written by :meth:`begin`."""
        self.last = next(self._numbers)
        return Entry(self.last, self._clock.now().timestamp(), asking, provider, model, tokens, money)

    async def begin(self, entry: Entry) -> None:
        """Write it down before the call; returns after the commit. Raises ``StoreError``: then do not call."""
        self.open[entry.id] = entry
        try:
            await self.database.submit(_begin, entry)
        except BaseException:
            self.open.pop(entry.id, None)
            raise

    def end(self, entry: Entry) -> None:
        """Write down how it ended; nobody waits for that."""
        entry.tokens = entry.usage.total
        entry.money = entry.cost or 0
        self.open[entry.id] = entry
        self.database.submit(_end, entry).add_done_callback(lambda done: self._ended(entry, done))

    def free(self, entry: Entry) -> None:
        """Write down a call that cost nothing and was not reserved; nobody waits for that."""
        entry.tokens, entry.money = 0, 0
        self.database.submit(_begin, entry).add_done_callback(_seen)

    async def prune(self, before: float) -> None:
        """Drop what is older (seconds since 1970). Raises ``StoreError``."""
        await self.database.submit(_prune, before)

    async def export_person(self, person: str) -> list[dict[str, Any]]:
        """What was asked of models on somebody's behalf, as plain JSON."""
        names = ("at", "guild", "persona", "plugin", "purpose", "model", "input", "output", "cached", "cost")
        rows = await self.database.query(
            f"select {', '.join(names)} from host_usage where person = ? order by id", (person,)
        )
        return [dict(zip(names, row, strict=True)) for row in rows]

    async def forget_person(self, person: str, replacement: str) -> int:
        """Put ``replacement`` in their place: the sums stay. Returns how many rows there were."""
        return await self.database.submit(_forget, (person, replacement))  # type: ignore[no-any-return]

    def _ended(self, entry: Entry, done: asyncio.Future[Any]) -> None:
        self.open.pop(entry.id, None)
        _seen(done)


def _seen(done: asyncio.Future[Any]) -> None:
    """The store has said in the log what is wrong with it; the row stays as it was, which charges too much at worst."""
    if not done.cancelled() and (error := done.exception()) is not None and not isinstance(error, StoreError):
        raise error


def _create(tx: Tx, rows: Sequence[None]) -> list[int]:
    for statement in TABLES:
        tx.all(statement)
    tx.all("update host_usage set state = 'lost', estimated = 1 where state = 'open'")
    return [tx.all("select coalesce(max(id), 0) from host_usage")[0][0]] * len(rows)


def _begin(tx: Tx, entries: Sequence[Entry]) -> list[None]:
    tx.many(_OPEN, [_row(entry) for entry in entries])
    return [None] * len(entries)


def _row(entry: Entry) -> tuple[Any, ...]:
    asking, used = entry.asking, entry.usage
    return (
        entry.id, entry.at, asking.seq, asking.person, asking.guild.id, asking.persona, asking.plugin, asking.purpose,
        entry.provider, entry.model, entry.state, used.input, used.output, used.cached, used.written, entry.cost,
        entry.tokens, entry.money, entry.seconds, int(entry.estimated),
    )  # fmt: skip


def _end(tx: Tx, entries: Sequence[Entry]) -> list[None]:
    tx.many(_SETTLE, [_ending(entry) for entry in entries])
    return [None] * len(entries)


def _ending(entry: Entry) -> tuple[Any, ...]:
    used = entry.usage
    return (
        entry.state, used.input, used.output, used.cached, used.written, entry.cost, entry.tokens, entry.money,
        entry.seconds, int(entry.estimated), entry.id,
    )  # fmt: skip


def _prune(tx: Tx, rows: Sequence[float]) -> list[None]:
    tx.many("delete from host_usage where at < ?", [(before,) for before in rows])
    return [None] * len(rows)


def _forget(tx: Tx, rows: Sequence[tuple[str, str]]) -> list[int]:
    return [
        len(tx.all("update host_usage set person = ? where person = ? returning id", (replacement, person)))
        for person, replacement in rows
    ]
