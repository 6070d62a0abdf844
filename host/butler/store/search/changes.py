"""A text that is edited or deleted: replaced or gone from history and search at once (HOST-29)."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any, Final

from butler.store import schema
from butler.store.database import Tx
from butler.store.search import index
from butler.store.sql import clean

PARSED: Final = frozenset({"links", "mentions", "emoji"})
"""Fields of a message's body that were read out of its text."""


def replace_text(tx: Tx, message: str, text: str, body: str | None = None) -> bool:
    """A message was edited: history and search have the new text, nothing has the old one.

    ``body`` is its new packed form; without it the old one loses what was parsed out of the old text. What
    was derived from the message is marked for revision. Inside the caller's transaction. Returns whether
    the host had the message.
    """
    text = clean(text)
    found = _out_of_the_index(tx, message)
    if found is None:
        return False
    seq, channel, indexed = found
    body = _bare(tx, seq, PARSED) if body is None else clean(body)
    tx.many("update host_inbox set text = ?, body = ? where seq = ?", [(text, body, seq)])
    if indexed:
        index.put(tx, [(seq, text)])
    _forget_edits(tx, message, seq, channel, over=True)
    mark_derived(tx, message)
    return True


def forget_text(tx: Tx, message: str) -> bool:
    """A message was deleted: its text is gone from history, search, edits, and from what was sent of it.

    What was derived from it is marked for revision. Inside the caller's transaction. Returns whether
    the host had the message.
    """
    found = _out_of_the_index(tx, message)
    if found is None:
        return False
    seq, channel, _ = found
    body = _bare(tx, seq, {*PARSED, "attachments"})
    tx.many("update host_inbox set text = '', body = ? where seq = ?", [(body, seq)])
    _forget_edits(tx, message, seq, channel, over=False)
    _forget_sent(tx, message)
    mark_derived(tx, message)
    return True


def prune(tx: Tx, messages: Sequence[tuple[int, str, str]]) -> None:
    """Messages (number, kind, text) leave the history because they are old: they leave the search with it."""
    seen = index.seen(tx)
    index.take(tx, [(seq, text) for seq, kind, text in messages if kind == "message" and seq <= seen])


def mark_derived(tx: Tx, message: str) -> None:
    """Mark the documents that name a message as their source: their owner looks at them again."""
    tx.many(
        "update host_search_documents set revise = 1 "
        "where seq in (select document from host_search_sources where message = ?)",
        [(message,)],
    )


def _out_of_the_index(tx: Tx, message: str) -> tuple[int, str, bool] | None:
    """Its number and channel, and whether the index had come so far."""
    found = tx.one("select seq, channel, kind, text from host_inbox where id = ?", (message,))
    if found is None:
        return None
    seq, channel, kind, text = found
    indexed = kind == "message" and seq <= index.seen(tx)
    if indexed:
        index.take(tx, [(seq, text)])
    return seq, channel, indexed


def _bare(tx: Tx, seq: int, without: Collection[str]) -> str:
    body = tx.one("select body from host_inbox where seq = ?", (seq,))
    kept = {name: value for name, value in json.loads(body[0] if body else "{}").items() if name not in without}
    return json.dumps(kept, separators=(",", ":"))


def _forget_edits(tx: Tx, message: str, seq: int, channel: str, *, over: bool) -> None:
    """Texts that the message had in between; with ``over`` those only that the plugins have seen already."""
    sql = "select seq, body from host_inbox where kind = 'edit' and channel = ? and seq > ? and state >= ?"
    edits = tx.all(sql, (channel, seq, schema.DONE if over else schema.RECEIVED))
    mine = [(each, body) for each, text in edits if (body := json.loads(text)).get("target") == message]
    rows = [(json.dumps({**body, "text": "", "data": {}}, separators=(",", ":")), each) for each, body in mine]
    tx.many("update host_inbox set text = '', body = ? where seq = ?", rows)


def _forget_sent(tx: Tx, message: str) -> None:
    """The message was the host's own: the answer stands in the outbox and in its turn, too."""
    for number, turn, action in tx.all("select id, turn, action from host_outbox where sent = ?", (message,)):
        tx.many("update host_outbox set action = ? where id = ?", [(_silent(json.loads(action)), number)])
        ended: Sequence[Any] = (turn, *schema.ENDED)
        sql = f"update host_turns set answer = '' where id = ? and state in ({', '.join('?' * len(schema.ENDED))})"
        tx.many(sql, [ended])


def _silent(action: dict[str, Any]) -> str:
    kept = {name: value for name, value in action.items() if name not in {"reply", "data"}}
    return json.dumps(kept, separators=(",", ":"))
