"""The journal: what came in, what is being answered, what has to be sent; each step one mark (HOST-5).

A mark is a change of state together with everything that belongs to it: the writes of plugins, new
turns, rows of the outbox, the decision record. It is committed whole or not at all, and grouped with
the marks of other channels into one transaction by the writer thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from functools import partial
from itertools import count
from typing import Any

import attrs
from attrs import define

from butler.clock import Clock
from butler.config.secrets import Scrub, scrubbed_json
from butler.model import Action, Event, Message, Sent
from butler.store import schema
from butler.store.codec import pack
from butler.store.database import Database, Tx, Waiter
from butler.store.marks import Mark, Marked, Out, Unit
from butler.store.outbox import write_drafts, write_outs
from butler.store.recovery import Recovery, Unsent
from butler.store.search import forget_text, replace_text
from butler.store.sql import clean


@define
class _Numbers:
    """Rising numbers for rows; one process owns the journal."""

    seq: count[int]
    turn: count[int]
    out: count[int]


class Journal:
    """Writes the journal; what was left open is read back through :attr:`recovery`."""

    def __init__(self, database: Database, clock: Clock, scrub: Scrub = str) -> None:
        """``scrub`` takes secrets out of a text: no decision record holds one."""
        self._database = database
        self._clock = clock
        self._mark = partial(_mark, scrub)  # one object: marks are grouped by what writes them
        self.recovery = Recovery(database)
        self._numbers: _Numbers
        self.tag = ""

    async def start(self) -> None:
        """Make the tables and find the numbers to go on from."""
        await self._database.submit(_create, None)
        seq, turn, out, self.tag = await self.recovery.numbers()
        self._numbers = _Numbers(count(seq + 1), count(turn + 1), count(out + 1))

    def next_turn(self) -> int:
        """A number for a new turn."""
        return next(self._numbers.turn)

    def out(
        self, action: Action, owner: str, *, turn: int = 0, seq: int = 0, wait: float = 0, key: str = "", hops: int = 0
    ) -> Out:
        """A new row for the outbox. ``key`` names it where the same thing may be asked for twice."""
        number = next(self._numbers.out)
        now = self._clock.now().timestamp()
        later = now + wait if wait else 0.0
        name = key or f"{self.tag}{number:x}"
        return Out(number, name, action, owner, now, turn, seq, later, named=bool(key), hops=hops)

    def again(self, row: Unsent, hops: int = 0) -> Out:
        """A row that was read back after a start."""
        out = Out(row.id, row.key, row.action, row.owner, row.made, row.turn, row.seq, row.not_before)
        return attrs.evolve(out, recovered=True, hops=hops)

    def draft(self, out: Out) -> Awaitable[None]:
        """Keep a row whose reply is not whole yet; it is sent once a mark holds it as ``drafted``."""
        return self._database.submit(write_drafts, out)

    async def owns(self, out: Out) -> bool:
        """Whether the row was written, and not one with the same key before it."""
        found = await self._database.query("select id from host_outbox where key = ?", (out.key,))
        return bool(found) and found[0][0] == out.id

    def key_for_platform(self, out: Out) -> str:
        """The key that the platform sees: at most 25 characters, the same for each try."""
        return f"b{self.tag}{out.id:x}"

    def next_seq(self) -> int:
        """A number for something that comes in."""
        return next(self._numbers.seq)

    def receive(self, item: Message | Event, waiter: Waiter | None = None) -> Awaitable[int]:
        """Journal what came in, under its number or the next. Gives the number, or 0 if its id is known already."""
        row = item if item.seq else attrs.evolve(item, seq=self.next_seq())
        return self._database.submit(_receive, row, waiter)

    def mark(self, mark: Mark) -> asyncio.Future[Marked]:
        """Commit one step."""
        return self._database.submit(self._mark, mark)

    def sent(self, out: Out, sent: Sent, echo: Message | None) -> Awaitable[int]:
        """An action was done; ``echo`` is what was said, entering the log as a message. Returns its number or 0."""
        row = attrs.evolve(echo, seq=self.next_seq()) if echo else None
        return self._database.submit(_sent, (out.id, schema.DELIVERED, sent.id, row))

    def given_up(self, out: Out, reason: str) -> Awaitable[int]:
        """An action cannot be done; the reason is kept."""
        return self._database.submit(_sent, (out.id, schema.GIVEN_UP, reason, None))

    def cursor(self, name: str, value: str) -> Awaitable[None]:
        """Keep how far a platform has been read."""
        return self._database.submit(_cursor, (name, value))


def _create(tx: Tx, rows: Sequence[None]) -> Sequence[None]:
    for statement in schema.TABLES:
        tx.all(statement)
    return rows


_INSERT = (
    "insert into host_inbox (seq, id, kind, guild, channel, author, at, text, body, state) "
    "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (id) do nothing"
)


def _inbox_row(item: Message | Event) -> tuple[Any, ...]:
    at = item.at.timestamp()
    if isinstance(item, Message):
        channel = item.channel
        head = (item.seq, item.id, item.kind, channel.guild.id, channel.id, item.author.id)
        return (*head, at, clean(item.text), pack(item), schema.RECEIVED)
    where = item.channel.id if item.channel else ""
    who = item.person.id if item.person else ""
    identity = item.id or f"{item.guild.platform}:~{item.seq}"
    return (item.seq, identity, item.kind, item.guild.id, where, who, at, "", pack(item), schema.RECEIVED)


def _receive(tx: Tx, items: Sequence[Message | Event]) -> list[int]:
    """Insert what is new; of reactions without an id only those that change who has which on what."""
    stale = {item.seq for item in items if isinstance(item, Event) and not _changes(tx, item)}
    rows = [_inbox_row(item) for item in items if item.seq not in stale]
    seqs = [row[0] for row in rows]
    kept = set(seqs)
    if tx.many(_INSERT, rows) < len(rows):
        found = tx.all("select seq from host_inbox where seq between ? and ?", (min(seqs), max(seqs)))
        kept.intersection_update([seq for (seq,) in found])
    for item in items:
        if isinstance(item, Event) and item.seq in kept:  # what is delivered again may be older than what holds by now
            _follow(tx, item)
    return [item.seq if item.seq in kept else 0 for item in items]


def _follow(tx: Tx, event: Event) -> None:
    """An edit replaces, a deletion removes a text from history and search at once (HOST-29).

    What it was stands beside the event until the plugins were told of it.
    """
    if event.kind not in schema.CHANGING:
        return
    was = tx.one("select text from host_inbox where id = ?", (event.target,))
    if was is not None and was[0]:
        tx.many("update host_inbox set text = ? where seq = ?", [(was[0], event.seq)])
    if event.kind == "edit":
        replace_text(tx, event.target, clean(event.text))
    else:
        forget_text(tx, event.target)


def _changes(tx: Tx, event: Event) -> bool:
    if event.id or event.kind not in {"reaction_added", "reaction_removed"}:
        return True
    row = (event.target, event.person.id if event.person else "", clean(event.text))
    there = tx.one("select 1 from host_reactions where target = ? and person = ? and emoji = ?", row)
    if (there is not None) == (event.kind == "reaction_added"):
        return False
    if there is None:
        tx.many("insert into host_reactions (target, person, emoji) values (?, ?, ?)", [row])
    else:
        tx.many("delete from host_reactions where target = ? and person = ? and emoji = ?", [row])
    return True


def _mark(scrub: Scrub, tx: Tx, marks: Sequence[Mark]) -> list[Marked]:
    """All marks of a group, one statement of each kind; plugins' units first, a savepoint each."""
    results = [Marked(tuple(_units(tx, mark.units))) if mark.units else _NOTHING_FAILED for mark in marks]
    write_outs([out for mark in marks for out in mark.outs], tx)
    _some(tx, _TURN, [(turn, mark.seq, who, schema.OPEN, "") for mark in marks for turn, who in mark.opened])
    _some(tx, "update host_turns set state = ? where id = ?", _turn_states(marks))
    _some(tx, "update host_turns set answer = ? where id = ?", [(m.answer, m.turn) for m in marks if m.answer])
    _some(tx, "update host_inbox set state = ? where seq = ?", [(m.state, m.seq) for m in marks if m.state is not None])
    _some(tx, "update host_inbox set text = '' where seq = ?", [(m.seq,) for m in marks if m.told])
    _some(tx, _RECORD, [(m.seq, *m.record[:3], scrubbed_json(clean(m.record[3]()), scrub)) for m in marks if m.record])
    return results


