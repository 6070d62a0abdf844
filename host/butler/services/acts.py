"""What plugins ask the host to do of themselves, outside of any answer: act, push, speak, ask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from butler.engine.talk import hops_after
from butler.engine.unit import cause
from butler.errors import ButlerError, NotReady, PlatformError
from butler.model import Action, Button, Channel, Guild, Message, Person, Reply, Sent
from butler.services.pushes import NO_MORE, PUSH
from butler.store import schema
from butler.store.marks import Mark

if TYPE_CHECKING:
    from butler.host import Host

ASK_DEADLINE = 2.0
"""Seconds that a plugin has to answer what another asks."""


class Acts:
    """Does it for one host."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def act(self, owner: str, action: Action, key: str = "") -> None:
        """Write an action into the outbox and have it done; with ``key`` once, however often asked."""
        because = cause()
        if self._host.outgoing.is_unsaid(because, owner, action):
            return
        outs = self._host.outgoing.cut(action, owner, key, hops=hops_after(because))
        await self._host.journal.mark(Mark(0, outs=outs))
        for out in outs:
            if await self._host.outgoing.is_first(out):
                self._host.delivery.offer(out)

    async def act_now(self, owner: str, action: Action) -> bool:
        """The same, and return once it was done (true) or given up (false)."""
        outs = self._host.outgoing.cut(action, owner, "")
        await self._host.journal.mark(Mark(0, outs=outs))
        return all([await self._host.delivery.offer(out) for out in outs])

    async def do(self, owner: str, action: Action, key: str) -> Sent:
        """The same, and return what came of it. Raises ``PlatformError`` where it was given up."""
        outs = self._host.outgoing.cut(action, owner, key)
        await self._host.journal.mark(Mark(0, outs=outs))
        for out in outs:
            if await self._host.outgoing.is_first(out):
                await self._host.delivery.offer(out)
        return await self._came(outs[-1].key)

    async def _came(self, key: str) -> Sent:
        """What came of a row."""
        (row,) = await self._host.database.query("select id, state, sent from host_outbox where key = ?", (key,))
        await self._host.delivery.finished(row[0])
        (row,) = await self._host.database.query("select id, state, sent from host_outbox where key = ?", (key,))
        _, state, sent = row
        if state == schema.GIVEN_UP:
            raise PlatformError(sent)
        if state != schema.DELIVERED:
            raise NotReady("it is not known whether that was done")
        return Sent(sent)

    def pushed(
        self,
        to: Person | Channel,
        reply: Reply,
        guild: Guild | None,
        fallback: Channel | None,
        *,
        asked: bool,
        at_night: bool,
    ) -> Action:
        """What says something unasked. Raises ``ButlerError`` for a machine: nobody pushes to those."""
        person = to.id if isinstance(to, Person) else self._person_in(to)
        if not person:
            return Action("send", to.id, reply=reply)
        if isinstance(to, Person) and (to.bot or to.persona):
            raise ButlerError(f"{to.name or to.id} is a machine", remedy="push to people and channels")
        because = cause()
        place = guild or (because.guild if because is not None and not because.channel.dm else None)
        data = {
            "push": person, "guild": place.id if place else "", "asked": asked, "at_night": at_night,
            "fallback": fallback.id if fallback else "",
        }  # fmt: skip
        if not asked:
            reply = attrs.evolve(reply, buttons=(*reply.buttons, Button("No more of these", NO_MORE, "on")))
        return Action(PUSH, person, person, reply, data)

    def _person_in(self, channel: Channel) -> str:
        """Who is alone with the host in a channel, or ``""``."""
        contact = self._host.contacts.at(channel.id) if channel.dm else None
        return contact.person if contact is not None else ""

    async def speak(self, persona: str, channel: Channel, nudge: str, key: str) -> None:
        """Have a persona say something; the nudge is a message of its own kind."""
        identifier = f"{channel.platform}:nudge:{key}"
        author = Person(f"{channel.platform}:nudge", "nudge")
        now = self._host.clock.now()
        said = Message(identifier, channel, author, nudge, now, kind="nudge", meant_for=persona)
        await self._host.receive(attrs.evolve(said, hops=hops_after(cause())))

    async def ask(self, offer: str, args: Sequence[Any], guild: Guild | None) -> Any:
        """Ask for what a plugin offers; ``None`` if nobody enabled there does, or it fails."""
        found = self._host.lifecycle.offer(offer)
        place = guild.id if guild else ""
        if found is None or found[0] not in self._host.settings.enabled(place):
            return None
        value, _ = await self._host.dispatch.guarded(
            found[0], f"offer {offer}", found[1], *args, guild=place, deadline=ASK_DEADLINE
        )
        return value
