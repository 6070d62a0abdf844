"""In which guilds the host answers: those it knows, and new ones as the operator decides (HOST-30)."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Literal

import structlog
from butler import Clock, Person, Rank

from butler_discord.direct import Database
from butler_discord.ids import first_at, ours
from butler_discord.keeping import put
from butler_discord.known import Known
from butler_discord.settings import Settings
from butler_discord.tables import Home

log = structlog.get_logger("butler.discord")

Decision = Literal["accept", "ask", "decline"]


class Homes:
    """The guilds, over restarts: since when each is one, and whether it was let in."""

    def __init__(self, host: Any, settings: Settings) -> None:
        self._host = host
        self._db: Database = host.db
        self._clock: Clock = host.clock
        self._settings = settings
        self._kept: dict[str, tuple[int, bool]] = {}
        self._first = False

    async def load(self) -> None:
        """Read them. Where there are none yet, those of the first connection are the operator's own doing."""

        def find() -> dict[str, tuple[int, bool]]:
            return {str(row.guild): (int(row.since), bool(row.accepted)) for row in Home.select()}

        self._kept = await self._db.read(find)
        self._first = not self._kept

    def settled(self) -> None:
        """The first connection is over: whoever comes now is new."""
        self._first = False

    def take(self, known: Known) -> Decision | None:
        """A guild is there; ``None``: it was before. To be kept with :meth:`keep`."""
        kept = self._kept.get(str(known.id))
        if kept is not None:
            known.since, known.accepted = kept
            if not known.accepted and self._judged(known) == "accept":  # the operator changed the list
                known.accepted = True
                self._kept[str(known.id)] = (known.since, True)
            return None
        decision: Decision = "accept" if self._first else self._judged(known)
        known.since, known.accepted = first_at(self._clock.now()), decision == "accept"
        self._kept[str(known.id)] = (known.since, known.accepted)
        return decision

    def _judged(self, known: Known) -> Decision:
        """A guild whose owner is one of the host's operators is let in."""
        if self._host.rank(Person(ours(known.owner)), known.guild()) is Rank.OWNER:
            return "accept"
        policy = self._settings.new_guilds
        if policy is None:
            return self._host.admission.guild(ours(known.id))  # type: ignore[no-any-return]
        listed = any(fnmatchcase(ours(known.id), entry) for entry in self._host.admission.allow)
        return "accept" if policy == "any" or listed else "ask" if policy == "ask" else "decline"

    async def keep(self, known: Known) -> None:
        """Write a guild down."""
        row = {"guild": str(known.id), "since": known.since, "accepted": known.accepted}
        await self._db.write(lambda: put(Home, [row]))

    async def let_in(self, known: Known) -> None:
        """The operator says yes."""
        known.accepted, known.since = True, first_at(self._clock.now())
        self._kept[str(known.id)] = (known.since, True)
        await self.keep(known)

    async def forget(self, guild: int) -> None:
        """The bot is no longer there."""
        self._kept.pop(str(guild), None)
        await self._db.write(lambda: Home.delete().where(Home.guild == str(guild)).execute())
