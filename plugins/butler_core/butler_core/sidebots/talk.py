"""Botpacalypse: a timer looks up the last message, and the next persona answers it (CORE-24)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from attrs import evolve, frozen
from butler import Channel, CommandError, Message, Person, Persona, Section, Stop

MARK = "botpacalypse"
PATIENCE = 10
"""So many beats somebody is waited for; then it is the next one's turn."""
LONGEST = 1000
OPENING = "How are you?"
"""What the first one is asked where nothing was said yet."""


@frozen
class Beat:
    """Where a talk stands: plain data, so that it goes on after a restart."""

    channel: str
    run: str
    """Names this very talk."""
    turn: int = 0
    last: str = ""
    """The id of the message that was answered last."""
    waited: int = 0


class Talk:
    """Talks among personas in the channels of one host."""

    def __init__(self, plugin: Any) -> None:
        self._plugin = plugin
        self._host = plugin.host

    async def open(self, channel: Channel, personas: Sequence[Persona], minutes: int, by: Person) -> int:
        """Begin one; returns how many messages it may take. Raises ``CommandError`` with what is wrong."""
        settings = self._plugin.settings_for(channel)
        if not 1 <= minutes <= settings.botpacalypse_max_minutes:
            raise CommandError(f"it lasts 1 to {settings.botpacalypse_max_minutes} minutes, not {minutes}")
        if len(personas) < 2:
            raise CommandError("two at least have to talk", remedy="name some more, or none")
        if self._host.sessions.of(channel.id) is not None:
            raise CommandError("they are at it already", remedy="`botpacalypse stop` ends it")
        now = self._host.clock.now()
        until = now + dt.timedelta(minutes=minutes)
        living = {each.name for each in self._host.living(channel)}
        for persona in personas:
            if persona.name not in living:
                await self._host.residences.begin(persona.name, channel, until)
        turns: int = settings.botpacalypse_max_messages
        await self._host.sessions.open(channel, [each.name for each in personas], turns=turns, until=until, by=by)
        await self._next(Beat(channel.id, f"{channel.id} {until.timestamp()}"), channel)
        return turns

    async def close(self, channel: Channel) -> bool:
        """End it; false if there was none."""
        session = await self._host.sessions.close(channel)
        await self._host.schedule.cancel(f"{MARK} {channel.id}")
        if session is None:
            return False
        for name, residence in self._host.residences.of(channel.id).items():
            if name in session.personas and residence.here and residence.until == session.until:
                await self._host.residences.end(name, channel)
        return True

    async def beat(self, beat: Beat) -> None:
        """Whose turn is it?"""
        channel = self._host.channel(beat.channel)
        session = self._host.sessions.of(beat.channel)
        if channel is None:
            return
        if session is None or not beat.run.endswith(f" {session.until.timestamp()}"):
            await self._host.push(channel, "Botpacalypse is over; the bots are quiet again.", f"{MARK} over {beat.run}")
            return
        newest = await self._newest(channel)
        if newest is not None and newest.id == beat.last and beat.waited < PATIENCE:
            await self._next(evolve(beat, waited=beat.waited + 1), channel)
            return
        order = sorted(session.personas)
        turn = beat.turn
        if newest is not None and order[turn % len(order)] == newest.author.persona:
            turn += 1
        text = newest.text[:LONGEST] if newest is not None and newest.text else OPENING
        await self._host.speak(order[turn % len(order)], channel, text, f"{MARK} {beat.run} {turn}")
        answered = newest.id if newest is not None else ""
        await self._next(evolve(beat, turn=turn + 1, last=answered, waited=0), channel)

    async def _newest(self, channel: Channel) -> Message | None:
        """What was said last by a person or a machine; commands and the host's own words are no conversation."""
        platform = self._host.platform(channel.platform)
        own = platform.account if platform is not None else ""
        history: list[Message] = await self._host.history(channel, limit=20)
        for said in reversed(history):
            spoken = said.author.persona or said.author.id != own
            if said.kind == "message" and spoken and not said.text.startswith(("/", "!")):
                return said
        return None

    async def _next(self, beat: Beat, channel: Channel) -> None:
        at = self._host.clock.now() + self._plugin.settings_for(channel).botpacalypse_beat
        where = {"channel": beat.channel, "run": beat.run, "turn": beat.turn, "last": beat.last, "waited": beat.waited}
        job = self._plugin.botpacalypse_beat
        await self._host.schedule.once(at, job, key=f"{MARK} {beat.channel}", arguments={"where": where})

    def told(self, message: Message, persona: Persona) -> Section | Stop | None:
        """What a persona is told whose turn it is; it does not speak once it is over."""
        if message.kind != "nudge" or f":{MARK} " not in message.id:
            return None
        session = self._host.sessions.of(message.channel.id)
        if session is None:
            # the turn that spent the last of the budget is still to be spoken
            return None if self._host.clock.now() <= _until(message) else Stop("Botpacalypse is over")
        others = ", ".join(sorted(session.personas - {persona.name}))
        return Section(
            f"You are in a lively talk with {others} in this channel, and people listen. Answer what was said last, as "
            "yourself, in one or two sentences; tease, disagree or go on with it, and do not repeat what was said.",
            priority=60,
        )


def _until(message: Message) -> dt.datetime:
    """When the talk that a nudge belongs to ends."""
    return dt.datetime.fromtimestamp(float(message.id.split()[-2]), dt.UTC)
