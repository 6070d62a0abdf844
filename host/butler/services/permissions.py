"""Who may do what: ranks in a guild, and named grants that plugins and managers give."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType

from attrs import frozen

from butler.clock import Clock
from butler.errors import Denied
from butler.model import Guild, Person, Rank

NOWHERE: Mapping[str, Rank] = MappingProxyType({})
EVERYWHERE = ""
"""The guild of a grant that holds in all of them."""


@frozen
class Given:
    """A grant as it was given: to whom, what, where, by whom, until when (``None``: until revoked)."""

    person: str
    name: str
    guild: str = EVERYWHERE
    by: str = ""
    until: dt.datetime | None = None


class Permissions:
    """Answers from memory, so that asking costs nothing; grants are written through to the store.

    ``operators`` are the person ids from the configuration: owners in every guild. ``roles`` gives a
    guild's map from platform role ids to ranks, ``implied`` the grants that everybody has in a guild
    from a rank on. What neither says is denied.
    """

    def __init__(
        self,
        operators: Collection[str] = (),
        *,
        roles: Callable[[Guild], Mapping[str, Rank]] = lambda guild: NOWHERE,
        implied: Callable[[Guild], Mapping[str, Rank]] = lambda guild: NOWHERE,
        clock: Clock | None = None,
    ) -> None:
        self._operators = frozenset(operators)
        self._roles = roles
        self._implied = implied
        self._clock = clock or Clock()
        self._given: dict[str, dict[tuple[str, str], Given]] = {}

    def rank(self, person: Person, guild: Guild) -> Rank:
        """The person's rank there. Machines, personas included, are guests."""
        if person.bot or person.persona:
            return Rank.GUEST
        if person.id in self._operators:
            return Rank.OWNER
        roles = self._roles(guild) if person.roles else NOWHERE
        return max([person.rank, *(roles[role] for role in person.roles if role in roles)])

    def granted(self, person: Person, guild: Guild) -> frozenset[str]:
        """The named grants that the person has there, implied ones included."""
        if person.bot or person.persona:
            return frozenset()
        now = self._clock.now()
        held = self._given.get(person.id, {}).values()
        given = {each.name for each in held if each.guild in (EVERYWHERE, guild.id) and _holds(each, now)}
        rank = self.rank(person, guild)
        return frozenset(given | {name for name, needed in self._implied(guild).items() if rank >= needed})

    def allows(self, person: Person, guild: Guild, *, rank: Rank = Rank.GUEST, grants: Iterable[str] = ()) -> bool:
        """Whether the person has the rank and all the grants there. Owners have every grant."""
        has = self.rank(person, guild)
        needed = frozenset(grants)
        return has >= rank and (not needed or has is Rank.OWNER or needed <= self.granted(person, guild))

    def check(self, person: Person, guild: Guild, *, rank: Rank = Rank.GUEST, grants: Iterable[str] = ()) -> None:
        """Raise ``Denied``, with what is needed and what they have, unless the person may."""
        has = self.rank(person, guild)
        if has < rank:
            raise Denied(f"That needs the rank {rank.name.lower()} here; yours is {has.name.lower()}")
        needed = tuple(grants)
        if not self.allows(person, guild, grants=needed):
            lacking = sorted(frozenset(needed) - self.granted(person, guild))
            raise Denied(f"That needs the permission {', '.join(lacking)} here, which you do not have")


def _holds(given: Given, now: dt.datetime) -> bool:
    return given.until is None or now < given.until
