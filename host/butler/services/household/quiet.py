"""/quiet: nobody is told what they do not want to hear (CORE-4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from butler.call import Call
from butler.declare import action, command
from butler.model import Rank
from butler.plugin import Plugin
from butler.services.pushes import NO_MORE

if TYPE_CHECKING:
    from butler.host import Host


class QuietCommands(Plugin):
    """Messages that nobody asked for, and how to stop them."""

    _host: Host

    @command(rank=Rank.GUEST, ephemeral=True)
    async def quiet(self, call: Call, on: Literal["on", "off", ""] = "") -> str:
        """Stop messages that you did not ask for, or have them again.

        on: on for quiet, off to hear again; leave it out to see how it is
        Example: /quiet on
        """
        if on:
            await self._host.quiet.set(call.person, on == "on")
        if self._host.quiet.is_wanted(call.person):
            return f"I tell you nothing that you did not ask for. `{call.prefix}quiet off` changes that."
        return f"I may write to you now and then. `{call.prefix}quiet on` ends that."

    @action(NO_MORE, rank=Rank.GUEST, ephemeral=True)
    async def no_more(self, call: Call, value: str) -> str:
        """The button under each such message."""
        await self._host.quiet.set(call.person, True)
        return f"Very well, no more of these. `{call.prefix}quiet off` brings them back."
