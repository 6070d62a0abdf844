"""Channels are cleared by a job that goes on after a restart and stops when it is told to."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from butler import Action, Button, Call, Channel, CommandError, Reply

from butler_core.clearing.commands import CLEAR, STOP, ClearingCommands
from butler_core.clearing.plan import Plan, planned, spoken
from butler_core.clearing.settings import ClearingSettings
from butler_core.feature import Feature

SHOWN_EVERY = 2.0
"""Seconds between two words about how far it is."""
MOST_REFUSED = 5
"""After so many steps in a row that were refused it is given up."""


class Clearing(Feature):
    """Deletes much, and says how far it is."""

    settings = ClearingSettings
    commands = ClearingCommands

    async def start(self) -> None:
        """Nobody stopped anything yet."""
        self.stopped: set[str] = set()

    async def plan(self, channel: Channel, count: int, *, before: str, without: Collection[str] = ()) -> Plan:
        """What would go. Raises ``CommandError`` where nothing can be deleted."""
        if channel.dm:
            raise CommandError("Nobody but you can delete what you wrote in private")
        if not self.host.can("delete", channel):
            raise CommandError(f"Messages cannot be deleted on {channel.platform}")
        if not self.host.can("history", channel):
            raise CommandError(
                "I cannot read what was said here before", remedy="give me the right to read this channel's history"
            )
        pinned = await self.host.pinned(channel)
        found = await self.host.look_back(channel, before=before, limit=count + len(pinned) + len(without))
        there = [message for message in found if message.id not in without]
        together = self.host.can("bulk_delete", channel)
        return planned(there, pinned, count, self.host.clock.now(), together=together)

    def asked(self, call: Call, plan: Plan, count: int) -> Reply:
        """What would go and how long that takes, with buttons."""
        command = call.message.id if call.message is not None else ""
        lines = [f"Delete {_messages(plan.total)}?"]
        pace = call.settings.clearchat_pace
        if plan.old:
            age = f"{len(plan.old)} of them are older than 14 days and go" if plan.young else "They go"
            lines.append(f"{age} one by one, which takes {spoken(plan.seconds(pace))}.")
        if plan.pinned:
            lines.append(f"{_messages(plan.pinned)} {'is' if plan.pinned == 1 else 'are'} pinned and will stay.")
        buttons = [Button(f"Delete {plan.total}", CLEAR, f"{count} all {command}", "danger")]
        if plan.old and plan.young:
            buttons.append(Button(f"Only the newer {len(plan.young)}", CLEAR, f"{count} young {command}"))
        buttons.append(Button("Leave it", CLEAR, "0 none"))
        return Reply(" ".join(lines), buttons=tuple(buttons), only=(call.person.id,), lasts=900.0)

    async def clear(self, plan: Plan, channel: Channel, shown: str, progress: Any) -> None:
        """Do it; ``shown`` is the message that tells how far it is."""
        board = Board(self, channel, shown, plan)
        self.stopped.discard(channel.id)
        done, refused, lost = int(progress.done), 0, 0
        for step in plan.steps(done):
            if channel.id in self.stopped or refused >= MOST_REFUSED:
                break
            await board.show(done)
            fine = await self.host.act_now(_deleting(channel, step))
            refused = 0 if fine else refused + 1
            lost += 0 if fine else len(step)
            done += len(step)
            progress(done, plan.total)
        stopped = channel.id in self.stopped
        self.stopped.discard(channel.id)
        await board.end(done, lost, stopped=stopped)


class Board:
    """The message that tells how far it is."""

    def __init__(self, feature: Clearing, channel: Channel, shown: str, plan: Plan) -> None:
        self._host = feature.host
        self._pace = feature.settings_for(channel).clearchat_pace
        self._channel = channel
        self._shown = shown
        self._plan = plan
        self._began = self._told = float("-inf")
        self._from = 0

    async def show(self, done: int) -> None:
        """Say it, unless that was done just now."""
        now = self._host.clock.monotonic()
        if now - self._told < SHOWN_EVERY or not self._host.can("edit", self._channel):
            return
        if self._told < 0:
            self._began, self._from = now, done
        self._told = now
        left = f"{spoken(self._left(done, now))} left"
        text = f"Clearing: {done} of {self._plan.total} deleted, {left}."
        await self._edit(Reply(text, buttons=(Button("Stop", STOP, self._channel.id, "danger"),)))

    def _left(self, done: int, now: float) -> float:
        """As fast as it was until now; at first as was estimated."""
        single = done - max(self._from, len(self._plan.young))
        if single > 0 and now > self._began:
            return (now - self._began) / (done - self._from) * (self._plan.total - done)
        return Plan(self._plan.young[done:], self._plan.old[max(0, done - len(self._plan.young)) :]).seconds(self._pace)

    async def end(self, done: int, lost: int, *, stopped: bool) -> None:
        """Say how it ended."""
        lines = [f"{_messages(done - lost)} deleted."]
        if stopped:
            lines = [f"Stopped: {done - lost} of {_messages(self._plan.total)} deleted."]
        if lost:
            lines.append(f"{lost} were gone already, or I may not delete them.")
        if self._plan.pinned:
            lines.append(f"{_messages(self._plan.pinned)} pinned, kept.")
        reply = Reply(" ".join(lines))
        if self._host.can("edit", self._channel):
            await self._edit(reply)
        else:
            await self._host.act_now(Action("send", self._channel.id, reply=reply))

    async def _edit(self, reply: Reply) -> None:
        await self._host.act_now(Action("edit", self._channel.id, self._shown, reply))


def _deleting(channel: Channel, step: tuple[str, ...]) -> Action:
    if len(step) == 1:
        return Action("delete", channel.id, step[0], data={"reason": "clearchat"})
    return Action("bulk_delete", channel.id, data={"messages": list(step), "reason": "clearchat"})


def _messages(count: int) -> str:
    return f"{count} message{'' if count == 1 else 's'}"
