"""Texts that plugins derive (memories, summaries) and want found; each knows the messages it comes from."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from butler.store.database import Tx
from butler.store.search import index
from butler.store.sql import clean


@frozen
class Document:
    """A text of a plugin as it is kept."""

    owner: str
    id: str
    text: str
    sources: tuple[str, ...] = ()
    guild: str = ""
    channel: str = ""
    author: str = ""
    at: float = 0.0
    meta: str = "{}"


def add(tx: Tx, documents: Sequence[Document]) -> list[None]:
    """Store and index documents, each in place of what its owner had under its id."""
    for document in documents:
        _remove(tx, document.owner, document.id)
        _add(tx, document)
    return [None] * len(documents)


def _add(tx: Tx, document: Document) -> None:
    lowest = tx.one("select coalesce(min(seq), 0) from host_search_documents")
    seq = (lowest[0] if lowest else 0) - 1
    text = clean(document.text)
    where = (document.guild, document.channel, document.author, document.at)
    tx.many(
        "insert into host_search_documents (seq, owner, id, guild, channel, author, at, text, meta, revise) "
        "values (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
        [(seq, document.owner, document.id, *where, text, clean(document.meta))],
    )
    tx.many(
        "insert into host_search_sources (message, document) values (?, ?)",
        [(message, seq) for message in sorted(set(document.sources))],
    )
    index.put(tx, [(seq, text)])


def rewrite(tx: Tx, owner: str, identifier: str, text: str) -> None:
    """Put another text in a document's place; it stays what it is otherwise."""
    found = tx.one("select seq, text from host_search_documents where owner = ? and id = ?", (owner, identifier))
    if found is not None:
        index.take(tx, [found])
        tx.many("update host_search_documents set text = ? where seq = ?", [(clean(text), found[0])])
        index.put(tx, [(found[0], clean(text))])


def remove(tx: Tx, keys: Sequence[tuple[str, str]]) -> list[bool]:
    """Take documents away by owner and id; whether each was there."""
    return [_remove(tx, owner, identifier) for owner, identifier in keys]


def _remove(tx: Tx, owner: str, identifier: str) -> bool:
    found = tx.one("select seq, text from host_search_documents where owner = ? and id = ?", (owner, identifier))
    if found is None:
        return False
    index.take(tx, [found])
    tx.many("delete from host_search_sources where document = ?", [found[:1]])
    tx.many("delete from host_search_documents where seq = ?", [found[:1]])
    return True
