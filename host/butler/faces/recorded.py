"""Decision records out of the store: by a message's id, by a reply's id, or the last one."""

from __future__ import annotations

from typing import Any

from butler.errors import CommandError
from butler.model import Action
from butler.services.why import explain, latest_record, record_of, turning
from butler.store import schema
from butler.store.codec import unpack
from butler.store.database import Database
from butler.store.recovery import Recovery

_STATES = {schema.WAITING: "waiting", schema.DELIVERED: "delivered", schema.GIVEN_UP: "given up"}


async def why(database: Database, identifier: str) -> dict[str, Any]:
    """The record of a message, what was sent for it, and both in words.

    ``identifier`` is the id of a message or of a reply to it, or ``last``: the last thing a person said.
    Raises ``CommandError`` where there is none.
    """
    last = identifier == "last"
    record = await (latest_record(database) if last else record_of(database, identifier))
    if record is None:
        raise CommandError(
            "nothing was said yet" if last else f"there is no record of a message {identifier!r}",
            remedy="say something first"
            if last
            else "`butler why last` explains the last one; ids look like matrix:$…",
        )
    message = await Recovery(database).message(record["message"])
    change = turning(record)
    return {
        **record,
        "at": message.at.isoformat(timespec="milliseconds") if message else "",
        "author": (message.author.name or message.author.id) if message else "",
        "text": message.text if message else "",
        "sent": await _sent(database, message.seq) if message else [],
        "change": {"text": change.text, "plugins": list(change.plugins)} if change else None,
        "explained": explain(record, operator=True, disable="butler plugins disable"),
    }


async def _sent(database: Database, seq: int) -> list[dict[str, Any]]:
    rows = await database.query("select owner, action, state, sent from host_outbox where seq = ? order by id", (seq,))
    return [_row(*row) for row in rows]


def _row(owner: str, action: str, state: int, sent: str) -> dict[str, Any]:
    done = unpack(Action, action)
    reply = done.reply
    return {
        "owner": owner,
        "kind": done.kind,
        "channel": done.channel,
        "persona": reply.persona if reply else "",
        "text": reply.text if reply else "",
        "state": _STATES.get(state, str(state)),
        "reason" if state == schema.GIVEN_UP else "id": sent,
    }
