"""Who is given the better model, and which characters are shut down: kept, and known without a query."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from butler import Person

from butler_persona_claude import tables
from butler_persona_claude.tables import Begin, Down, Premium

if TYPE_CHECKING:
    from butler_persona_claude.plugin import PersonaClaude


class Offices:
    """What operators settled."""

    def __init__(self, plugin: PersonaClaude) -> None:
        self._plugin = plugin
        self.premium: frozenset[str] = frozenset()
        self.down: frozenset[str] = frozenset()
        self.begins: dict[str, int] = {}
        """Channels to the journal's number with which their conversation began anew."""
        self.verbose = False
        """Whether each question to a model is named in the log."""
        self.since = plugin.host.clock.now()

    async def start(self) -> None:
        """Read it."""
        self.premium, self.down, self.begins = await self._plugin.host.db.read(_read)

    def is_premium(self, person: Person) -> bool:
        """Whether somebody is given the better model, by any of their accounts."""
        return bool(self.premium) and not self.premium.isdisjoint(self._plugin.host.who(person).accounts)

    async def toggle_premium(self, person: str) -> bool:
        """Give somebody the better model, or take it back; whether they have it now."""
        given = await self._plugin.host.db.write(partial(tables.toggled, Premium, Premium.person, person))
        await self.start()
        return given

    async def shut_down(self, persona: str, *, down: bool) -> None:
        """A character is silent from now on, or no longer."""
        if (persona in self.down) != down:
            await self._plugin.host.db.write(partial(tables.toggled, Down, Down.persona, persona))
            await self.start()


def _read() -> tuple[frozenset[str], frozenset[str], dict[str, int]]:
    begins = {row.channel: row.seq for row in Begin.select()}
    return frozenset(row.person for row in Premium.select()), frozenset(row.persona for row in Down.select()), begins
