"""What became of something that somebody was to be told."""

from __future__ import annotations

from typing import Final, Literal

from attrs import frozen

from butler.store import schema
from butler.store.database import Database

State = Literal["waiting", "sent", "left out"]
_STATES: Final[dict[int, State]] = {
    schema.WAITING: "waiting",
    schema.DELIVERED: "sent",
    schema.GIVEN_UP: "left out",
}


@frozen
class Pushed:
    """What became of a push; ``reason`` says why it was left out, and where it was said instead."""

    state: State
    reason: str = ""


async def outcome(database: Database, key: str) -> Pushed | None:
    """Of the push with a key (of a long one its last part); ``None``: there was none."""
    part = f"{key}/"
    rows = await database.query(
        "select state, sent from host_outbox where substr(key, 1, ?) = ? order by id desc limit 1", (len(part), part)
    )
    if not rows:
        return None
    state, sent = rows[0]
    return Pushed(_STATES.get(state, "waiting"), sent if state == schema.GIVEN_UP else "")
