"""The index as each engine keeps it: FTS5 on SQLite, tsvector with GIN on PostgreSQL; the same words in both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from butler.store.database import Tx
from butler.store.search.query import Query, to_fts5, to_tsquery, to_tsvector
from butler.store.words import VERSION, words

TABLES: Final = (
    # documents have numbers below zero, messages those of the inbox: one index serves both
    """create table if not exists host_search_documents (
        seq bigint primary key,
        owner text not null,
        id text not null,
        guild text not null,
        channel text not null,
        author text not null,
        at double precision not null,
        text text not null,
        meta text not null,
        revise smallint not null,
        unique (owner, id)
    )""",
    "create index if not exists host_search_documents_revise on host_search_documents (owner) where revise = 1",
    "create index if not exists host_search_documents_author on host_search_documents (author)",
    """create table if not exists host_search_sources (
        message text not null,
        document bigint not null,
        primary key (message, document)
    )""",
    "create index if not exists host_search_sources_document on host_search_sources (document)",
    "create index if not exists host_inbox_edits on host_inbox (channel, seq) where kind = 'edit'",
)
_INDEX: Final = {
    "sqlite": (
        # contentless: the texts stand elsewhere; `ascii` leaves the folded words as they are
        "create virtual table if not exists host_search_index using fts5(words, content='', tokenize='ascii')",
    ),
    "postgresql": (
        "create table if not exists host_search_index (rowid bigint primary key, words tsvector not null)",
        "create index if not exists host_search_index_words on host_search_index using gin (words)",
    ),
}
_SEEN, _VERSION = "host:search", "host:search:version"


def create(tx: Tx, rows: Sequence[None]) -> Sequence[None]:
    """Make the tables; an index of another version is dropped and filled again by :func:`catch_up`."""
    for statement in TABLES:
        tx.all(statement)
    found = tx.one("select value from host_cursors where name = ?", (_VERSION,))
    if found is not None and found[0] != VERSION:
        tx.all("drop table if exists host_search_index")
        _keep(tx, _SEEN, "0")
    for statement in _INDEX[tx.dialect]:
        tx.all(statement)
    if found is None or found[0] != VERSION:
        put(tx, tx.all("select seq, text from host_search_documents"))
        _keep(tx, _VERSION, VERSION)
    return rows


def _keep(tx: Tx, name: str, value: str) -> None:
    sql = "insert into host_cursors (name, value) values (?, ?) on conflict (name) do update set value = excluded.value"
    tx.many(sql, [(name, value)])


def seen(tx: Tx) -> int:
    """The number of the last message that was looked at for the index."""
    found = tx.one("select value from host_cursors where name = ?", (_SEEN,))
    return int(found[0]) if found else 0


def catch_up(tx: Tx, limits: Sequence[int]) -> list[int]:
    """Index the next messages, as many as the limit says; how many there were."""
    return [_catch_up(tx, limit) for limit in limits]


def _catch_up(tx: Tx, limit: int) -> int:
    found = tx.all(
        "select seq, text from host_inbox where seq > ? and kind = 'message' order by seq limit ?", (seen(tx), limit)
    )
    if found:
        put(tx, found)
        _keep(tx, _SEEN, str(found[-1][0]))
    return len(found)


def put(tx: Tx, texts: Iterable[Sequence[Any]]) -> None:
    """Index texts by number; they are not in the index yet."""
    found = ((seq, [word.text for word in words(text)]) for seq, text in texts)
    rows = [(seq, to_tsvector(each) if tx.dialect == "postgresql" else " ".join(each)) for seq, each in found if each]
    if rows:
        value = "?::tsvector" if tx.dialect == "postgresql" else "?"
        tx.many(f"insert into host_search_index (rowid, words) values (?, {value})", rows)


def take(tx: Tx, texts: Iterable[Sequence[Any]]) -> None:
    """Take texts out of the index, by number and as they were indexed."""
    if tx.dialect == "postgresql":
        tx.many("delete from host_search_index where rowid = ?", [(seq,) for seq, _ in texts])
        return
    found = ((seq, " ".join(word.text for word in words(text))) for seq, text in texts)
    tx.many(
        "insert into host_search_index (host_search_index, rowid, words) values ('delete', ?, ?)",
        [(seq, each) for seq, each in found if each],
    )


def merge(tx: Tx, pages: Sequence[int]) -> list[bool]:
    """Rewrite a part of FTS5's files without what was taken out; whether something is left to do.

    A negative number begins anew, a positive one goes on (FTS5's ``merge``). PostgreSQL has nothing to do here.
    """
    return [tx.dialect == "sqlite" and _merge(tx, number) for number in pages]


def _merge(tx: Tx, pages: int) -> bool:
    before = tx.one("select total_changes()")
    tx.all("insert into host_search_index (host_search_index, rank) values ('merge', ?)", (pages,))
    after = tx.one("select total_changes()")
    return before is not None and after is not None and bool(after[0] - before[0] >= 2)


def statement(dialect: str, source: str, conditions: str) -> str:
    """The select over ``source`` (inbox or documents, as ``t``) for the best texts.

    Its parameters: the query in the engine's language, those of the conditions, the limit.
    """
    if dialect == "postgresql":
        return (
            f"select {_COLUMNS} from (select ?::tsquery as wanted) q "
            f"join host_search_index f on f.words @@ q.wanted join {source} t on t.seq = f.rowid "
            f"where true {conditions} order by ts_rank(f.words, q.wanted, 1) desc, t.seq desc limit ?"
        )
    return (
        f"select {_COLUMNS} from host_search_index f cross join {source} t on t.seq = f.rowid "
        f"where f.words match ? {conditions} order by f.rank, t.seq desc limit ?"
    )


def in_language(dialect: str, query: Query) -> str:
    """The query as the engine takes it."""
    return to_tsquery(query) if dialect == "postgresql" else to_fts5(query)


_COLUMNS: Final = "t.seq, t.id, t.guild, t.channel, t.author, t.at, t.text"
