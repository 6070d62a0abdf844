"""The outbox's rows: what is to be sent, written before it is (HOST-5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from butler.store import schema
from butler.store.codec import pack
from butler.store.database import Tx
from butler.store.marks import Out

_OUT = (
    "insert into host_outbox (id, key, turn, seq, owner, channel, action, state, not_before, made, sent) "
    "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '') on conflict (key) do nothing"
)
_WHOLE = f"update host_outbox set action = ?, not_before = ?, state = {schema.WAITING} where id = ?"


def write_outs(outs: Sequence[Out], tx: Tx) -> None:
    """Write rows in the caller's transaction; those whose draft is there become whole."""
    new = [_out_row(out) for out in outs if not out.drafted]
    if new:
        tx.many(_OUT, new)
    drafted = [_whole(out) for out in outs if out.drafted]
    if drafted:
        tx.many(_WHOLE, drafted)


def _whole(out: Out) -> tuple[Any, ...]:
    return (pack(out.action), out.not_before, out.id)


def write_drafts(tx: Tx, outs: Sequence[Out]) -> list[None]:
    """Keep rows whose replies are not whole yet."""
    tx.many(_OUT, [_out_row(out, schema.DRAFT) for out in outs])
    return [None] * len(outs)


def _out_row(out: Out, state: int = schema.WAITING) -> tuple[Any, ...]:
    action = pack(out.action)
    return (
        out.id,
        out.key,
        out.turn,
        out.seq,
        out.owner,
        out.action.channel,
        action,
        state,
        out.not_before,
        out.made,
    )
