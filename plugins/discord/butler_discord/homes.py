"""In which guilds the host answers: as its operators say; the others are left or not listened to (HOST-30)."""

from __future__ import annotations

from typing import Any

from butler import Clock

from butler_discord.direct import Database
from butler_discord.ids import first_at
from butler_discord.keeping import put
from butler_discord.known import Known
from butler_discord.tables import Home


class Homes:
    """The guilds, over restarts: since when each is one, and whether it is listened to."""

    def __init__(self, host: Any) -> None:
        self._host = host
        self._db: Database = host.db
        self._clock: Clock = host.clock
        self._kept: dict[str, tuple[int, bool]] = {}

    async def load(self) -> None:
        """Read them."""

        def find() -> dict[str, tuple[int, bool]]:
            return {str(row.guild): (int(row.since), bool(row.accepted)) for row in Home.select()}

        self._kept = await self._db.read(find)

    def take(self, known: Known) -> bool:
        """A guild is there; returns whether it is new. To be kept with :meth:`keep`."""
        kept = self._kept.get(str(known.id))
        if kept is not None:
            known.since, known.accepted = kept
            self.look(known)
            return False
        known.since, known.accepted = first_at(self._clock.now()), self._host.serving.is_welcome(known.guild())
        self._kept[str(known.id)] = (known.since, known.accepted)
        return True

    def look(self, known: Known) -> bool:
        """Whether an operator said something else since; what was said while it was refused stays unread."""
        welcome = self._host.serving.is_welcome(known.guild())
        if welcome is known.accepted:
            return False
        known.since, known.accepted = first_at(self._clock.now()) if welcome else known.since, welcome
        self._kept[str(known.id)] = (known.since, welcome)
        return True

    async def keep(self, known: Known) -> None:
        """Write a guild down."""
        row = {"guild": str(known.id), "since": known.since, "accepted": known.accepted}
        await self._db.write(lambda: put(Home, [row]))

    async def forget(self, guild: int) -> None:
        """The bot is no longer there."""
        self._kept.pop(str(guild), None)
        await self._db.write(lambda: Home.delete().where(Home.guild == str(guild)).execute())
