"""Where a turn stands, and how it gets to its next mark in the journal."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define

from butler.engine.drafts import Draft
from butler.engine.outgoing import Outgoing
from butler.engine.tables import Table
from butler.engine.trace import Record, TurnRecord
from butler.engine.unit import Unit
from butler.model import Message, Reply
from butler.store import schema
from butler.store.codec import pack
from butler.store.journal import Journal
from butler.store.marks import Mark, Out


@define(eq=False)
class Open:
    """How many turns of a message have not ended yet; with the last one the message is done."""

    left: int


@define(eq=False)
class Step:
    """One turn under way."""

    journal: Journal
    outgoing: Outgoing
    message: Message
    turn: int
    table: Table
    record: Record
    unit: Unit
    open: Open
    now: TurnRecord
    follows: bool = False
    """Others may have answered the same message before."""

    draft: Draft | None = None
    """What is shown of the reply while it is made."""

    def rows_for(self, reply: Reply) -> list[Out]:
        """The rows of the turn's reply."""
        return self.outgoing.rows_for(reply, self.message, self.turn, self.draft)

    async def mark(self, state: str, *, answer: Reply | None = None, outs: Sequence[Out] = ()) -> None:
        """Commit a step that does not end the turn, then send its rows."""
        self.now.state = state
        kept = None if answer is None else pack(answer)
        await self._commit(Mark(self.message.seq, None, self.unit.take_writes(), outs, (), self.turn, state, kept))

    async def say(self, reply: Reply, state: str, reason: str) -> None:
        """End the turn with a word of the host's own (an apology, a notice)."""
        await self.end(state, reason, outs=self.rows_for(reply))

    async def end(self, state: str, reason: str = "", *, outs: Sequence[Out] = ()) -> None:
        """Commit the end of the turn with everything that its plugins wrote and said, then send."""
        self.now.state = state
        self.now.reason = reason or self.now.reason
        said = await self.outgoing.rows(self.unit, self.table, self.record, seq=self.message.seq, turn=self.turn)
        self.open.left -= 1
        done = (None, None) if self.open.left else (schema.DONE, self.record.row())
        mark = Mark(
            self.message.seq, done[0], self.unit.take_writes(), (*outs, *said), (), self.turn, state, record=done[1]
        )
        await self._commit(mark)

    async def _commit(self, mark: Mark) -> None:
        marked = await self.journal.mark(mark)
        self.record.lost += [(plugin, repr(error)) for plugin, error in marked.failed]
        if mark.outs:
            await self.outgoing.deliver(mark.outs)
