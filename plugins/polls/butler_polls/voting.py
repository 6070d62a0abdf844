"""A vote comes in: who may, what it weighs, that it counts once, and what the voter hears."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from butler import CommandError, Guild, Person

from butler_polls import showing, tables
from butler_polls.tables import Poll
from butler_polls.terms import Terms

if TYPE_CHECKING:
    from butler_polls.plugin import Polls

SAID = {
    "counted": "Your vote counts.",
    "changed": "Your vote was changed.",
    "same": "That is your vote already.",
    "fixed": "You have voted; in this poll votes cannot be changed.",
    "closed": "This poll is closed.",
}


class Voting:
    """Takes votes."""

    def __init__(self, plugin: Polls) -> None:
        self._plugin = plugin
        self._host = plugin.host

    async def weight(self, name: str, person: Person, guild: Guild, at: dt.datetime) -> float | None:
        """What somebody weighed at a time; ``None``: nobody here can say."""
        value = await self._host.ask(f"weight:{name}", person, guild, at, guild=guild)
        return None if value is None else max(0.0, float(value))

    async def cast(self, number: int, person: Person, guild: Guild, choices: Sequence[int]) -> str:
        """Count somebody's vote, and say what became of it. Raises ``CommandError`` where it cannot be weighed."""
        poll = await self._host.db.read(partial(tables.get, number))
        if poll is None or poll.guild != guild.id:
            return SAID["closed"]
        terms = Terms.of(poll.terms)
        if terms.role and terms.role not in person.roles:
            return f"This poll is only for {(await self._host.roles(guild)).get(terms.role, terms.role)}."
        weight = await self._weight_in(poll, terms, person, guild)
        accounts, at = self._accounts(person), self._host.clock.now().timestamp()
        kept = list(choices)[: len(showing.options_of(poll)) if terms.kind == "ranked" else terms.most]
        cast = await self._host.db.write(partial(tables.cast, number, accounts, kept, weight, at, terms.changeable))
        if cast in ("counted", "changed"):
            await self._plugin.life.refresh_soon(poll)
        return _told(poll, terms, cast, kept, weight)

    async def toggle(self, poll: Poll, person: Person, guild: Guild, place: int, on: bool) -> None:
        """A reaction was given or taken back; of what does not count nothing is said."""
        terms = Terms.of(poll.terms)
        if terms.role and terms.role not in person.roles:
            return
        weight = await self._weight_in(poll, terms, person, guild)
        accounts, at = self._accounts(person), self._host.clock.now().timestamp()
        cast = await self._host.db.write(partial(tables.toggle, poll.id, accounts, place, on, terms.most, weight, at))
        if cast in ("counted", "changed"):
            await self._plugin.life.refresh_soon(poll)

    def _accounts(self, person: Person) -> list[str]:
        """The account that votes, then their others."""
        return [person.id, *(each for each in self._host.who(person).accounts if each != person.id)]

    async def _weight_in(self, poll: Poll, terms: Terms, person: Person, guild: Guild) -> float:
        """By what they had when the poll opened, so that nobody votes with what came later."""
        if not terms.weigh:
            return 1.0
        opened = dt.datetime.fromtimestamp(poll.opened, dt.UTC)
        weight = await self.weight(terms.weigh, person, guild, opened)
        if weight is None:
            raise CommandError(
                f"Nobody here weighs people by {terms.weigh} any more", remedy="ask a manager to enable it again"
            )
        return weight


def _told(poll: Poll, terms: Terms, cast: tables.Cast, choices: Sequence[int], weight: float) -> str:
    """What the voter hears; of a secret vote nothing that others may not see, for not all platforms can whisper."""
    told = []
    if cast in ("counted", "changed") and not terms.anonymous:
        told.append(", ".join(showing.options_of(poll)[place] for place in choices))
        told += [f"weight {showing.number(weight)}"] if terms.weigh else []
    return f"{SAID[cast]} ({'; '.join(told)})" if told else SAID[cast]
