"""What the journal still holds open, read back: after a crash, and when memory was not enough."""

from __future__ import annotations

import secrets
from typing import Any

import attrs
from attrs import frozen

from butler.model import Action, Event, Message
from butler.store import schema
from butler.store.codec import message_from, unpack
from butler.store.database import Database, Tx


@frozen
class OpenTurn:
    """A turn that has not ended: how far it came, and the answer that was paid for."""

    id: int
    who: str
    state: str = schema.OPEN
    answer: str = ""
    fresh: bool = False
    """It was opened just now; nothing of it can have been done."""


@frozen
class Pending:
    """Something in the inbox that is not done: what it is, how far it came, its open turns."""

    item: Message | Event
    state: int = schema.RECEIVED
    turns: tuple[OpenTurn, ...] = ()


@frozen
class Unsent:
    """A row of the outbox that was not confirmed."""

    id: int
    key: str
    turn: int
    seq: int
    owner: str
    action: Action
    not_before: float
    made: float
    cause: Message | None = None
    """The message while which it was asked for."""


class Recovery:
    """Reads what is open, in the order in which it came."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def numbers(self) -> tuple[int, int, int, str]:
        """The highest number of inbox, turns and outbox, and this store's own tag for keys."""
        return await self._database.submit(_numbers, None)  # type: ignore[no-any-return]

    async def channels(self) -> list[tuple[str, str]]:
        """Guild and channel of everything that is not done, oldest first."""
        rows = await self._query(
            f"select guild, channel, min(seq) from host_inbox where state < {schema.DONE} "
            "group by guild, channel order by 3"
        )
        return [(guild, channel) for guild, channel, _ in rows]

    async def backlog(self, guild: str, channel: str, after: int, limit: int, host: Any) -> list[Pending]:
        """The next pending ones of a channel with a number above ``after``."""
        rows = await self._query(
            "select seq, id, kind, text, body, state from host_inbox "
            f"where channel = ? and guild = ? and seq > ? and state < {schema.DONE} order by seq limit ?",
            (channel, guild, after, limit),
        )
        return [await self._pending(row, host) for row in rows]

    async def _pending(self, row: tuple[Any, ...], host: Any) -> Pending:
        seq, _, kind, text, body, state = row
        said = kind in {"message", "nudge"}
        item = message_from(body, seq, text, host) if said else attrs.evolve(unpack(Event, body), seq=seq)
        turns = await self._turns(seq) if state == schema.OBSERVED else ()
        return Pending(item, state, turns)

    async def _turns(self, seq: int) -> tuple[OpenTurn, ...]:
        rows = await self._query("select id, who, state, answer from host_turns where seq = ? order by id", (seq,))
        return tuple(OpenTurn(*row) for row in rows if row[2] not in schema.ENDED)

    async def unsent(self, after: int = 0, limit: int = 500) -> list[Unsent]:
        """Unconfirmed rows of the outbox, oldest first."""
        rows = await self._query(
            "select o.id, o.key, o.turn, o.seq, o.owner, o.not_before, o.made, o.action, i.body from host_outbox o "
            f"left join host_inbox i on i.seq = o.seq and i.kind in {_SAID} "
            f"where o.state = {schema.WAITING} and o.id > ? order by o.id limit ?",
            (after, limit),
        )
        return [_unsent(row[:5], row[5:]) for row in rows]

    async def rows_of_turn(self, turn: int) -> list[tuple[int, int]]:
        """Number and state of the outbox rows that a turn has written."""
        return await self._query("select id, state from host_outbox where turn = ? order by id", (turn,))

    async def draft_of(self, turn: int) -> Unsent | None:
        """The row of a reply that was being made in a turn when the host ended."""
        rows = await self._query(
            "select id, key, turn, seq, owner, action, not_before, made from host_outbox "
            f"where turn = ? and state = {schema.DRAFT} limit 1",
            (turn,),
        )
        if not rows:
            return None
        number, key, _, seq, owner, action, not_before, made = rows[0]
        return Unsent(number, key, turn, seq, owner, unpack(Action, action), not_before, made)

    async def cursor(self, name: str) -> str | None:
        """How far a platform has been read, as it was last kept."""
        rows = await self._query("select value from host_cursors where name = ?", (name,))
        return rows[0][0] if rows else None

    async def history(self, channel: str, *, before: int, limit: int, host: Any = None) -> list[Message]:
        """The last messages of a channel with a number below ``before``, oldest first."""
        rows = await self._query(
            "select seq, text, body from host_inbox where channel = ? and kind = 'message' and seq < ? "
            "order by seq desc limit ?",
            (channel, before, limit),
        )
        return [message_from(body, seq, text, host) for seq, text, body in reversed(rows)]

    async def said_before(self, turn: int, seq: int, host: Any = None) -> list[Message]:
        """What the turns before this one said to the same message, in order."""
        rows = await self._query(
            "select i.seq, i.text, i.body from host_outbox o join host_inbox i on i.id = o.sent "
            "where o.turn in (select id from host_turns where seq = ? and id < ?) order by i.seq",
            (seq, turn),
        )
        return [message_from(body, number, text, host) for number, text, body in rows]

    async def talk(self, channel: str, *, before: int, limit: int) -> list[tuple[Message, tuple[str, ...]]]:
        """The last things that were said in a channel, nudges too, each with the personas that have a turn to it."""
        rows = await self._query(
            f"select seq, text, body from host_inbox where channel = ? and kind in {_SAID} and seq < ? "
            "order by seq desc limit ?",
            (channel, before, limit),
        )
        first = rows[-1][0] if rows else before
        turns = await self._query(
            "select t.seq, t.who from host_turns t join host_inbox i on i.seq = t.seq "
            "where i.channel = ? and i.seq >= ? and i.seq < ? and t.who like 'persona:%'",
            (channel, first, before),
        )
        return [
            (message_from(body, seq, text, None), tuple(who[8:] for of, who in turns if of == seq))
            for seq, text, body in reversed(rows)
        ]

    async def message(self, identifier: str, host: Any = None) -> Message | None:
        """One message by its platform's id."""
        rows = await self._query(
            f"select seq, text, body from host_inbox where id = ? and kind in {_SAID}", (identifier,)
        )
        return message_from(rows[0][2], rows[0][0], rows[0][1], host) if rows else None

    async def before(self, event: Event) -> Message | None:
        """The message that an edit or a deletion changes, as it was; known until the plugins were told of it."""
        rows = await self._query(
            f"select m.seq, e.text, m.body from host_inbox m, host_inbox e where m.id = ? and m.kind in {_SAID} "
            "and e.seq = ?",
            (event.target, event.seq),
        )
        return message_from(rows[0][2], rows[0][0], rows[0][1], None) if rows else None

    async def _query(self, sql: str, params: tuple[Any, ...] = ()) -> list[Any]:
        return await self._database.query(sql, params)


_SAID = "('message', 'nudge')"


def _unsent(head: tuple[int, str, int, int, str], rest: tuple[float, float, str, str | None]) -> Unsent:
    not_before, made, action, body = rest
    cause = message_from(body, head[3], "", None) if body else None
    return Unsent(*head, unpack(Action, action), not_before, made, cause)


_COUNTED = (("seq", "host_inbox", schema.FIRST), ("id", "host_turns", 0), ("id", "host_outbox", 0))


def _numbers(tx: Tx, rows: list[None]) -> list[tuple[int, int, int, str]]:
    tag = tx.one("select value from host_cursors where name = 'host:tag'")
    if tag is None:
        tag = (secrets.token_hex(3),)
        tx.many("insert into host_cursors (name, value) values ('host:tag', ?)", [tag])
    seq, turn, out = (
        tx.all(f"select coalesce(max({column}), {first}) from {table}")[0][0] for column, table, first in _COUNTED
    )
    return [(seq, turn, out, tag[0])] * len(rows)
