"""Who may act on whom: nobody on somebody of equal or higher rank or role (MOD-1)."""

from __future__ import annotations

from collections.abc import Sequence

from butler import CommandError, Guild, Person, PlatformError, Plugin, Rank

Standing = tuple[Rank, int]
"""A rank, and how high the highest role stands; what stands higher is larger."""


class Hierarchy:
    """Compares people as they are at this moment."""

    def __init__(self, plugin: Plugin) -> None:
        self._host = plugin.host

    async def may(self, actor: Person, target: Person, guild: Guild) -> Person:
        """The target as they are now. Raises ``CommandError`` unless the actor stands higher."""
        if actor.bot or actor.persona:
            raise CommandError("Only people moderate.")
        if target.persona or target.id == self._account(guild):
            raise CommandError("I do not act against myself.")
        if self._host.who(actor).id == self._host.who(target).id:
            raise CommandError("You cannot act on yourself.")
        now = await self.now(target, guild)
        roles = await self._roles(guild)
        mine, theirs = self._standing(await self.now(actor, guild), guild, roles), self._standing(now, guild, roles)
        if mine[0] is not Rank.OWNER and (theirs[0] >= mine[0] or theirs[1] >= mine[1] > 0 or theirs[1] > mine[1]):
            raise CommandError(
                f"{now.name} stands as high as you or higher here, so you cannot act on them",
                remedy="ask somebody who stands above both of you",
            )
        if mine[0] is Rank.OWNER and theirs[0] is Rank.OWNER:
            raise CommandError(f"{now.name} is an owner here, so nobody can act on them.")
        return now

    async def may_give(self, actor: Person, role: str, guild: Guild) -> None:
        """Raise ``CommandError`` unless somebody may hand out a role: one below their own highest."""
        roles = await self._roles(guild)
        rank, place = self._standing(await self.now(actor, guild), guild, roles)
        if rank is not Rank.OWNER and role in roles and roles.index(role) + 1 >= place:
            raise CommandError("That role stands as high as yours or higher, so you cannot hand it out.")

    async def now(self, person: Person, guild: Guild) -> Person:
        """Somebody as they are now, as far as the platform tells."""
        try:
            return await self._host.member(person.id, guild)
        except PlatformError:
            return await self._host.person(person.id, guild)

    async def _roles(self, guild: Guild) -> Sequence[str]:
        """The ids of the roles, the lowest first."""
        try:
            return list(reversed(list(await self._host.roles(guild))))
        except PlatformError:
            return ()

    def _standing(self, person: Person, guild: Guild, roles: Sequence[str]) -> Standing:
        places = [roles.index(role) + 1 for role in person.roles if role in roles]
        return self._host.rank(person, guild), max(places, default=0)

    def _account(self, guild: Guild) -> str:
        platform = self._host.platform(guild.platform)
        return platform.account if platform is not None else ""
