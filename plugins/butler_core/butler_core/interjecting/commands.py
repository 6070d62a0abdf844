"""``/hush``."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from butler import Call, Rank, command, job

from butler_core.feature import Commands
from butler_core.spans import span

if TYPE_CHECKING:
    from butler_core.interjecting.feature import Interjecting


class InterjectingCommands(Commands):
    """How often something unasked is said."""

    @property
    def _interjecting(self) -> Interjecting:
        from butler_core.interjecting.feature import Interjecting  # noqa: PLC0415 - it names these commands

        return self.feature(Interjecting)

    @command
    async def hush(self, call: Call) -> str:
        """Show how often I say something here that nobody asked for."""
        return self._rate_told(call)

    @hush.command(rank=Rank.MANAGER, name="reset")
    async def hush_reset(self, call: Call) -> str:
        """Have me say something unasked as often as the settings allow."""
        self._interjecting.hush.reset(call.channel)
        return self._rate_told(call)

    def _rate_told(self, call: Call) -> str:
        hush, settings = self._interjecting.hush, call.settings
        rate = hush.of(call.channel.id).rate
        lines = []
        if settings.interject:
            often = hush.slower(settings.interject_cooldown, call.channel.id)
            lines.append(f"I join in at most once in {_about(often)}.")
        else:
            lines.append("I join in only when I am named.")
        if settings.poke_after:
            lines.append(f"I break a silence after {_about(hush.slower(settings.poke_after, call.channel.id))}.")
        share = f"{rate:.0%}" if rate >= 0.1 else f"{rate:.2%}"
        if rate < 1:
            lines.append(f"That is {share} of what the settings allow, since nobody answered.")
        else:
            lines.append("That is as often as the settings allow.")
        return " ".join(lines)

    @job
    async def join_in(self, channel: str) -> None:
        """Join in, if there is something to say."""
        await self._interjecting.join_in(channel)


def _about(length: dt.timedelta) -> str:
    return span(dt.timedelta(seconds=round(length.total_seconds())))
