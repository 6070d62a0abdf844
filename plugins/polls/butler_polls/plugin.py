"""The plugin: what can be asked, how votes come in, when it ends."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, Literal

from butler import Call, CommandError, Event, Plugin, Rank, Reply, action, command, hookimpl, job

from butler_polls import showing, tables
from butler_polls.life import Life
from butler_polls.reactions import Reactions
from butler_polls.settings import Settings
from butler_polls.tables import Ballot, Poll
from butler_polls.terms import QUESTION, Terms, options_in
from butler_polls.voting import SAID, Voting


class Polls(Plugin):
    """A community decides, one vote each."""

    settings = Settings
    tables = (Poll, Ballot)
    person_columns: ClassVar[Mapping[str, tuple[str, ...]]] = {"polls_poll": ("author",), "polls_ballot": ("person",)}

    async def start(self) -> None:
        """Close what should have ended while the host was down."""
        self.voting, self.life, self.reactions = Voting(self), Life(self), Reactions(self)
        for poll in await self.host.db.read(tables.unfinished):
            await self.life.go_on(poll)

    # --- asking -----------------------------------------------------------------------------------------

    @command(default_name="ask")
    async def poll(
        self,
        call: Call,
        question: str,
        *,
        choices: int = 1,
        ranked: bool = False,
        ends: dt.timedelta | None = None,
        anonymous: bool = False,
        fixed: bool = False,
        hidden: bool = False,
        quorum: int = 0,
        role: str = "",
        weigh: str = "",
        every: dt.timedelta | None = None,
        options: str,
    ) -> Reply:
        """Ask everybody something.

        question: what is asked
        choices: how many options one may choose
        ranked: put the options in order; counted by instant runoff
        ends: for how long it is open
        anonymous: nobody sees who chose what
        fixed: votes cannot be changed
        hidden: how it stands shows at the end only
        quorum: how many have to take part
        role: only for those with this role
        weigh: what votes weigh by, such as karma or stamps
        every: ask it anew each so long
        options: what can be chosen, parted by | or commas
        Example: /poll "Lunch?" pizza | pasta | salad
        """
        texts = options_in(options)
        if len(question) > QUESTION:
            raise CommandError(f"A question has at most {QUESTION} characters", remedy="say the rest in a message")
        terms = Terms(
            "ranked" if ranked else "choice", max(1, min(choices, len(texts))), anonymous, not fixed, hidden,
            max(0, quorum), await self._role(call, role), weigh.lower(), every.total_seconds() if every else 0.0,
        )  # fmt: skip
        if terms.every and terms.every < 3600:
            raise CommandError("A poll can be asked anew each hour at most", remedy="every=1h or longer")
        await self._weighable(call, terms.weigh)
        most = call.settings.most_open
        if len(await self.host.db.read(partial(tables.listed, call.guild.id, state=tables.OPEN, most=most))) >= most:
            raise CommandError(f"{most} polls are open here already", remedy=f"{call.prefix}poll close NUMBER")
        lasts = ends if ends is not None else call.settings.lasts
        poll = await self.life.open(call, question, texts, terms, lasts.total_seconds())
        return Reply(f"Poll {poll.id} is open.", ephemeral=True)

    async def _role(self, call: Call, name: str) -> str:
        """The id of a role that was named. Raises ``CommandError``."""
        if not name:
            return ""
        roles = await self.host.roles(call.guild)
        wanted = name.lstrip("@").casefold()
        found = [key for key, label in roles.items() if wanted in (label.casefold(), key.casefold())]
        if not found:
            known = ", ".join(sorted(roles.values())[:20]) or "there are none here"
            raise CommandError(f"There is no role {name} here", remedy=f"known roles: {known}")
        return found[0]

    async def _weighable(self, call: Call, name: str) -> None:
        if name and await self.voting.weight(name, call.person, call.guild, self.host.clock.now()) is None:
            known = sorted(offer.partition(":")[2] for offer in self.host.offers if offer.startswith("weight:"))
            there = ", ".join(known) or "nothing"
            raise CommandError(f"Nobody here weighs people by {name}", remedy=f"what there is: {there}")

    @poll.command(name="list")
    async def list_(self, call: Call) -> str:
        """List the polls of this guild, the newest first."""
        polls = await self.host.db.read(partial(tables.listed, call.guild.id, most=20))
        lines = [f"{poll.id}. {poll.question} ({poll.state})" for poll in polls]
        return "\n".join(lines) or f"Nobody has asked anything yet: {call.prefix}poll."

    @poll.command
    async def show(self, call: Call, number: int = 0) -> Reply:
        """Show how a poll stands, or ended.

        number: which poll; the newest if left out
        """
        poll = await self._found(call, number)
        if poll.state == tables.OPEN:
            return await self.life.shown(poll)
        return await self.life.result(poll)

    @poll.command
    async def close(self, call: Call, number: int = 0) -> str:
        """End a poll now: one's own, or any with the rank of a manager. A recurring one is not asked again.

        number: which poll; the newest if left out
        """
        poll = await self._found(call, number)
        mine = poll.author in self.host.who(call.person).accounts
        if not mine and self.host.rank(call.person, call.guild) < Rank.MANAGER:
            raise CommandError("Only whoever asked, or a manager, can close it", remedy="ask one of them")
        return await self.life.stop(poll)

    @poll.command
    async def export(self, call: Call, number: int = 0, form: Literal["csv", "json"] = "csv") -> Reply:
        """Get a poll with its votes as a file; of an anonymous one without names.

        number: which poll; the newest if left out
        form: csv or json
        """
        poll = await self._found(call, number)
        if Terms.of(poll.terms).hidden and poll.state == tables.OPEN:
            raise CommandError("How it stands is hidden until its end", remedy="wait for that")
        rows = await self.host.db.read(partial(tables.ballots, poll.id))
        return Reply(f"Poll {poll.id}: {poll.question}", files=(showing.exported(poll, rows, form),))

    async def _found(self, call: Call, number: int) -> Poll:
        poll = await self.host.db.read(partial(tables.find, call.guild.id, number))
        if poll is None:
            what = f"no poll {number}" if number else "no poll yet"
            raise CommandError(f"There is {what} here", remedy=f"see {call.prefix}poll list")
        return poll

    # --- voting -----------------------------------------------------------------------------------------

    @action("vote", ephemeral=True)
    async def vote(self, call: Call, value: str) -> str:
        """A button was pressed."""
        poll, _, place = value.partition(":")
        return await self._cast(call, int(poll), [int(place)])

    @action("choose", ephemeral=True)
    async def choose(self, call: Call, value: str) -> str:
        """Something was chosen in the menu."""
        return await self._cast(call, int(value), [int(place) for place in call.chosen])

    @action("rank", ephemeral=True)
    async def rank(self, call: Call, value: str) -> Reply | str:
        """Somebody begins to put the options in order."""
        poll = await self.host.db.read(partial(tables.get, int(value.partition(":")[0])))
        if poll is None or poll.state != tables.OPEN:
            return SAID["closed"]
        return showing.ranking(poll, [])

    @action("rank_next", ephemeral=True)
    async def rank_next(self, call: Call, value: str) -> None:
        """The next of their choices."""
        number, _, picked = value.partition(":")
        places = [int(place) for place in picked.split(",") if place] + [int(place) for place in call.chosen]
        poll = await self.host.db.read(partial(tables.get, int(number)))
        if poll is None:
            return
        if len(places) >= len(showing.options_of(poll)):
            await call.update(await self._cast(call, poll.id, places))
        else:
            await call.update(showing.ranking(poll, places))

    @action("rank_done", ephemeral=True)
    async def rank_done(self, call: Call, value: str) -> None:
        """That is their order."""
        number, _, picked = value.partition(":")
        await call.update(await self._cast(call, int(number), [int(place) for place in picked.split(",") if place]))

    async def _cast(self, call: Call, number: int, choices: list[int]) -> str:
        return await self.voting.cast(number, call.person, call.guild, choices)

    # --- time -------------------------------------------------------------------------------------------

    @job
    async def end(self, poll: int) -> None:
        """Its time is over."""
        await self.life.finish(poll)

    @job
    async def refresh(self, poll: int) -> None:
        """Show how it stands."""
        await self.life.refresh(poll)

    @job
    async def again(self, poll: int, due: dt.datetime) -> None:
        """Ask it anew."""
        await self.life.again(poll, due)

    @hookimpl
    async def on_event(self, event: Event) -> None:
        """A poll of the platform's own came to its end, or somebody votes by a reaction."""
        if event.kind == "poll_ended":
            await self.life.native_ended(event.target)
        elif event.kind in ("reaction_added", "reaction_removed"):
            await self.reactions.happened(event)

    # --- what it keeps of whom --------------------------------------------------------------------------

    async def export_person(self, person: str) -> Mapping[str, Any]:
        """What they asked and chose."""
        told = await self.host.db.read(partial(tables.of_person, person))
        for vote in told["chose"]:
            vote["choices"] = json.loads(vote["choices"])
        return told

    async def forget_person(self, person: str, replacement: str) -> Mapping[str, int]:
        """Polls and votes stay, of nobody in particular."""
        return await self.host.db.write(partial(tables.forget, person, replacement))
