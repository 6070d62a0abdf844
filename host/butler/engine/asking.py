"""Commands, buttons, menus and forms of platforms that have them: each used once, whatever crashes (HOST-5, HOST-10).

They are no messages: plugins see them as events, nobody votes on them. Whoever used one gets its answer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from butler.clock import Clock
from butler.engine.dispatch import Dispatch
from butler.engine.outgoing import Outgoing
from butler.engine.tables import Table
from butler.engine.trace import Record, TurnRecord
from butler.engine.unit import Unit
from butler.model import Action, Event, Reply
from butler.store import schema
from butler.store.journal import Journal
from butler.store.marks import Mark, Out
from butler.store.recovery import Pending

KIND = "command:"
MarkIt = Callable[[Mark, Record], Awaitable[None]]
"""Commits a mark and sends its rows."""


class Asked(Protocol):
    """What is needed of the commands service."""

    def command_in(self, item: Event) -> str:
        """What an interaction calls, or ``""``."""
        ...

    async def run(self, item: Event) -> str:
        """Run it; what it says goes into the running unit. Returns what came of it, in a word."""
        ...

    def is_outside(self, name: str) -> bool:
        """Whether it acts outside store and outbox, so that it must not run twice."""
        ...


class Asking:
    """Sees interactions through: told to the plugins, run as one turn, answered."""

    def __init__(
        self,
        journal: Journal,
        dispatch: Dispatch,
        outgoing: Outgoing,
        commands: Asked,
        clock: Clock,
        lend: Callable[[], AbstractAsyncContextManager[None]],
    ) -> None:
        self._journal = journal
        self._dispatch = dispatch
        self._outgoing = outgoing
        self._commands = commands
        self._clock = clock
        self._lend = lend

    async def handle(self, event: Event, pending: Pending, table: Table, unit: Unit, mark: MarkIt) -> None:
        """From where it stands to its end."""
        where = event.channel.id if event.channel else ""
        record = Record(event.seq, event.id, where, event.guild.id, self._clock.now().timestamp(), "command")
        if pending.state == schema.OBSERVED:
            await self._go_on(event, pending, table, unit, record, mark)
            return
        calls = table.calls("on_event")
        if calls:
            results: list[tuple[str, Any]] = []
            record.runs.append(("on_event", await self._dispatch.run(calls, (event,), event.guild.id, results)))
        called = self._commands.command_in(event)
        opened = [(self._journal.next_turn(), f"{KIND}{called}")] if called else []
        outs = await self._outgoing.rows(unit, table, record, seq=event.seq)
        state = schema.OBSERVED if opened else schema.DONE
        await mark(Mark(event.seq, state, unit.take_writes(), outs, opened), record)
        for turn, who in opened:
            await self._run(event, turn, who, table, unit, record, mark)

    async def _go_on(
        self, event: Event, pending: Pending, table: Table, unit: Unit, record: Record, mark: MarkIt
    ) -> None:
        """After a crash: what acts on the world outside is not done again."""
        for turn in pending.turns:
            if self._commands.is_outside(turn.who.removeprefix(KIND)):
                name = turn.who.removeprefix(KIND)
                text = f"`{name}` was interrupted by a restart; look whether it had its effect before you repeat it."
                reply = Reply(text, to=event.id, ephemeral=True)
                assert event.channel is not None  # it could not have been called
                outs = self._outgoing.cut(Action("send", event.channel.id, reply=reply), "host", "", event.seq, turn.id)
                await self._end(event, turn.id, "interrupted", unit, outs, record, mark)
            else:
                await self._run(event, turn.id, turn.who, table, unit, record, mark)
        if not pending.turns:
            await mark(Mark(event.seq, schema.DONE), record)

    async def _run(
        self, event: Event, turn: int, who: str, table: Table, unit: Unit, record: Record, mark: MarkIt
    ) -> None:
        record.turns.append(TurnRecord(who))
        async with self._lend():
            record.turns[-1].reason = await self._commands.run(event)
        outs = await self._outgoing.rows(unit, table, record, seq=event.seq, turn=turn)
        await self._end(event, turn, "closed", unit, outs, record, mark)

    async def _end(
        self, event: Event, turn: int, state: str, unit: Unit, outs: list[Out], record: Record, mark: MarkIt
    ) -> None:
        if record.turns:
            record.turns[-1].state = state
        writes = unit.take_writes()
        await mark(Mark(event.seq, schema.DONE, writes, outs, (), turn, state, record=record.row()), record)
