"""Several turns of one message: each waits for the one before, and sees what it said (CHAR-7).

Waiting is bounded: who takes longer than that is overtaken, and both go on side by side.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog
from attrs import frozen

from butler.clock import Clock
from butler.engine.delivery import Delivery
from butler.engine.steps import Open
from butler.engine.tables import Table
from butler.engine.trace import Record, TurnRecord
from butler.engine.turns import Turns
from butler.engine.unit import Unit, handling
from butler.model import Message
from butler.scope import Scope
from butler.services.settings import Settings
from butler.store.recovery import OpenTurn

log = structlog.get_logger("butler.turns")

Late = Callable[[Message, Unit], Awaitable[None]]
"""Commits what a plugin's own task wrote and said after the end of its turn."""


@frozen(eq=False)
class Round:
    """What the turns of one message share."""

    message: Message
    table: Table
    record: Record
    unit: Unit
    open: Open


class Rounds:
    """Runs the turns that a message opened, or that a crash left open."""

    def __init__(self, turns: Turns, delivery: Delivery, clock: Clock, scope: Scope, settings: Settings) -> None:
        self._turns = turns
        self._delivery = delivery
        self._clock = clock
        self._scope = scope
        self._settings = settings

    async def run(
        self,
        message: Message,
        turns: Sequence[OpenTurn],
        table: Table,
        record: Record,
        unit: Unit,
        late: Late,
        *,
        resumed: bool = False,
    ) -> None:
        """See all of them to their end. Raises the first ``StoreError``.

        ``resumed``: they were left open by a crash, and others of the same message may have ended before it.
        """
        shared = Round(message, table, record, unit, Open(len(turns)))
        if resumed:
            await self._spoken(message, self._clock.monotonic() + self._patience(message))
        if len(turns) == 1:
            await self._turn(shared, turns[0], unit, follows=resumed)
            return
        tasks: list[asyncio.Task[None]] = []
        for place, turn in enumerate(turns):
            told = await self._waited(shared, turns[place - 1], tasks[-1]) if tasks else ""
            own = self._by_itself(shared, turn, late, told, follows=resumed or place > 0)
            tasks.append(self._scope.task(own, f"turn {turn.id}"))
        failed = [result for result in await asyncio.gather(*tasks, return_exceptions=True) if result is not None]
        if failed:
            raise failed[0]

    async def _turn(self, shared: Round, turn: OpenTurn, unit: Unit, told: str = "", *, follows: bool) -> None:
        now = TurnRecord(turn.who, reason=told)
        shared.record.turns.append(now)
        step = self._turns.step(shared.message, turn.id, shared.table, shared.record, unit, shared.open, now, follows)
        await self._turns.go(step, turn)

    async def _by_itself(self, shared: Round, turn: OpenTurn, late: Late, told: str, *, follows: bool) -> None:
        """One turn in a unit of its own: what plugins write in it is committed with its steps and no other's."""
        unit = Unit(shared.unit.seq, shared.message)
        with handling(unit):
            await self._turn(shared, turn, unit, told, follows=follows)
        await late(shared.message, unit)

    async def _waited(self, shared: Round, before: OpenTurn, task: asyncio.Task[None]) -> str:
        """Until the one before is through and its words are there; what is to be said of it if that took too long."""
        patience = self._patience(shared.message)
        until = self._clock.monotonic() + patience
        await asyncio.wait([task], timeout=patience)
        if task.done() and await self._spoken(shared.message, until):
            return ""
        name = before.who.partition(":")[2]
        log.info("somebody speaks without waiting longer", waited=patience, after=name, message=shared.message.id)
        return f"did not wait longer than {patience:g} s for {name}"

    def _patience(self, message: Message) -> float:
        """How many seconds somebody waits at most for the one before."""
        told = self._settings.for_("host", message.guild.id, message.channel.id)
        longest: float = told.turn_wait_max.total_seconds()
        return longest if message.author.bot else min(longest, told.turn_wait_person.total_seconds())

    async def _spoken(self, message: Message, until: float) -> bool:
        """Whether what personas answered so far is there by then; typing takes its time."""
        words = self._delivery.words_of(message.seq)
        if words:
            async with self._turns.lend():
                await asyncio.wait(words, timeout=max(0.0, until - self._clock.monotonic()))
        return all(word.done() for word in words)
