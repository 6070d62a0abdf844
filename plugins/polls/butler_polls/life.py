"""The life of a poll: opened, shown, closed with its result told once, asked anew; each step survives a crash."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import attrs
from butler import Action, ButlerError, Call, File, Guild, PlatformError, Reply

from butler_polls import native, showing, tables
from butler_polls.counting import Outcome
from butler_polls.tables import Poll
from butler_polls.terms import Terms

if TYPE_CHECKING:
    from butler_polls.plugin import Polls

DAY = 86_400.0
RETRY = 60.0
"""Seconds until a platform is asked again for the votes of its own poll; for a day at most."""
MOST_NAMED = 20


class Life:
    """Moves polls on."""

    def __init__(self, plugin: Polls) -> None:
        self._plugin = plugin
        self._host = plugin.host
        self.native = native.Native(plugin)

    # --- opening --------------------------------------------------------------------------------------

    async def open(self, call: Call, question: str, options: Sequence[str], terms: Terms, lasts: float) -> Poll:
        """Ask it in the channel of a command."""
        now = self._host.clock.now().timestamp()
        terms = attrs.evolve(terms, lasts=lasts, native=self.native.may(call.channel, options, terms, lasts))
        key = f"asked {call.message.id}" if call.message is not None else f"asked {call.person.id} {now}"
        poll = Poll(
            key=key, guild=call.guild.id, channel=call.channel.id, author=call.person.id, question=question,
            options=json.dumps(list(options), ensure_ascii=False), terms=terms.kept(), opened=now,
            ends=now + lasts if lasts else None,
        )  # fmt: skip
        return await self._begin(poll)

    async def _begin(self, poll: Poll) -> Poll:
        poll = await self._host.db.write(partial(tables.create, poll))
        terms = Terms.of(poll.terms)
        if poll.ends is not None:
            ends = dt.datetime.fromtimestamp(poll.ends, dt.UTC)
            await self._host.schedule.once(ends, self._plugin.end, key=f"end {poll.id}", arguments={"poll": poll.id})
        if terms.every:
            at = dt.datetime.fromtimestamp(self._next(poll, terms), dt.UTC)
            await self._host.schedule.once(at, self._plugin.again, key=f"again {poll.id}", arguments={"poll": poll.id})
        try:
            sent = await self._host.do(await self._asked(poll, terms), f"poll {poll.id}")
        except PlatformError:
            await self._drop(poll)
            raise
        poll.message = sent.id
        await self._host.db.write(partial(tables.shown, poll.id, sent.id))
        await self._plugin.reactions.offer(poll)
        return poll

    async def _drop(self, poll: Poll) -> None:
        """It could not be said there: nobody can vote in it, so it is none."""
        for what in ("end", "again"):
            await self._host.schedule.cancel(f"{what} {poll.id}")
        await self._host.db.write(partial(tables.drop, poll.id))

    def _next(self, poll: Poll, terms: Terms) -> float:
        """When it is asked anew: the next time that is still to come, at the same hour of the day in the guild."""
        now = self._host.clock.now().timestamp()
        times = max(1, int((now - poll.opened) // terms.every) + 1)
        if terms.every % DAY != 0:
            return poll.opened + times * terms.every
        local = dt.datetime.fromtimestamp(poll.opened, self._host.zone(Guild(poll.guild)))
        return (local + dt.timedelta(seconds=times * terms.every)).timestamp()

    async def native_ended(self, message: str) -> None:
        """The platform says that one of its own has ended."""
        for poll in await self._host.db.read(tables.unfinished):
            if poll.message == message and poll.state == tables.OPEN:
                await self.finish(poll.id)

    async def _asked(self, poll: Poll, terms: Terms) -> Action:
        if terms.native:
            return native.asked(poll, terms)
        return Action("send", poll.channel, reply=await self.shown(poll))

    async def again(self, number: int, due: dt.datetime) -> None:
        """A recurring poll is asked anew, in a poll of its own."""
        poll = await self._host.db.read(partial(tables.get, number))
        if poll is None:
            return
        await self.finish(number)
        terms = Terms.of(poll.terms)
        now = self._host.clock.now().timestamp()
        fresh = {**poll.__data__, "key": f"again {poll.id}", "opened": due.timestamp()}
        fresh["ends"] = min(now + (terms.lasts or terms.every), self._next(Poll(**fresh), terms))
        for name in ("id", "state", "message", "told"):
            del fresh[name]
        await self._begin(Poll(**fresh))

    # --- while it is open ------------------------------------------------------------------------------

    async def shown(self, poll: Poll) -> Reply:
        """The poll with its controls, as it stands."""
        zone = self._host.zone(Guild(poll.guild))
        native, channel = Terms.of(poll.terms).native, self._host.channel(poll.channel)
        listed = channel is not None and not native and not self._host.can("button", channel)
        outcome = await (self.native.standing(poll) if native else self._outcome(poll))
        return showing.question(poll, outcome, await self._role(poll), zone, listed)

    async def _role(self, poll: Poll) -> str:
        role = Terms.of(poll.terms).role
        return (await self._host.roles(Guild(poll.guild))).get(role, role) if role else ""

    async def _outcome(self, poll: Poll) -> Outcome:
        return showing.outcome_of(poll, await self._host.db.read(partial(tables.ballots, poll.id)))

    async def refresh_soon(self, poll: Poll) -> None:
        """Show how it stands in a moment: one update for all votes of that time."""
        channel = self._host.channel(poll.channel)
        if channel is None or Terms.of(poll.terms).hidden or not self._host.can("edit", channel):
            return
        every = self._plugin.settings_for(channel).refresh
        due = (int(self._host.clock.now().timestamp() / every) + 1) * every
        at = dt.datetime.fromtimestamp(due, dt.UTC)
        await self._host.schedule.once(
            at, self._plugin.refresh, key=f"refresh {poll.id}", missed="skip", arguments={"poll": poll.id}
        )

    async def refresh(self, number: int) -> None:
        """Put the present state in the poll's place."""
        poll = await self._host.db.read(partial(tables.get, number))
        if poll is not None and poll.state == tables.OPEN and poll.message:
            await self._host.act(Action("edit", poll.channel, poll.message, reply=await self.shown(poll)))

    # --- the end ----------------------------------------------------------------------------------------

    async def go_on(self, poll: Poll) -> None:
        """After a start: what should have ended meanwhile ends, and a result that nobody heard is told.

        For votes on the platform itself it is not up yet: those polls end by their own schedule, which is late now.
        """
        now = self._host.clock.now().timestamp()
        if poll.state == tables.CLOSED:
            await self._tell(poll)
        elif poll.ends is not None and poll.ends <= now and not Terms.of(poll.terms).native:
            await self.finish(poll.id)

    async def stop(self, poll: Poll) -> str:
        """End it by hand, and ask it no more; what came of that, in words. Raises ``PlatformError``."""
        was_open = await self.finish(poll.id, by_hand=True)
        again = await self._host.schedule.cancel(f"again {poll.id}")
        said = f"Poll {poll.id} is closed" if was_open else f"Poll {poll.id} was closed already"
        return f"{said}, and is not asked again." if again else f"{said}."

    async def finish(self, number: int, *, by_hand: bool = False) -> bool:
        """Close it, and tell the result once. Whether it was open."""
        poll = await self._host.db.read(partial(tables.get, number))
        if poll is None or poll.state != tables.OPEN:
            return False
        now = self._host.clock.now().timestamp()
        if Terms.of(poll.terms).native:
            try:
                await self.native.collect(poll)
            except PlatformError as error:
                if by_hand:
                    raise
                if poll.ends is not None and now < poll.ends + DAY:
                    return await self._later(poll, now, error)
        was_open = await self._host.db.write(partial(tables.close, number, min(now, poll.ends or now)))
        await self._host.schedule.cancel(f"end {number}")
        await self._host.schedule.cancel(f"refresh {number}")
        closed = await self._host.db.read(partial(tables.get, number))
        if closed is not None:
            await self._tell(closed)
        return was_open

    async def _later(self, poll: Poll, now: float, error: PlatformError) -> bool:
        """No result is said without the votes: they are asked for again."""
        self._host.log.warning("a poll's votes could not be fetched", poll=poll.id, reason=str(error))
        at = dt.datetime.fromtimestamp(now + RETRY, dt.UTC)
        await self._host.schedule.once(at, self._plugin.end, key=f"late {poll.id}", arguments={"poll": poll.id})
        return False

    async def _tell(self, poll: Poll) -> None:
        """The key sees to it that it is said once, however often this is called."""
        channel = self._host.channel(poll.channel)
        if channel is not None:
            await self._host.push(channel, await self.result(poll), f"poll {poll.id} result")
            if poll.message and not Terms.of(poll.terms).native and self._host.can("edit", channel):
                bare = Reply(f"{showing.closed(poll, await self._outcome(poll))}\n*Poll {poll.id} is closed.*")
                await self._host.act(Action("edit", poll.channel, poll.message, reply=bare), f"poll {poll.id} closed")
        await self._host.db.write(partial(tables.told, poll.id))

    async def result(self, poll: Poll) -> Reply:
        """How it ended, with a chart; who chose what where that is open and few took part."""
        rows = await self._host.db.read(partial(tables.ballots, poll.id))
        outcome, options = showing.outcome_of(poll, rows), showing.options_of(poll)
        voters: list[str] = []
        if not Terms.of(poll.terms).anonymous and 0 < len(rows) <= MOST_NAMED:
            for row in rows:
                chosen = ", ".join(options[place] for place in json.loads(row.choices))
                voters.append(f"{(await self._host.person(row.person, Guild(poll.guild))).name}: {chosen}")
        return Reply(showing.result(poll, outcome, voters), files=await self._drawn(poll, outcome))

    async def _drawn(self, poll: Poll, outcome: Outcome) -> tuple[File, ...]:
        """The result as a picture; the words say all of it, so that it may be missing."""
        channel = self._host.channel(poll.channel)
        if channel is None or not outcome.voters or not self._host.can("file", channel):
            return ()
        if not self._plugin.settings_for(channel).charts:
            return ()
        try:
            return (await self._host.charts.draw(showing.chart(poll, outcome)),)
        except ButlerError as error:
            self._host.log.warning("a poll's result could not be drawn", poll=poll.id, reason=str(error))
            return ()
