"""``/clearchat``, its buttons and its job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from butler import BadArgument, Call, CommandError, Rank, Reply, action, command, job

from butler_core.clearing.plan import Plan
from butler_core.feature import Commands

if TYPE_CHECKING:
    from butler_core.clearing.feature import Clearing

CLEAR = "clear"
STOP = "clear_stop"
AT_ONCE = 4
"""So many channels are cleared side by side."""


class ClearingCommands(Commands):
    """Clearing channels."""

    @property
    def _clearing(self) -> Clearing:
        from butler_core.clearing.feature import Clearing  # noqa: PLC0415 - it names these commands

        return self.feature(Clearing)

    @command(rank=Rank.MANAGER)
    async def clearchat(self, call: Call, count: int) -> Reply:
        """Delete the last messages of this channel; pinned ones stay.

        count: how many
        Example: /clearchat 50
        """
        most = call.settings.clearchat_most
        if not 1 <= count <= most:
            raise BadArgument(f"Count must be 1 to {most}, not {count}")
        before = call.message.id if call.message is not None else ""
        plan = await self._clearing.plan(call.channel, count, before=before)
        if not plan.total:
            raise CommandError("There is nothing to delete here" + (", all of it is pinned" if plan.pinned else ""))
        return self._clearing.asked(call, plan, count)

    @action(CLEAR, rank=Rank.MANAGER)
    async def clear(self, call: Call, value: str) -> None:
        """Begin, or leave it."""
        count, which, *command = value.split()
        if which == "none":
            await call.update("Nothing was deleted.")
            return
        plan = await self._clearing.plan(call.channel, int(count), before=call.on, without=command)
        ids = {"young": list(plan.young), "old": list(plan.old) if which == "all" else [], "pinned": plan.pinned}
        arguments = {"channel": call.channel.id, "shown": call.on, **ids}
        key = f"clear {call.channel.id}"
        await self.host.jobs.run(self.clearing, key=key, resumable=True, limit=AT_ONCE, arguments=arguments)

    @action(STOP, rank=Rank.MANAGER)
    async def clear_stop(self, call: Call, value: str) -> None:
        """Stop after the step that is under way."""
        self._clearing.stopped.add(value)

    @job
    async def clearing(
        self, channel: str, shown: str, young: list[str], old: list[str], pinned: int, progress: Any
    ) -> None:
        """Delete them."""
        place = self.host.channel(channel)
        if place is not None:
            await self._clearing.clear(Plan(tuple(young), tuple(old), pinned), place, shown, progress)
