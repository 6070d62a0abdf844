"""Talks among personas that a person's command opened: so many turns, until then (CORE-24).

While one is open in a channel its turns are counted instead of the rules that keep machines from answering each other
for ever. It ends on time, by command, or when its turns are spent, also over a restart.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable
from typing import Any

import attrs
import peewee
from attrs import frozen

from butler.clock import Clock
from butler.errors import CommandError
from butler.model import Channel, Person
from butler.store.database import Database
from butler.store.table import Table, create_tables

MOST_TURNS = 1_000


@frozen
class Session:
    """An open talk: where, whose, how many turns are left, when it ends at the latest, who opened it."""

    channel: str
    personas: frozenset[str]
    left: int
    until: dt.datetime
    by: str


class SessionRow(Table):
    """One talk."""

    channel = peewee.TextField(primary_key=True)
    personas = peewee.TextField()
    left = peewee.IntegerField()
    until = peewee.DoubleField()
    by = peewee.TextField(index=True)

    class Meta:
        table_name = "host_sessions"


class Sessions:
    """The open talks of a host, at most one in a channel."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._open: dict[str, Session] = {}

    async def start(self) -> None:
        """Make the table and go on with those that are still open."""
        now = self._clock.now().timestamp()
        self._open = {session.channel: session for session in await self._database.write(lambda: _load(now))}

    async def open(
        self, channel: Channel, personas: Iterable[str], *, turns: int, until: dt.datetime, by: Person
    ) -> Session:
        """Open one; another that is open there ends. Raises ``CommandError`` with what is wrong.

        ``until`` is an aware datetime. Only people open sessions.
        """
        names = frozenset(personas)
        if by.bot or by.persona:
            raise CommandError("only a person can have personas talk among themselves")
        if not names or not 1 <= turns <= MOST_TURNS:
            raise CommandError(f"expected at least one persona and 1 to {MOST_TURNS} turns, not {turns}")
        if until <= self._clock.now():
            raise CommandError("it would have ended before it began", remedy="give a time in the future")
        session = Session(channel.id, names, turns, until, by.id)
        await self._database.write(lambda: _save(session))
        self._open[channel.id] = session
        return session

    async def close(self, channel: Channel) -> Session | None:
        """End the one that is open in a channel; gives it back, or ``None`` if none was."""
        session = self.of(channel.id)
        self._open.pop(channel.id, None)
        await self._database.write(lambda: _drop(channel.id))
        return session

    def of(self, channel: str) -> Session | None:
        """The one that is open in a channel now."""
        session = self._open.get(channel)
        if session is not None and (session.left <= 0 or session.until <= self._clock.now()):
            del self._open[channel]
            return None
        return session

    def spend(self, session: Session) -> Callable[[], Any]:
        """One of its turns begins; what is given back writes that, with the mark that opens the turn."""
        spent = attrs.evolve(session, left=session.left - 1)
        self._open[session.channel] = spent
        return lambda: _spend(spent)

    async def export_person(self, person: str) -> list[dict[str, Any]]:
        """What a person opened."""
        mine = [session for session in [*self._open.values()] if session.by == person]
        return [{"channel": each.channel, "until": each.until.isoformat()} for each in mine if self.of(each.channel)]

    async def forget_person(self, person: str, replacement: str) -> int:
        """Put ``replacement`` in a person's place."""
        for session in [session for session in self._open.values() if session.by == person]:
            self._open[session.channel] = attrs.evolve(session, by=replacement)
        return await self._database.write(lambda: _forget(person, replacement))


def _load(now: float) -> list[Session]:
    create_tables([SessionRow])
    SessionRow.delete().where((SessionRow.until <= now) | (SessionRow.left <= 0)).execute()
    return [_session(row) for row in SessionRow.select()]


def _session(row: Any) -> Session:
    until = dt.datetime.fromtimestamp(row.until, dt.UTC)
    return Session(row.channel, frozenset(json.loads(row.personas)), row.left, until, row.by)


def _save(session: Session) -> None:
    changed = {
        "personas": json.dumps(sorted(session.personas)),
        "left": session.left,
        "until": session.until.timestamp(),
        "by": session.by,
    }
    key = {"channel": session.channel}
    SessionRow.insert(**key, **changed).on_conflict(conflict_target=list(key), update=changed).execute()


def _spend(session: Session) -> None:
    mine = (SessionRow.channel == session.channel) & (SessionRow.until == session.until.timestamp())
    SessionRow.update(left=session.left).where(mine).execute()


def _drop(channel: str) -> None:
    SessionRow.delete().where(SessionRow.channel == channel).execute()


def _forget(person: str, replacement: str) -> int:
    count: int = SessionRow.update(by=replacement).where(SessionRow.by == person).execute()
    return count
