"""``/stamps``: whose karma weighs how much, and why."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from butler import Call, CommandError, Guild, Plugin, command

from butler_karma.stamps import WORTH, Stamps, Standing
from butler_karma.votes import Votes


class StampCommands(Plugin):
    """What is asked about stamps."""

    votes: Votes
    stamp_book: Stamps

    @command
    async def stamps(self, call: Call, who: str = "") -> str:
        """Show what somebody's stamps weigh: karma from people who are trusted counts more.

        who: a person; you, if nobody is named
        Example: /stamps bob
        """
        target = await self.votes.find(who, call.channel) if who else call.person
        standing = await self._standing(call.guild)
        weight = standing.of(self.host.who(target).id)
        return f"{target.name}'s stamps weigh {weight:,.1f} (the founder's: {WORTH:,.0f})."

    @stamps.command
    async def top(self, call: Call) -> str:
        """List whose stamps weigh most."""
        standing = await self._standing(call.guild)
        best = await asyncio.to_thread(standing.best)
        names = [await self.votes.name(who, call.guild) for who, _ in best]
        rows = enumerate(zip(names, best, strict=True), 1)
        return "\n".join(f"{place}. {name}: {weight:,.1f}" for place, (name, (_, weight)) in rows)

    @stamps.command
    async def why(self, call: Call, who: str = "") -> str:
        """Show by whose stamps somebody's weigh what they weigh.

        who: a person; you, if nobody is named
        Example: /stamps why bob
        """
        target = await self.votes.find(who, call.channel) if who else call.person
        standing = await self._standing(call.guild)
        person = self.host.who(target).id
        parts = await asyncio.to_thread(standing.reasons, person)
        if standing.people.get(person, -1) in standing.founders:
            return f"Trust begins with {target.name}."
        if not parts:
            return f"Nobody who is trusted put a stamp on {target.name} yet."
        names = [await self.votes.name(giver, call.guild) for giver, _ in parts]
        return f"{target.name}'s stamps come from\n" + "\n".join(_shares(names, [part for _, part in parts]))

    async def _standing(self, guild: Guild) -> Standing:
        standing = await self.stamp_book.of(guild)
        if not standing.founders:
            raise CommandError(
                "nobody here is known as the one with whom trust begins",
                remedy="a manager names somebody: /plugins settings karma founder ID; or an owner gives somebody karma",
            )
        return standing


def _shares(names: Iterable[str], parts: list[float]) -> list[str]:
    return [f"- {name}: {part:,.1f}" for name, part in zip(names, parts, strict=True)]
