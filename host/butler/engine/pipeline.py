"""One message's way: journaled, observed, a turn for its command or for each persona that speaks, done.

Each step ends with one mark in the journal; after a crash a message goes on from its last mark.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs
import structlog

from butler.clock import Clock
from butler.engine.addressing import NOBODY, RULE, Addressed, addressed, default_vote, in_order
from butler.engine.asking import Asking
from butler.engine.dispatch import Dispatch
from butler.engine.faults import Fault
from butler.engine.loops import Hush, Loops
from butler.engine.outgoing import Outgoing
from butler.engine.quarantine import Quarantine
from butler.engine.queues import Tail
from butler.engine.rounds import Rounds
from butler.engine.tables import Table
from butler.engine.trace import Ballot, Record
from butler.engine.turns import CommandRunner
from butler.engine.unit import Unit, current, handling
from butler.errors import StoreError
from butler.model import VETO, YES, Event, Message, Persona, Stop, Vote
from butler.services.personas import Personas
from butler.store import schema
from butler.store.journal import Journal
from butler.store.marks import Mark
from butler.store.recovery import OpenTurn, Pending

log = structlog.get_logger("butler.pipeline")

TableFor = Callable[[str, str], Table]
"""Guild and channel to the compiled hooks that are enabled there."""


def decided(votes: Sequence[Vote]) -> bool:
    """One VETO silences, else one YES speaks, else silence (HOST-7)."""
    speaks = False
    for vote in votes:
        if vote.say is VETO:
            return False
        speaks = speaks or vote.say is YES
    return speaks


class Pipeline:
    """Handles what the queues hand over, one thing at a time per channel."""

    def __init__(
        self,
        *,
        journal: Journal,
        dispatch: Dispatch,
        quarantine: Quarantine,
        table_for: TableFor,
        personas: Personas,
        commands: CommandRunner,
        rounds: Rounds,
        loops: Loops,
        outgoing: Outgoing,
        asking: Asking,
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._dispatch = dispatch
        self._quarantine = quarantine
        self._table_for = table_for
        self._personas = personas
        self._commands = commands
        self._rounds = rounds
        self._loops = loops
        self._outgoing = outgoing
        self._asking = asking
        self._clock = clock

    async def handle(self, pending: Pending) -> Tail | None:
        """See one message or event through to its end; what cannot be written now is tried after the next start.

        Where nothing depends on it, the last mark is still on its way into the store: then its commit is returned.
        """
        unit = Unit(pending.item.seq, pending.item if isinstance(pending.item, Message) else None)
        tail = None
        try:
            with handling(unit):
                tail = await self._handle(pending, unit)
            if unit.actions or unit.writes:
                await self._late(pending.item, unit)
        except StoreError as error:
            log.error("message is kept in the journal and goes on after a restart", seq=unit.seq, reason=str(error))
        return tail

    async def _handle(self, pending: Pending, unit: Unit) -> Tail | None:
        if isinstance(pending.item, Event):
            return await self._event(pending.item, pending, unit)
        if pending.state == schema.OBSERVED:
            return await self._resume(pending.item, pending, unit)
        return await self._message(pending.item, unit)

    async def _late(self, item: Message | Event, unit: Unit) -> None:
        """What a plugin's own task said after the last mark, while the replies were on their way."""
        table = self._table_for(item.guild.id, item.channel.id if item.channel else "")
        outs = await self._outgoing.rows(unit, table, None, seq=item.seq)
        await self._mark(Mark(item.seq, units=unit.take_writes(), outs=outs))

    async def _event(self, event: Event, pending: Pending, unit: Unit) -> Tail | None:
        table = self._table_for(event.guild.id, event.channel.id if event.channel else "")
        if event.kind == "interaction":
            await self._asking.handle(event, pending, table, unit, self._mark)
            return None
        calls = table.calls("on_event")
        changing = event.kind in schema.CHANGING
        if calls:
            if changing:
                event = attrs.evolve(event, before=await self._journal.recovery.before(event))
            await self._dispatch.run(calls, (event,), event.guild.id, [])
        outs = await self._outgoing.rows(unit, table, None, seq=event.seq)
        return await self._last(Mark(event.seq, schema.DONE, unit.take_writes(), outs, told=changing))

    async def _message(self, message: Message, unit: Unit) -> Tail | None:
        channel = message.channel
        table = self._table_for(channel.guild.id, channel.id)
        record = Record(message.seq, message.id, channel.id, channel.guild.id, self._clock.now().timestamp())
        await self._loops.heard(message)
        opened: list[tuple[int, str]] = []
        if not await self._stopped(message, table, record):
            opened = [(self._journal.next_turn(), who) for who in await self._speakers(message, table, record)]
        outs = await self._outgoing.rows(unit, table, record, seq=message.seq) if unit.actions else ()
        if not opened:
            return await self._last(
                Mark(message.seq, schema.DONE, unit.take_writes(), outs, record=record.row()), record
            )
        await self._mark(Mark(message.seq, schema.OBSERVED, unit.take_writes(), outs, opened), record)
        turns = [OpenTurn(turn, who, fresh=True) for turn, who in opened]
        await self._rounds.run(message, turns, table, record, unit, self._late)
        return None

    async def _stopped(self, message: Message, table: Table, record: Record) -> bool:
        calls = table.calls("on_message")
        if not calls:
            return False
        results: list[tuple[str, Any]] = []
        run = await self._dispatch.run(calls, (message,), message.guild.id, results, stop=Stop)
        record.runs.append(("on_message", run))
        for plugin, result in results:
            if isinstance(result, Stop):
                record.outcome, record.reason = "stopped", f"{plugin}: {result.reason}"
                return True
        return False

    async def _speakers(self, message: Message, table: Table, record: Record) -> list[str]:
        """Whose turns this message opens: a command's, or those of the personas that speak."""
        if not message.author.bot and (command := self._commands.command_in(message)):
            record.outcome = "command"
            return [f"command:{command}"]
        living = [
            persona
            for persona in self._personas.living_in(message.channel)
            if message.meant_for in ("", persona.name) and self._outgoing.takes_part(persona, message.channel)
        ]
        said = await self.addressed(message, living)
        partner = self._personas.partners.among(message.channel, living)
        speaking = [
            persona.name
            for persona in living
            if message.author.persona != persona.name
            and await self._votes(message, persona, said, partner, table, record)
        ]
        record.outcome = "spoke" if speaking else "silent"
        return [f"persona:{name}" for name in in_order(speaking, said)]

    async def addressed(self, message: Message, living: Sequence[Persona] | None = None) -> Addressed:
        """Whom a message addresses of those who live there."""
        living = self._personas.living_in(message.channel) if living is None else living
        if not living:
            return NOBODY
        to = ""
        if message.reply_to and not message.author.bot:
            answered = await self._journal.recovery.message(message.reply_to)
            to = answered.author.persona if answered is not None else ""
        account = self._outgoing.account(message.channel.id) if message.mentions else ""
        return addressed(message, living, main=self._personas.main, account=account, to=to)

    async def _votes(
        self, message: Message, persona: Persona, said: Addressed, partner: str, table: Table, record: Record
    ) -> bool:
        hush = self._loops.hush(message, persona)
        if hush is not None:
            record.ballots.append(Ballot(persona.name, [Vote(VETO, hush.reason, RULE)], False))
            self._notice(message, hush)
            return False
        calls = table.calls("should_reply")
        votes: list[Vote] = []
        if calls:
            run = await self._dispatch.votes(calls, message, persona, message.guild.id, votes)
            record.runs.append((f"should_reply {persona.name}", run))
        votes.append(default_vote(message, persona, votes, said, partner))
        speaks = decided(votes)
        record.ballots.append(Ballot(persona.name, votes, speaks))
        if speaks and (spent := self._loops.opened(message, persona)) and (unit := current()):
            unit.writes.append((RULE, spent))
        return speaks

    def _notice(self, message: Message, hush: Hush) -> None:
        """Say once that there is a loop, where that is wanted."""
        unit = current()
        notice = self._loops.notice(message) if hush.loop and unit else None
        if notice and unit:
            unit.actions.append((RULE, *notice))

    async def _resume(self, message: Message, pending: Pending, unit: Unit) -> Tail | None:
        """Go on with turns that a crash interrupted."""
        table = self._table_for(message.guild.id, message.channel.id)
        record = Record(message.seq, message.id, message.channel.id, message.guild.id, self._clock.now().timestamp())
        record.outcome, record.reason = "resumed", "the host was stopped while this was being answered"
        if pending.turns:
            await self._rounds.run(message, pending.turns, table, record, unit, self._late, resumed=True)
            return None
        return await self._last(Mark(message.seq, schema.DONE, record=record.row()), record)

    async def _last(self, mark: Mark, record: Record | None = None) -> Tail | None:
        """The mark that ends a message: nobody waits for one that holds nothing but that."""
        if mark.units or mark.outs:
            await self._mark(mark, record)
            return None
        return self._journal.mark(mark)

    async def _mark(self, mark: Mark, record: Record | None = None) -> None:
        marked = await self._journal.mark(mark)
        for plugin, error in marked.failed:
            log.error("a plugin's write failed and is lost", plugin=plugin, seq=mark.seq, error=repr(error))
            self._quarantine.fault(Fault(plugin, "defer", record.guild if record else "", "raised", repr(error)))
            if record is not None:
                record.lost.append((plugin, repr(error)))
        if mark.outs:
            await self._outgoing.deliver(mark.outs)
