"""What goes out: replies become rows of the outbox, cut to the platform's measure, and come back as messages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import attrs
import structlog

from butler.clock import Clock
from butler.engine.delivery import Delivery
from butler.engine.dispatch import Dispatch
from butler.engine.drafts import PACE as DRAFT_PACE
from butler.engine.drafts import Draft
from butler.engine.live import Live
from butler.engine.loops import Loops
from butler.engine.tables import Table
from butler.engine.talk import hops_after
from butler.engine.trace import Record
from butler.engine.unit import Unit
from butler.errors import PlatformError
from butler.model import Action, Channel, Message, Person, Persona, Reply, Sent, Stop, platform_of
from butler.platform import Platform
from butler.scope import Scope
from butler.services.places import Places
from butler.services.text import split
from butler.store.journal import Journal
from butler.store.marks import Out
from butler.store.recovery import Unsent

log = structlog.get_logger("butler.loops")

Reenter = Callable[[Message], None]
PACE = 0.1
"""Seconds between two looks at an answer that grows."""


class Outgoing:
    """Makes rows, hands committed ones to the delivery, and lets what was said enter the pipeline once."""

    def __init__(
        self,
        journal: Journal,
        places: Places,
        platforms: Callable[[str], Platform | None],
        personas: Callable[[str], Persona | None],
        clock: Clock,
        reenter: Reenter,
        dispatch: Dispatch,
        *,
        delivery_of: Callable[[Message], str],
        shown: Callable[[Action, str], Awaitable[None]],
        scope: Scope,
        loops: Loops,
    ) -> None:
        """``delivery_of``: how answers to a message come (``stream``, ``edits``, ``whole``).

        ``shown`` is told of each action that was done, with the id of what came of it.
        """
        self._journal = journal
        self._places = places
        self._platforms = platforms
        self._personas = personas
        self._clock = clock
        self._reenter = reenter
        self._dispatch = dispatch
        self._shown = shown
        self._delivery_of = delivery_of
        self._scope = scope
        self._loops = loops
        self.delivery: Delivery
        self.undeliverable: Callable[[Out, PlatformError], Awaitable[None]]
        """Told of what a person cannot be told."""

    def rows_for(self, reply: Reply, message: Message, turn: int, draft: Draft | None = None) -> list[Out]:
        """The rows of a turn's reply; what was shown of it while it was made becomes the first one."""
        action = Action("send", message.channel.id, reply=reply)
        outs = self.cut(action, "host", "", message.seq, turn, hops_after(message))
        return draft.take_over(outs) if draft else outs

    async def rows(self, unit: Unit, table: Table, record: Record | None, *, seq: int, turn: int = 0) -> list[Out]:
        """The rows for what plugins said and did in a unit, reviewed."""
        rows = []
        for owner, action, key in unit.take_actions():
            if self.is_unsaid(unit.cause, owner, action, record):
                continue
            reviewed = await self._reviewed_action(action, table, record)
            if reviewed is not None:
                rows += self.cut(reviewed, owner, key, seq, turn, hops_after(unit.cause))
        return rows

    def is_unsaid(self, cause: Message | None, owner: str, action: Action, record: Record | None = None) -> bool:
        """Whether it is left unsaid, so that machines do not answer each other for ever (LUNA-12)."""
        hush = self._loops.unsaid(cause, action)
        if hush is None:
            return False
        log.info("left unsaid", plugin=owner, channel=action.channel, reason=hush.reason)
        if record is not None:
            record.unsaid.append((owner, hush.reason))
        return True

    async def _reviewed_action(self, action: Action, table: Table, record: Record | None) -> Action | None:
        if action.kind not in {"send", "edit", "push"} or action.reply is None or not table.calls("review_reply"):
            return action
        reviewed = await self.reviewed(action.reply, table, record, self._places.at(action.channel))
        return None if isinstance(reviewed, Stop) else attrs.evolve(action, reply=reviewed)

    async def reviewed(
        self, reply: Reply, table: Table, record: Record | None, channel: Channel | None
    ) -> Reply | Stop:
        """The reply as the reviewers leave it, or the ``Stop`` of the first that holds it back."""
        guild = record.guild if record else channel.guild.id if channel else ""
        persona = self._personas(reply.persona) if reply.persona else None
        calls = table.calls("review_reply")
        while calls:
            results: list[tuple[str, Any]] = []
            run = await self._dispatch.run(calls, (reply, persona, channel), guild, results, stop=(Stop, Reply))
            if record is not None:
                record.runs.append(("review_reply", run))
            if not results:
                return reply
            plugin, result = results[-1]
            if isinstance(result, Stop):
                return attrs.evolve(result, reason=f"{plugin}: {result.reason}")
            reply, calls = result, calls.after(plugin)
        return reply

    def account(self, channel: str) -> str:
        """The id of the host's own account on a channel's platform, or ``""``."""
        platform = self._platforms(channel)
        return platform.account if platform else ""

    def takes_part(self, persona: Persona, channel: Channel) -> bool:
        """Whether a persona's account is in a channel, as far as its platform knows."""
        platform = self._platforms(channel.id)
        return platform is None or platform.takes_part(persona, channel)

    def live(self, message: Message, persona: Persona, draft: Draft, *, reviewed: bool, paced: bool) -> Live | None:
        """What shows the persona's answer while it is made; ``None`` where it comes whole.

        Where somebody reviews what is said, nothing is shown before it was; what is ``paced`` does not grow by edits.
        """
        platform = self._platforms(message.channel.id)
        how = self._delivery_of(message)
        if platform is None or reviewed or how == "whole":
            return None
        if platform.can("stream", message.channel):

            async def show(text: str) -> None:
                grown = Action("stream", message.channel.id, reply=Reply(text, persona=persona.name))
                await platform.perform(grown, "")

            return Live(show, PACE, lambda run: self._scope.task(run, "live"))
        if how == "edits" and not paced and platform.can("edit", message.channel):
            return Live(draft.show, DRAFT_PACE, lambda run: self._scope.task(run, "live"))
        return None

    def draft(self, message: Message, persona: str, turn: int, before: Unsent | None) -> Draft:
        """A reply to be made; ``before`` is what a restart left of it."""
        channel = message.channel.id
        return Draft(
            self._journal,
            lambda: self._platforms(channel),
            lambda reply: Action("send", channel, reply=self.pieces(channel, reply)[0]),
            Reply(persona=persona, to=message.id),
            turn,
            message.seq,
            self._journal.again(before) if before else None,
        )

    def pieces(self, channel: str, reply: Reply) -> list[Reply]:
        """A reply in parts, none longer than the platform takes; files, card and buttons go with the last."""
        platform = self._platforms(channel)
        texts = split(reply.underlined, platform.text_limit) if platform else [reply.underlined]
        if len(texts) <= 1:
            return [attrs.evolve(reply, text="".join(texts), wait=0.0)]
        bare = attrs.evolve(reply, files=(), buttons=(), menus=(), card=None, wait=0.0, typing=0.0)
        replies = [attrs.evolve(bare, text=text) for text in texts]
        replies[0] = attrs.evolve(replies[0], typing=reply.typing)
        replies[-1] = attrs.evolve(
            replies[-1], files=reply.files, buttons=reply.buttons, menus=reply.menus, card=reply.card
        )
        return replies

    def cut(self, action: Action, owner: str, key: str, seq: int = 0, turn: int = 0, hops: int = 0) -> list[Out]:
        """The rows of one action: a reply that is too long for its platform becomes several."""
        if action.kind not in {"send", "push"} or action.reply is None:
            return [self._journal.out(action, owner, turn=turn, seq=seq, key=key, hops=hops)]
        wait = action.reply.wait
        return [
            self._journal.out(
                attrs.evolve(action, reply=piece), owner, turn=turn, seq=seq, wait=wait,
                key=f"{key}/{part}" if key else "", hops=hops,
            )
            for part, piece in enumerate(self.pieces(action.channel, action.reply))
        ]  # fmt: skip

    async def deliver(self, outs: Sequence[Out]) -> None:
        """Send committed rows; returns when those that need not wait are through."""
        now = self._clock.now().timestamp()
        futures = [(out, self.delivery.offer(out)) for out in outs if await self.is_first(out)]
        for out, future in futures:
            if out.not_before <= now and out.action.kind != "push":
                await future

    async def is_first(self, out: Out) -> bool:
        """Whether a row is to be sent: not if its caller's key was used before."""
        return not out.named or await self._journal.owns(out)

    async def deliver_known(self, rows: Sequence[tuple[int, int]]) -> None:
        """Wait for rows that were written before a restart; the delivery has those that are unsent."""
        for number, _ in rows:
            await self.delivery.finished(number)

    async def delivered(self, out: Out, came: Sent | PlatformError) -> None:
        """A row came through: mark it, and let what was said enter the pipeline as a message; or it was given up."""
        if isinstance(came, PlatformError):
            if "push" in out.action.data:
                await self.undeliverable(out, came)
            else:
                await self._journal.given_up(out, str(came))
            return
        echo = self._echo(out, came)
        await self._shown(out.action, came.id)
        seq = await self._journal.sent(out, came, echo)
        if echo is not None and seq:
            self._reenter(attrs.evolve(echo, seq=seq))

    def _echo(self, out: Out, sent: Sent) -> Message | None:
        reply = out.action.reply
        channel = self._places.at(out.action.channel)
        if out.action.kind != "send" or reply is None or reply.ephemeral or channel is None or not sent.id:
            return None
        return Message(
            id=sent.id,
            channel=channel,
            author=self._speaker(reply, out.action.channel),
            text=reply.markdown.removesuffix(f"\n\n*{reply.footer}*") if reply.footer else reply.markdown,
            at=sent.at or self._clock.now(),
            reply_to=reply.to,
            hops=out.hops,
        )

    def _speaker(self, reply: Reply, channel: str) -> Person:
        name = platform_of(channel)
        persona = self._personas(reply.persona) if reply.persona else None
        account = (persona.accounts.get(name) if persona else None) or self.account(channel)
        return Person(account or f"{name}:", persona.label if persona else "Butler", True, reply.persona)
