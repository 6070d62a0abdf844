"""Who may do what: ranks in a guild, and named grants that plugins and managers give."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from butler.clock import Clock
from butler.errors import Denied
from butler.model import Guild, Person, Rank
from butler.services.grants import EVERYWHERE, Given, Grants

if TYPE_CHECKING:
    from butler.store.database import Database

NOTHING: Mapping[str, Rank] = MappingProxyType({})
Ranks = Callable[[Guild], Mapping[str, Rank]]


def _none(guild: Guild) -> Mapping[str, Rank]:
    return NOTHING


class Permissions:
    """Answers from memory, so that asking costs nothing; grants are written through to the store.

    ``operators`` are the person ids from the configuration: owners in every guild. ``roles`` gives a
    guild's map from platform role ids to ranks, ``implied`` the grants that everybody has in a guild
    from a rank on. What neither says is denied. Without a ``database`` grants end with the process. A grant holds for
    all ``accounts`` of a person; a rank is each account's own.
    """

    def __init__(
        self,
        operators: Collection[str] = (),
        *,
        roles: Ranks = _none,
        implied: Ranks = _none,
        clock: Clock | None = None,
        database: Database | None = None,
        accounts: Callable[[str], Iterable[str]] = lambda person: (person,),
    ) -> None:
        self._operators = frozenset(operators)
        self._roles = roles
        self._implied = implied
        self._clock = clock or Clock()
        self._accounts = accounts
        self._grants = Grants(self._clock, database)

    async def start(self) -> None:
        """Read the grants that were given before. Raises ``StoreError``."""
        await self._grants.start()

    def rank(self, person: Person, guild: Guild) -> Rank:
        """The person's rank there. Machines, personas included, are guests."""
        if person.bot or person.persona:
            return Rank.GUEST
        if person.id in self._operators:
            return Rank.OWNER
        roles = self._roles(guild) if person.roles else NOTHING
        return max([person.rank, *(roles[role] for role in person.roles if role in roles)])

    def is_operator(self, person: Person) -> bool:
        """Whether the person runs this host: an owner everywhere, by the configuration."""
        return not (person.bot or person.persona) and person.id in self._operators

    def granted(self, person: Person, guild: Guild) -> frozenset[str]:
        """The named grants that the person has there, implied ones included; machines have none."""
        if person.bot or person.persona:
            return frozenset()
        rank = self.rank(person, guild)
        implied = {name for name, needed in self._implied(guild).items() if rank >= needed}
        return frozenset(
            implied
            | {
                each.name
                for account in self._accounts(person.id)
                for each in self._grants.of(account)
                if each.guild in (EVERYWHERE, guild.id)
            }
        )

    def allows(self, person: Person, guild: Guild, *, rank: Rank = Rank.GUEST, grants: Iterable[str] = ()) -> bool:
        """Whether the person has the rank and all the grants there. Owners have every grant."""
        has = self.rank(person, guild)
        needed = frozenset(grants)
        return has >= rank and (not needed or has is Rank.OWNER or needed <= self.granted(person, guild))

    def check(self, person: Person, guild: Guild, *, rank: Rank = Rank.GUEST, grants: Iterable[str] = ()) -> None:
        """Raise ``Denied``, with what is needed and what they have, unless the person may."""
        has = self.rank(person, guild)
        if has < rank:
            raise Denied(f"That needs the rank {rank.name.lower()} here; yours is {has.name.lower()}.")
        needed = tuple(grants)
        if not self.allows(person, guild, grants=needed):
            lacking = ", ".join(sorted(frozenset(needed) - self.granted(person, guild)))
            raise Denied(f"That needs the permission {lacking} here, which you do not have.")

    def given(self, person: str) -> tuple[Given, ...]:
        """The grants that a person id holds, everywhere: for lists and exports."""
        return tuple(self._grants.of(person))

    async def grant(
        self, person: str, name: str, guild: str = EVERYWHERE, *, by: str = "", until: dt.datetime | None = None
    ) -> Given:
        """Give a person id a named grant in a guild, or everywhere; holds once this returns.

        A second one of the same name and guild replaces the first. ``until`` is an aware datetime.
        """
        given = Given(person, name, guild, by, until)
        await self._grants.put(given)
        return given

    async def revoke(self, person: str, name: str, guild: str = EVERYWHERE) -> bool:
        """Take a grant back; false if there was none. One given everywhere is taken back everywhere only."""
        return await self._grants.drop(person, name, guild)

    async def forget(self, person: str, replacement: str) -> int:
        """Drop all that a person holds, and put ``replacement`` where they gave; how many were dropped."""
        return await self._grants.forget(person, replacement)
