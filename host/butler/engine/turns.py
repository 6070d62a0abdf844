"""A turn: one persona's reply or one command's answer, from open to closed, each step kept (HOST-5).

open → answered → sent → closed, or it ends early: stopped, failed, interrupted. The answer that was paid
for is kept with the turn, so that no crash asks a model twice for it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import attrs
import structlog

from butler.clock import Clock
from butler.engine.dispatch import Dispatch
from butler.engine.outgoing import Outgoing
from butler.engine.refusals import Refusals
from butler.engine.steps import Open, Step
from butler.engine.tables import Table
from butler.engine.thinking import Thinking
from butler.engine.trace import Record, TurnRecord
from butler.engine.unit import Unit
from butler.errors import CommandError, Denied, ModelError, OverBudget
from butler.model import Message, Persona, Reply, Section, Stop, Use
from butler.services.personas import Personas
from butler.store import schema
from butler.store.codec import unpack
from butler.store.journal import Journal
from butler.store.recovery import OpenTurn

log = structlog.get_logger("butler.turns")

_AS_CONFIGURED = Use()
SOON = 2.0
APOLOGY = "I am sorry, I cannot think just now."
"""What a persona says whose model does not answer, unless its settings hold an ``apology`` of its own."""


class CommandRunner(Protocol):
    """What turns need of the commands service."""

    def command_in(self, message: Message) -> str:
        """The name of the command that a message calls, or ``""``."""
        ...

    async def run(self, message: Message) -> str:
        """Run it; what it says goes into the running unit. Returns what came of it, in a word."""
        ...

    def is_outside(self, name: str) -> bool:
        """Whether it acts outside store and outbox, so that it must not run twice."""
        ...


class Turns:
    """Runs turns to their end and goes on with those that a crash interrupted."""

    def __init__(
        self,
        *,
        journal: Journal,
        dispatch: Dispatch,
        thinking: Thinking,
        refusals: Refusals,
        personas: Personas,
        outgoing: Outgoing,
        commands: CommandRunner,
        clock: Clock,
        lend: Callable[[], Any],
        unanswered: Callable[[Message, str, str], None],
    ) -> None:
        """``unanswered`` is told of each apology: to what, whose, and the id that stands in the log."""
        self._unanswered = unanswered
        self._journal = journal
        self._dispatch = dispatch
        self._thinking = thinking
        self._refusals = refusals
        self._personas = personas
        self._outgoing = outgoing
        self._commands = commands
        self._clock = clock
        self.lend = lend
        self.command_in = commands.command_in

    def step(
        self,
        message: Message,
        turn: int,
        table: Table,
        record: Record,
        unit: Unit,
        left: Open,
        now: TurnRecord,
        follows: bool,
    ) -> Step:
        """Where a turn stands at its beginning; ``follows``: others may have answered the same message before it."""
        return Step(self._journal, self._outgoing, message, turn, table, record, unit, left, now, follows)

    async def go(self, step: Step, turn: OpenTurn) -> None:
        """See a turn through to its end, from the beginning or from the state in which a crash left it."""
        kind, _, name = turn.who.partition(":")
        persona = self._personas.get(name) if kind == "persona" else None
        if turn.state == schema.ANSWERED:
            await self._after_answer(step, turn, persona)
        elif turn.state == schema.SENT:
            await self._told(step, unpack(Reply, turn.answer), persona)
        elif kind == "command":
            await self._command(step, name, again=not turn.fresh)
        elif persona is None:
            await step.end("failed", f"{name} does not live here any more")
        else:
            await self._persona(step, persona, again=not turn.fresh)

    async def _after_answer(self, step: Step, turn: OpenTurn, persona: Persona | None) -> None:
        rows = await self._journal.recovery.rows_of_turn(turn.id)
        reply = unpack(Reply, turn.answer)
        if not rows:
            await self._release(step, reply, persona)
            return
        await self._outgoing.deliver_known(rows)
        await self._told(step, reply, persona)

    async def _command(self, step: Step, name: str, *, again: bool) -> None:
        if again and self._commands.is_outside(name):
            text = f"`{name}` was interrupted by a restart; look whether it had its effect before you repeat it."
            await step.say(Reply(text, to=step.message.id), "interrupted", "it acts outside the store")
            return
        async with self.lend():
            step.now.reason = await self._commands.run(step.message)
        await step.end("closed")

    async def _persona(self, step: Step, persona: Persona, *, again: bool) -> None:
        told = await self._sections(step, persona)
        if isinstance(told, Stop):
            await step.end("stopped", told.reason)
            return
        sections, use = told
        before = await self._journal.recovery.draft_of(step.turn) if again else None
        step.draft = self._outgoing.draft(step.message, persona.name, step.turn, before)
        reviewed = await self._reviewed(step)
        live = self._outgoing.live(step.message, persona, step.draft, reviewed=reviewed, paced=use.pace is not None)
        started = self._clock.monotonic()
        try:
            async with self.lend():
                thought = await self._thinking.answer(step, persona, sections, use, live)
        except OverBudget as error:
            await self._over_budget(step, persona, error)
            return
        except Denied as error:
            await step.end("silent", str(error))
            return
        except ModelError as error:
            await self._apologise(step, persona, error)
            return
        finally:
            if live is not None:
                await live.end()
        seconds = self._clock.monotonic() - started
        step.now.thought(thought, seconds)
        typing = use.pace.left(thought.text, seconds, step.message.id) if use.pace and live is None else 0.0
        reply = Reply(thought.text, persona=persona.name, to=step.message.id, footer=use.footer, typing=typing)
        await self._release(step, reply, persona)

    async def rehearse(self, message: Message, persona: Persona, table: Table, more: Sequence[Section]) -> str:
        """What a persona would say to a message. Raises ``CommandError``, ``Denied`` or ``ModelError``."""
        record = Record(message.seq, message.id, message.channel.id, message.guild.id, 0.0)
        unit = Unit(message.seq, message)
        step = self.step(message, 0, table, record, unit, Open(1), TurnRecord(persona.name), follows=False)
        told = await self._sections(step, persona)
        if isinstance(told, Stop):
            raise CommandError(told.reason)
        thought = await self._thinking.answer(step, persona, [*told[0], *more], told[1], None)
        reply = Reply(thought.text, persona=persona.name)
        reviewed = await self._outgoing.reviewed(reply, table, record, message.channel)
        if isinstance(reviewed, Stop):
            raise CommandError(reviewed.reason)
        return reviewed.text

    async def _reviewed(self, step: Step) -> bool:
        """Whether what is said there may still be changed or stopped: then nothing of it is shown before."""
        place = step.message.channel
        for plugin, asked in step.table.reviewers:
            reviews, fault = await self._dispatch.guarded(
                plugin, "reviews", asked, place, guild=place.guild.id, deadline=SOON
            )
            if reviews or fault is not None:
                return True
        return False

    async def _over_budget(self, step: Step, persona: Persona, error: OverBudget) -> None:
        """A polite refusal, once for each budget and person in its time; then silence, with the reason on record."""
        text = self._refusals.text(step.message, error)
        if text:
            await step.say(Reply(text, persona=persona.name, to=step.message.id), "stopped", str(error))
        else:
            await step.end("stopped", str(error))

    async def _sections(self, step: Step, persona: Persona) -> tuple[list[Section], Use] | Stop:
        """What plugins tell the model, or the ``Stop`` of one that has the persona not speak."""
        calls = step.table.calls("build_prompt")
        sections: list[Section] = []
        use = _AS_CONFIGURED
        if not calls:
            return sections, use
        results: list[tuple[str, Any]] = []
        run = await self._dispatch.run(calls, (step.message, persona), step.message.guild.id, results, stop=Stop)
        step.record.runs.append((f"build_prompt {persona.name}", run))
        for plugin, result in results:
            if isinstance(result, Stop):
                return attrs.evolve(result, reason=f"{plugin}: {result.reason}")
            for given in result if isinstance(result, list) else [result]:
                if isinstance(given, Use):
                    use = use.under(given)
                else:
                    sections.append(attrs.evolve(given, owner=plugin))
        return sections, use

    async def _apologise(self, step: Step, persona: Persona, error: ModelError) -> None:
        """One short apology with an id; the operator finds the reason under it (CORE-11)."""
        number = uuid.uuid4().hex[:8]
        log.error(
            "a persona could not answer", id=number, persona=persona.name, message=step.message.id, reason=str(error)
        )
        self._unanswered(step.message, persona.name, number)
        text = f"{persona.settings.get('apology') or APOLOGY} (error {number})"
        await step.say(Reply(text, persona=persona.name, to=step.message.id), "failed", f"{number}: {error}")

    async def _release(self, step: Step, reply: Reply, persona: Persona | None) -> None:
        """Review, write to the outbox, send, tell the plugins."""
        if step.table.calls("review_reply"):
            await step.mark("answered", answer=reply)
            reviewed = await self._outgoing.reviewed(reply, step.table, step.record, step.message.channel)
            if isinstance(reviewed, Stop):
                await step.end("stopped", reviewed.reason)
                return
            reply = reviewed
        await step.mark("answered", answer=reply, outs=step.rows_for(reply))
        await self._told(step, reply, persona)

    async def _told(self, step: Step, reply: Reply, persona: Persona | None) -> None:
        """``on_reply``, at least once, before the turn is closed."""
        calls = step.table.calls("on_reply")
        if calls:
            run = await self._dispatch.run(calls, (step.message, reply, persona), step.message.guild.id, [])
            step.record.runs.append(("on_reply", run))
        await step.end("closed")
