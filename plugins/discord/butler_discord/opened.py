"""Interactions that can still be answered: in memory, and written down for after a restart."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any, Literal

from attrs import define, field
from butler import Clock

from butler_discord.direct import Database
from butler_discord.ids import made_at
from butler_discord.keeping import put
from butler_discord.tables import Asked, Draft

LIFE = 14.5 * 60
"""Seconds for which an interaction is answered."""
State = Literal["new", "promised", "noticed", "answered", "unknown"]


@define(eq=False)
class Open:
    """An interaction that can be answered."""

    id: int
    token: str
    kind: int
    ephemeral: bool
    state: State = "new"
    """``promised``: "is thinking" is shown; ``noticed``: a button's press was acknowledged."""
    turn: asyncio.Lock = field(factory=asyncio.Lock)
    timer: asyncio.TimerHandle | None = None

    @property
    def until(self) -> dt.datetime:
        """When it cannot be answered any more."""
        return made_at(self.id) + dt.timedelta(seconds=LIFE)


class Opened:
    """Knows them."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._there: dict[int, Open] = {}

    def begin(self, identifier: int, token: str, kind: int, *, ephemeral: bool) -> Open:
        """One came."""
        found = self._there[identifier] = Open(identifier, token, kind, ephemeral)
        return found

    async def keep(self, found: Open) -> None:
        """Write it down."""
        row: dict[str, Any] = {
            "interaction": found.id, "token": found.token, "kind": found.kind, "ephemeral": found.ephemeral,
            "until": found.until.timestamp(),
        }  # fmt: skip
        await self._db.write(lambda: put(Asked, [row]))

    def known(self, identifier: int) -> Open | None:
        """One of this run."""
        return self._there.get(identifier)

    async def get(self, identifier: int) -> Open | None:
        """One that can still be answered, also from before a restart."""
        found = self._there.get(identifier) or await self._read(identifier)
        return found if found is not None and self._clock.now() <= found.until else None

    async def _read(self, identifier: int) -> Open | None:
        def find() -> Open | None:
            row = Asked.get_or_none(Asked.interaction == identifier)
            return Open(identifier, str(row.token), int(row.kind), bool(row.ephemeral), "unknown") if row else None

        found = await self._db.read(find)
        if found is not None:
            self._there[identifier] = found
        return found

    async def draft(self, key: str) -> int:
        """The empty message that was sent for a further private answer, or 0."""
        row = await self._db.read(lambda: Draft.get_or_none(Draft.key == key))
        return int(row.message) if row is not None else 0

    async def keep_draft(self, key: str, found: Open, message: int) -> None:
        """Write it down."""
        made: dict[str, Any] = {"key": key, "interaction": found.id, "message": message}
        await self._db.write(lambda: put(Draft, [made]))

    async def prune(self) -> None:
        """Forget what cannot be answered any more."""
        now = self._clock.now()
        for identifier in [each.id for each in self._there.values() if each.until < now]:
            del self._there[identifier]

        def drop() -> None:
            old = Asked.select(Asked.interaction).where(Asked.until < now.timestamp())
            Draft.delete().where(Draft.interaction.in_(old)).execute()
            Asked.delete().where(Asked.until < now.timestamp()).execute()

        await self._db.write(drop)

    def forget_all(self) -> None:
        """The end."""
        for each in self._there.values():
            if each.timer is not None:
                each.timer.cancel()
        self._there.clear()
