"""``/serverstats``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from butler import BadArgument, Call, CommandError, Reply, command

from butler_core.feature import Commands

if TYPE_CHECKING:
    from butler_core.stats.feature import Stats

MOST_STATS_DAYS = 366


class StatsCommands(Commands):
    """How the guild is doing."""

    @property
    def _stats(self) -> Stats:
        from butler_core.stats.feature import Stats  # noqa: PLC0415 - it names these commands

        return self.feature(Stats)

    @command(cooldown=10)
    async def serverstats(self, call: Call, days: int = 7) -> Reply:
        """Show how this guild is doing: members, messages by channel and hour, who is most active.

        days: in the last so many days, today included
        Example: /serverstats 30
        """
        if call.channel.dm:
            raise CommandError("This is asked in a guild's channel, about that guild")
        if not 1 <= days <= MOST_STATS_DAYS:
            raise BadArgument(f"Days must be 1 to {MOST_STATS_DAYS}, not {days}")
        return await self._stats.told(call.guild, call.channel, days)
