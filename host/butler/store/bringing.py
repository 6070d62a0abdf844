"""Messages that are brought in later: fetched from a platform's past, or imported. They are kept, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import frozen

from butler.model import Message
from butler.store import schema
from butler.store.codec import pack
from butler.store.database import Tx
from butler.store.search import index
from butler.store.sql import clean

_INSERT = (
    "insert into host_inbox (seq, id, kind, guild, channel, author, at, text, body, state) "
    f"values (?, ?, 'message', ?, ?, ?, ?, ?, ?, {schema.DONE}) on conflict (id) do nothing"
)


@frozen
class Brought:
    """Messages, oldest first, and how they are numbered: from ``first`` on, or (0) with the next numbers."""

    messages: Sequence[Message]
    first: int
    next_seq: Callable[[], int]


def bring(tx: Tx, items: Sequence[Brought]) -> list[int]:
    """Write each; returns how many were new."""
    return [_brought(tx, item) for item in items]


def _brought(tx: Tx, item: Brought) -> int:
    fresh = _unknown(tx, item.messages)
    rows = [
        (
            item.first + number if item.first else item.next_seq(),
            *(m.id, m.guild.id, m.channel.id, m.author.id, m.at.timestamp(), clean(m.text), pack(m)),
        )
        for number, m in enumerate(fresh)
    ]
    tx.many(_INSERT, rows)
    seen = index.seen(tx)
    index.put(tx, [(row[0], row[6]) for row in rows if row[0] <= seen])  # the others are indexed in their turn
    return len(rows)


def _unknown(tx: Tx, messages: Sequence[Message]) -> list[Message]:
    by_id = {message.id: message for message in messages}
    known = {row[0] for key in by_id for row in tx.all("select id from host_inbox where id = ?", (key,))}
    return [message for key, message in by_id.items() if key not in known]


def below(tx: Tx, wanted: Sequence[int]) -> list[int]:
    """The first of so many numbers below all that there are; 0 where a store from before has no room there."""
    lowest = int(tx.all(f"select coalesce(min(seq), {schema.FIRST}) from host_inbox")[0][0])
    return [lowest - many if lowest > many else 0 for many in wanted]
