"""``/inactive``, and the round of check-ins."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from butler import BadArgument, Call, CommandError, Listing, PlatformError, Rank, command, every

from butler_core.counting import tables as counting
from butler_core.counting.commands import last_told
from butler_core.feature import Commands

if TYPE_CHECKING:
    from butler_core.reaching.feature import Reaching


class ReachingCommands(Commands):
    """Who has been silent."""

    @property
    def _reaching(self) -> Reaching:
        from butler_core.reaching.feature import Reaching  # noqa: PLC0415 - it names these commands

        return self.feature(Reaching)

    @command(rank=Rank.MANAGER, ephemeral=True)
    async def inactive(self, call: Call, days: int = 7) -> Listing:
        """List who has been silent here.

        days: for at least so long
        Example: /inactive 30
        """
        if call.channel.dm:
            raise CommandError("This is asked in a guild's channel, about that guild")
        if not 1 <= days <= 3650:
            raise BadArgument(f"Days must be 1 to 3650, not {days}")
        now = self.host.clock.now()
        border = now.timestamp() - days * 86_400
        rows = await self.host.db.read(partial(counting.silent, call.guild.id, now.timestamp()))
        last: dict[str, tuple[float, str, str]] = {}
        for account, channel, at in rows:
            who = self.host.who(account).id
            last[who] = max(last.get(who, (0.0, "", "")), (at, channel, account))
        lines = []
        for at, channel, account in sorted(last.values()):
            if at <= border:
                person, place = await self.host.person(account, call.guild), self.host.channel(channel)
                where = f", in #{place.name.lstrip('#')}" if place is not None and place.name else ""
                lines.append(f"{person.name}: {last_told(at, now)}{where}")
        lines += [f"{name}: never heard of" for name in await self._unheard(call, {*last})]
        return Listing(lines, f"Silent for {days} days or more", empty=f"Everybody was heard of within {days} days.")

    async def _unheard(self, call: Call, heard: set[str]) -> list[str]:
        """Members of whom nothing is known; as far as the platform tells who is there."""
        try:
            members = await self.host.members(call.channel)
        except PlatformError:
            return []
        return sorted(each.name for each in members if not each.bot and self.host.who(each).id not in heard)

    @every(minutes=15)
    async def check_in(self) -> None:
        """Ask those who have been silent how they are."""
        await self._reaching.round()
