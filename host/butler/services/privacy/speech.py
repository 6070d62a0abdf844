"""Taking a person out of what the host itself remembers: what they said and did, and what was said to them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from butler.services.privacy.identity import Identity
from butler.store import schema
from butler.store.database import Batch, Database, Tx
from butler.store.search import documents, forget_text, replace_text

_PAGE: Final = 200
_MESSAGES: Final = "('message', 'nudge')"
_SPOKEN: Final = f"select seq, id from host_inbox where author = ? and kind in {_MESSAGES} order by seq limit {_PAGE}"
_DONE: Final = (
    f"select seq, body from host_inbox where author = ? and kind not in {_MESSAGES} order by seq limit {_PAGE}"
)


async def forget(database: Database, who: Identity) -> dict[str, int]:
    """Take a person out of all that; how many rows of each kind were deleted or changed."""
    counts = {
        "messages": await _all(database, _SPOKEN, (who.person,), _forget_messages, who),
        "events": await _all(database, _DONE, (who.person,), _forget_events, who),
        "sent": await _sent(database, who),
        "mentions": await _mentions(database, who),
    }
    rest: dict[str, int] = await database.submit(_forget_rest, who)
    return {name: count for name, count in {**counts, **rest}.items() if count}


async def _all(database: Database, sql: str, params: tuple[Any, ...], batch: Batch, who: Identity) -> int:
    """Page by page: what was dealt with is not found again."""
    count = 0
    while rows := await database.query(sql, params):
        await database.submit(batch, (who, rows))
        count += len(rows)
    return count


def _forget_messages(tx: Tx, pages: Sequence[tuple[Identity, Sequence[tuple[int, str]]]]) -> list[None]:
    """The text is gone, the message stays as nobody's; what was decided about it and answered to it goes as well."""
    for who, rows in pages:
        for seq, identifier in rows:
            forget_text(tx, identifier)
            _anonymise(tx, seq, who, lambda body, who: {**body, "author": {"id": who.replacement}})
            tx.many("delete from host_records where seq = ?", [(seq,)])
            ended = ", ".join("?" * len(schema.ENDED))
            tx.all(f"update host_turns set answer = '' where seq = ? and state in ({ended})", (seq, *schema.ENDED))
            for number, action in tx.all(
                "select id, action from host_outbox where seq = ? and state <> ?", (seq, schema.WAITING)
            ):
                _silence(tx, number, action)
    return [None] * len(pages)


def _forget_events(tx: Tx, pages: Sequence[tuple[Identity, Sequence[tuple[int, str]]]]) -> list[None]:
    for who, rows in pages:
        for seq, _ in rows:
            _anonymise(tx, seq, who, _nobodys)
    return [None] * len(pages)


def _nobodys(event: dict[str, Any], who: Identity) -> dict[str, Any]:
    """What happened, without who did it, and without words of an edit of theirs."""
    bare = {name: value for name, value in event.items() if name != "data"}
    text = {"text": ""} if event.get("kind") == "edit" else {}
    return {**bare, **text, "person": {"id": who.replacement}}


def _anonymise(tx: Tx, seq: int, who: Identity, change: Callable[[dict[str, Any], Identity], dict[str, Any]]) -> None:
    found = tx.one("select body from host_inbox where seq = ?", (seq,))
    body = change(json.loads(found[0]) if found else {}, who)
    text = who.replaced(json.dumps(body, separators=(",", ":")))
    tx.many("update host_inbox set author = ?, body = ? where seq = ?", [(who.replacement, text, seq)])


def _silence(tx: Tx, number: int, action: str) -> None:
    kept = {name: value for name, value in json.loads(action).items() if name not in {"reply", "data"}}
    tx.many("update host_outbox set action = ? where id = ?", [(json.dumps(kept, separators=(",", ":")), number)])


async def _sent(database: Database, who: Identity) -> int:
    """Rows of the outbox that are addressed to the person: what waits is not sent any more, the words are gone."""
    where = " or ".join([f"{_position(database)}(action, ?) > 0"] * len(who.forms))
    rows = await database.query(f"select id, action from host_outbox where {where}", who.forms)
    mine = [(number, text) for number, text in rows if who.person in _addressees(json.loads(text))]
    for first in range(0, len(mine), _PAGE):
        await database.submit(_forget_sent, mine[first : first + _PAGE])
    return len(mine)


def _position(database: Database) -> str:
    return "strpos" if database.dialect == "postgresql" else "instr"


def _addressees(action: dict[str, Any]) -> tuple[str, str]:
    return action.get("target", ""), action.get("channel", "")


def _forget_sent(tx: Tx, pages: Sequence[Sequence[tuple[int, str]]]) -> list[None]:
    for rows in pages:
        for number, action in rows:
            _silence(tx, number, action)
            sql = "update host_outbox set state = ?, sent = 'forgotten' where id = ? and state = ?"
            tx.many(sql, [(schema.GIVEN_UP, number, schema.WAITING)])
    return [None] * len(pages)


async def _mentions(database: Database, who: Identity) -> int:
    """What others said of the person by their id: with another word in its place, in history and search."""
    where = " or ".join([f"{_position(database)}(text, ?) > 0"] * len(who.needles))
    count = 0
    for source, kept in (("host_inbox", "'', body"), ("host_search_documents", "owner, meta")):
        last = -(2**63)
        sql = f"select seq, id, text, {kept} from {source} where seq > ? and ({where}) order by seq limit {_PAGE}"
        while rows := await database.query(sql, (last, *who.needles)):
            last = rows[-1][0]
            changed = [(row[1], new, *row[3:]) for row in rows if (new := who.replaced_in_speech(row[2])) != row[2]]
            await database.submit(_replace_speech, changed)
            count += len(changed)
    return count


def _replace_speech(tx: Tx, pages: Sequence[Sequence[tuple[str, str, str, str]]]) -> list[None]:
    for rows in pages:
        for identifier, text, owner, body in rows:
            if owner:
                documents.rewrite(tx, owner, identifier, text)
            else:
                replace_text(tx, identifier, text, body)
    return [None] * len(pages)


def _forget_rest(tx: Tx, people: Sequence[Identity]) -> list[dict[str, int]]:
    return [_rest_of(tx, who) for who in people]


def _rest_of(tx: Tx, who: Identity) -> dict[str, int]:
    mine = (who.person,)
    about = tx.all("select owner, id from host_search_documents where author = ?", mine)
    documents.remove(tx, [(owner, identifier) for owner, identifier in about])
    return {
        "reactions": len(tx.all("delete from host_reactions where person = ? returning 1", mine)),
        "directory": len(tx.all("delete from host_people where id = ? returning 1", mine)),
        "documents": len(about),
    }
