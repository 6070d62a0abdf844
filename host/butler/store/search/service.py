"""Full text over what was said and over what plugins derived from it, the same on SQLite and PostgreSQL (HOST-29)."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from attrs import field, frozen

from butler.store.database import Database, Tx
from butler.store.link import Link
from butler.store.search import documents, index
from butler.store.search.changes import forget_text, replace_text
from butler.store.search.documents import Document
from butler.store.search.query import Query, parse
from butler.store.search.rank import score, snippet

_CHUNK: Final = 1000
"""Messages that are indexed in one go; other writes come in between."""
_LOOKED_AT: Final = 200
"""Of how many that the engine thinks best the order is determined exactly."""
_PAGES: Final = 500
_TRIES: Final = 50


@frozen
class Hit:
    """A text that was found."""

    id: str
    """The message's id; of a document the one that its owner gave it."""
    seq: int
    snippet: str
    """The piece that matches, on one line, what was found between the marks."""
    score: float
    at: dt.datetime
    guild: str
    channel: str
    author: str


@frozen
class _Where:
    """Conditions and their parameters."""

    sql: list[str] = field(factory=list)
    params: list[Any] = field(factory=list)

    def add(self, condition: str, *params: Any) -> None:
        self.sql.append(f"and {condition}")
        self.params.extend(params)


class Search:
    """The search of one host. Messages are indexed when somebody searches, and by :meth:`catch_up`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def start(self) -> None:
        """Make the index. The journal's tables are there."""
        await self._database.submit(index.create, None)

    async def search(
        self,
        query: str,
        *,
        channels: Collection[str] | None = None,
        guild: str = "",
        author: str = "",
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        owner: str = "",
        any_of: bool = False,
        limit: int = 20,
        offset: int = 0,
        marks: tuple[str, str] = ("**", "**"),
    ) -> list[Hit]:
        """The texts that match, best first, newer before older ones that are as good.

        Any text works as ``query``: each of its words must be there (with ``any_of`` one), ``"two words"``
        one after the other, ``-word`` must not, ``wor*`` is a beginning; case and accents do not matter.
        ``channels`` are those that may be searched (``None``: all; empty: none). ``since`` is inclusive, ``until``
        is not. With ``owner`` the documents of that plugin are searched instead of messages.
        """
        wanted = parse(query, any_of=any_of)
        if wanted.empty or limit <= 0 or (channels is not None and not channels):
            return []
        if not owner:
            await self.catch_up()
        where = _where(channels, guild, author, since, until, owner)
        source = "host_search_documents" if owner else "host_inbox"
        sql = index.statement(self._database.dialect, source, " ".join(where.sql))
        most = max(_LOOKED_AT, offset + limit)
        found = await self._database.query(
            sql, (index.in_language(self._database.dialect, wanted), *where.params, most)
        )
        return await asyncio.to_thread(_best, wanted, found, offset, limit, marks)

    async def catch_up(self, limit: int | None = None) -> int:
        """Index what was said since the last time (at most so many); called each minute. Returns how many."""
        done = 0
        while limit is None or done < limit:
            chunk = _CHUNK if limit is None else min(_CHUNK, limit - done)
            number: int = await self._database.submit(index.catch_up, chunk)
            done += number
            if number < chunk:
                break
        return done

    async def add(
        self,
        owner: str,
        identifier: str,
        text: str,
        *,
        sources: Collection[str] = (),
        guild: str = "",
        channel: str = "",
        author: str = "",
        at: dt.datetime | None = None,
        meta: Mapping[str, Any] | None = None,
    ) -> None:
        """Have a text of a plugin found, in place of what it had under that id.

        ``sources`` are the ids of the messages that it was derived from: when one of them is edited or
        deleted, the document is named by :meth:`to_revise`. ``meta`` is plain JSON.
        """
        stamp = at.timestamp() if at else 0.0
        document = Document(
            owner, identifier, text, tuple(sources), guild, channel, author, stamp, json.dumps(meta or {})
        )
        await self._database.submit(documents.add, document)

    async def remove(self, owner: str, identifier: str) -> bool:
        """Take a plugin's text back; whether it was there."""
        found: bool = await self._database.submit(documents.remove, (owner, identifier))
        return found

    async def to_revise(self, owner: str, *, limit: int = 100) -> list[str]:
        """Ids of documents whose source was edited or deleted. Adding or removing one settles it."""
        rows = await self._database.query(
            "select id from host_search_documents where owner = ? and revise = 1 order by id limit ?", (owner, limit)
        )
        return [row[0] for row in rows]

    async def replace_text(self, message: str, text: str) -> bool:
        """An edit, in a transaction of its own; see :func:`butler.store.search.replace_text`."""
        found: bool = await self._database.submit(_replace, (message, text))
        return found

    async def forget_text(self, message: str) -> bool:
        """A deletion, in a transaction of its own; see :func:`butler.store.search.forget_text`."""
        found: bool = await self._database.submit(_forget, message)
        return found

    async def scrub(self) -> None:
        """Rewrite what still holds deleted words: FTS5's own files, then the log of the database.

        Searches do not find them before that either; this is for who reads the files. In small steps,
        so that other writes come in between. Nothing to do on PostgreSQL, where VACUUM does it.
        """
        if self._database.dialect != "sqlite":
            return
        pages = -_PAGES
        while await self._database.submit(index.merge, pages):
            pages = _PAGES
        for _ in range(_TRIES):
            if await self._database.exclusive(_checkpointed):
                return
            await asyncio.sleep(0.1)  # a reader still looks at an older state


def _where(
    channels: Collection[str] | None,
    guild: str,
    author: str,
    since: dt.datetime | None,
    until: dt.datetime | None,
    owner: str,
) -> _Where:
    where = _Where()
    if channels is not None:
        where.add(f"t.channel in ({', '.join('?' * len(channels))})", *channels)
    for column, value in (("guild", guild), ("author", author), ("owner", owner)):
        if value:
            where.add(f"t.{column} = ?", value)
    if since is not None:
        where.add("t.at >= ?", since.timestamp())
    if until is not None:
        where.add("t.at < ?", until.timestamp())
    return where


def _best(query: Query, found: Sequence[Sequence[Any]], offset: int, limit: int, marks: tuple[str, str]) -> list[Hit]:
    scored = [(round(score(query, row[6]), 6), row) for row in found]
    scored.sort(key=lambda each: (-each[0], -each[1][5], -each[1][0]))
    return [_hit(query, points, row, marks) for points, row in scored[offset : offset + limit]]


def _hit(query: Query, points: float, row: Sequence[Any], marks: tuple[str, str]) -> Hit:
    seq, identifier, guild, channel, author, at, text = row
    when = dt.datetime.fromtimestamp(at, dt.UTC)
    return Hit(identifier, seq, snippet(query, text, marks), points, when, guild, channel, author)


def _checkpointed(link: Link) -> bool:
    busy = link.execute("pragma wal_checkpoint(truncate)").fetchone()[0]
    return not busy


def _replace(tx: Tx, rows: Sequence[tuple[str, str]]) -> list[bool]:
    return [replace_text(tx, message, text) for message, text in rows]


def _forget(tx: Tx, messages: Sequence[str]) -> list[bool]:
    return [forget_text(tx, message) for message in messages]
