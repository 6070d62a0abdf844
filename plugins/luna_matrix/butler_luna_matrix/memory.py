"""What must last over a restart, in the host's store: the sync token and the reactions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from butler_luna_matrix.tables import Mark, Reaction, Token

T = TypeVar("T")

NOTHING: Mapping[str, str] = MappingProxyType({})
KEPT_DAYS = 180
"""After so long a reaction is forgotten; taken back later it shows as a plain deletion."""


class Database(Protocol):
    """What is needed of ``host.db``."""

    async def write(self, fn: Callable[[], T]) -> T: ...

    async def read(self, fn: Callable[[], T]) -> T: ...


class Memory:
    """The memory of one account."""

    def __init__(self, db: Database, account: str) -> None:
        self._db = db
        self._account = account
        self._taken: list[str] = []

    async def token(self) -> str:
        """The token of the last sync whose events are all journaled; ``""`` before the first."""

        def find() -> str:
            row = Token.get_or_none(Token.account == self._account)
            return str(row.token) if row is not None else ""

        return await self._db.read(find)

    async def marks(self) -> dict[str, str]:
        """The last event of each room that was taken in, where that is kept."""

        def find() -> dict[str, str]:
            return {str(row.room): str(row.event) for row in Mark.select().where(Mark.account == self._account)}

        return await self._db.read(find)

    async def settle(self, token: str, marks: Mapping[str, str] = NOTHING) -> None:
        """Keep the token (``""``: as it is) and the last events of rooms; what was taken back is forgotten."""
        taken, self._taken = self._taken, []

        def keep() -> None:
            if token:
                row = Token.insert(account=self._account, token=token)
                row.on_conflict(conflict_target=[Token.account], update={Token.token: token}).execute()
            for room, event in marks.items():
                mark = Mark.insert(account=self._account, room=room, event=event)
                mark.on_conflict(conflict_target=[Mark.account, Mark.room], update={Mark.event: event}).execute()
            if taken:
                Reaction.delete().where(Reaction.event.in_(taken)).execute()

        await self._db.write(keep)

    async def add(self, event: str, target: str, person: str, emoji: str, at: dt.datetime) -> None:
        """Remember a reaction by its event."""
        row: dict[str, Any] = {"event": event, "target": target, "person": person, "emoji": emoji, "at": at.timestamp()}
        await self._db.write(lambda: Reaction.insert(row).on_conflict_ignore().execute())

    async def take(self, event: str) -> tuple[str, str, str] | None:
        """Target, person and emoji of a reaction; it is forgotten with the next :meth:`settle`, not before.

        Until then the removal may have to be told again.
        """

        def find() -> tuple[str, str, str] | None:
            row = Reaction.get_or_none(Reaction.event == event)
            return (str(row.target), str(row.person), str(row.emoji)) if row is not None else None

        found = await self._db.read(find)
        if found is not None:
            self._taken.append(event)
        return found

    async def prune(self, now: dt.datetime) -> None:
        """Forget the oldest reactions."""
        oldest = (now - dt.timedelta(days=KEPT_DAYS)).timestamp()
        await self._db.write(lambda: Reaction.delete().where(Reaction.at < oldest).execute())