_NOTHING_FAILED = Marked()
_TURN = "insert into host_turns (id, seq, who, state, answer) values (?, ?, ?, ?, ?) on conflict (seq, who) do nothing"
_RECORD = (
    "insert into host_records (seq, id, channel, at, body) values (?, ?, ?, ?, ?) "
    "on conflict (seq) do update set body = excluded.body"
)


def _turn_states(marks: Iterable[Mark]) -> list[tuple[str, int]]:
    return [(mark.turn_state, mark.turn) for mark in marks if mark.turn_state]


def _some(tx: Tx, sql: str, rows: list[Any]) -> None:
    if rows:
        tx.many(sql, rows)


def _units(tx: Tx, units: Sequence[Unit]) -> Iterable[tuple[str, Exception]]:
    for owner, write in units:
        error = tx.unit(write, owner)
        if error is not None:
            yield owner, error


def _sent(tx: Tx, rows: Sequence[tuple[int, int, str, Message | None]]) -> list[int]:
    tx.many(
        "update host_outbox set state = ?, sent = ? where id = ?", [(state, sent, out) for out, state, sent, _ in rows]
    )
    echoes = [row[3] for row in rows if row[3] is not None]
    if not echoes:
        return [0] * len(rows)
    kept = set(_receive(tx, echoes))
    return [echo.seq if echo is not None and echo.seq in kept else 0 for _, _, _, echo in rows]


def _cursor(tx: Tx, rows: Sequence[tuple[str, str]]) -> list[None]:
    tx.many(
        "insert into host_cursors (name, value) values (?, ?) on conflict (name) do update set value = excluded.value",
        list(rows),
    )
    return [None] * len(rows)
