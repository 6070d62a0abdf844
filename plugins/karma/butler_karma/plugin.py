"""The plugin: what it hears, what it answers to, what it keeps of whom."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, ClassVar

from butler import (
    VETO,
    Call,
    Event,
    Guild,
    Lines,
    Message,
    Person,
    Persona,
    Rank,
    Reply,
    Section,
    Vote,
    command,
    hookimpl,
)

from butler_karma import tables
from butler_karma.commands import StampCommands
from butler_karma.parsing import Point, may_hold_points, only_points, points_in, same_emoji, shortened
from butler_karma.roles import Roles
from butler_karma.settings import Settings
from butler_karma.stamps import Stamps
from butler_karma.tables import Entry
from butler_karma.votes import Cause, Refused, Votes, target_of

DAY = 86_400.0


class Karma(StampCommands):
    """Points for people and things, in each guild its own."""

    settings = Settings
    tables = (Entry,)
    person_columns: ClassVar[Mapping[str, tuple[str, ...]]] = {"karma_entry": ("giver", "target")}

    async def start(self) -> None:
        """The host is there now."""
        self.votes = Votes(self)
        self.stamp_book = Stamps(self)
        self.roles = Roles(self)

    # --- what it hears ----------------------------------------------------------------------------------

    @hookimpl
    async def on_message(self, message: Message) -> None:
        """Count the votes in a message, and say what came of them."""
        if message.author.bot or not may_hold_points(message.text):
            return
        lines: list[str] = []
        counted: set[str] = set()
        cause = Cause(message.id, message.seq)
        for point in points_in(message.text, self.host.parse(message.text).without_code):
            try:
                target = await self.votes.find(point.name, message.channel)
                if target.id not in counted:
                    before = len(counted)
                    lines.append(await self.votes.cast(message.author, target, point, message.channel, cause, before))
                    counted.add(target.id)
            except Refused as refused:
                if self.votes.is_news(message.author, refused):
                    lines.append(f"{refused}.")
        if lines:
            await message.reply("\n".join(lines))

    @hookimpl
    async def should_reply(self, message: Message) -> Vote | None:
        """Nobody needs to answer what is nothing but a vote."""
        if may_hold_points(message.text) and only_points(message.text, self.host.parse(message.text).without_code):
            return Vote(VETO, "it is nothing but karma")
        return None

    @hookimpl
    async def on_event(self, event: Event) -> None:
        """A reaction is a vote on who wrote the message; taken back, it takes the vote back. Nothing is said."""
        if event.person is None or event.channel is None or not event.kind.startswith("reaction_"):
            return
        cause = Cause(f"{event.target} {event.text}", event.seq)
        if event.kind == "reaction_removed":
            mine = (Entry.giver == event.person.id, Entry.cause == cause.id)
            votes = await self.host.db.read(partial(tables.standing, event.guild.id, *mine))
            self.host.db.defer(partial(tables.undo, votes, event.at.timestamp()))
            return
        settings = self.settings_for(event.channel, event.person)
        amount = same_emoji(event.text, settings.emoji) - same_emoji(event.text, settings.emoji_take)
        message = await self.host.message(event.target) if amount else None
        if message is not None:
            with contextlib.suppress(Refused):
                target = target_of(message.author)
                await self.votes.cast(event.person, target, Point("", amount), event.channel, cause)

    @hookimpl
    async def on_tick(self, now: dt.datetime, guild: Guild) -> None:
        """Stamps and roles follow the votes; not each of them, but soon."""
        self.stamp_book.tick(guild)
        self.roles.tick(guild, now)

    @hookimpl
    async def build_prompt(self, message: Message, persona: Persona) -> Section | None:
        """A persona may know its standing."""
        if not self.settings_for(message.channel, message.author).personas_know:
            return None
        has = await self.host.db.read(partial(tables.total, message.channel.guild.id, [f"persona:{persona.name}"]))
        return Section(f"People here have given you {has} points of karma.", priority=20)

    # --- what it answers to -----------------------------------------------------------------------------

    @command
    async def karma(self, call: Call, who: str = "") -> str:
        """Show how much karma somebody or something has; you, if nobody is named.

        who: a person or a thing
        Example: /karma bob
        """
        target = await self.votes.find(who, call.channel) if who else call.person
        has = await self.host.db.read(partial(tables.total, call.guild.id, self.host.who(target).accounts))
        return f"{target.name} has {has} karma."

    @karma.command
    async def give(self, call: Call, to: str, *, reason: str = "") -> str:
        """Give a point of karma.

        to: a person or a thing
        reason: what for
        Example: /karma give bob for the cake
        """
        return await self._vote_by_command(call, to, 1, reason)

    @karma.command
    async def take(self, call: Call, away_from: str, *, reason: str = "") -> str:
        """Take a point of karma.

        away_from: a person or a thing
        reason: what for
        Example: /karma take mondays
        """
        return await self._vote_by_command(call, away_from, -1, reason)

    async def _vote_by_command(self, call: Call, name: str, amount: int, reason: str) -> str:
        target = await self.votes.find(name, call.channel)
        cause = Cause(call.message.id, call.message.seq) if call.message else Cause()
        point = Point(name, amount, shortened(reason.removeprefix("for ")))
        return await self.votes.cast(call.person, target, point, call.channel, cause)

    @karma.command
    async def top(self, call: Call, days: int = 0) -> str:
        """List who and what has most karma.

        days: count only the last so many days
        Example: /karma top 7
        """
        since = self.host.clock.now().timestamp() - days * DAY if days > 0 else 0.0
        rows = self._top(await self.host.db.read(partial(tables.sums, call.guild.id, since)))
        names = [await self.votes.name(target, call.guild) for target, _ in rows]
        lines = [f"{place}. {name}: {has}" for place, (name, (_, has)) in enumerate(zip(names, rows, strict=True), 1)]
        return "\n".join(lines) or "Nobody has any karma yet."

    def _top(self, sums: Iterable[tuple[str, int]], most: int = 10) -> list[tuple[str, int]]:
        """Who and what has most; a person's accounts count together."""
        has: dict[str, int] = {}
        for target, amount in sums:
            who = self.host.who(target).id
            has[who] = has.get(who, 0) + int(amount)
        return sorted([row for row in has.items() if row[1]], key=lambda row: (-row[1], row[0]))[:most]

    @karma.command
    async def reasons(self, call: Call, who: str) -> str:
        """Show what somebody or something got karma for.

        who: a person or a thing
        Example: /karma reasons bob
        """
        target = await self.votes.find(who, call.channel)
        rows = await self.host.db.read(partial(tables.reasons, call.guild.id, self.host.who(target).accounts))
        lines = [f"{row.amount:+d} from {await self.votes.name(row.giver, call.guild)}: {row.reason}" for row in rows]
        return "\n".join(lines) or f"Nobody gave a reason for {target.name}'s karma yet."

    @karma.command
    async def history(self, call: Call, who: str = "") -> Reply:
        """Show how somebody's or something's karma grew; yours, if nobody is named.

        who: a person or a thing
        Example: /karma history bob
        """
        target = await self.votes.find(who, call.channel) if who else call.person
        rows = await self.host.db.read(partial(tables.history, call.guild.id, self.host.who(target).accounts))
        if not rows:
            return Reply(f"{target.name} has no karma yet.")
        zone = self.host.zone(call.guild, call.person)
        times = [dt.datetime.fromtimestamp(at, zone) for at, _ in rows] + [self.host.clock.now().astimezone(zone)]
        sums = [*itertools.accumulate(amount for _, amount in rows)]
        chart = Lines(f"Karma of {target.name}", {"": list(zip(times, [*sums, sums[-1]], strict=True))}, steps=True)
        return Reply(f"{target.name} has {sums[-1]} karma.", files=(await self.host.charts.draw(chart),))

    @karma.command(rank=Rank.MANAGER)
    async def undo(self, call: Call, who: Person, last: int = 1) -> str:
        """Take back the last votes that somebody gave.

        who: whose votes
        last: how many
        Example: /karma undo bob 3
        """
        mine = Entry.giver.in_(self.host.who(who).accounts)
        votes = await self.host.db.read(partial(tables.standing, call.guild.id, mine, most=last))
        self.host.db.defer(partial(tables.undo, votes, self.host.clock.now().timestamp()))
        return f"{len(votes)} of {who.name}'s votes taken back."

    # --- what it offers to other plugins ----------------------------------------------------------------

    async def weigh_karma(self, person: Person, guild: Guild, at: dt.datetime | None = None) -> float:
        """What karma somebody had at a moment, or has."""
        accounts = self.host.who(person).accounts
        moment = (at or self.host.clock.now()).timestamp()
        return float(await self.host.db.read(partial(tables.total_at, guild.id, accounts, moment)))

    async def weigh_stamps(self, person: Person, guild: Guild, at: dt.datetime | None = None) -> float:
        """What somebody's stamps weighed at a moment, or weigh: between 0 and the founder's 1000."""
        return (await self.stamp_book.of(guild, at)).of(self.host.who(person).id)

    offers: ClassVar[Mapping[str, Any]] = {"weight:karma": weigh_karma, "weight:stamps": weigh_stamps}

    # --- what it keeps of whom --------------------------------------------------------------------------

    async def export_person(self, person: str) -> Mapping[str, Any]:
        """Every vote that the person gave or got."""
        return {"votes": await self.host.db.read(partial(tables.of_person, person))}

    async def forget_person(self, person: str, replacement: str) -> Mapping[str, int]:
        """Votes keep their sums under another id, and lose their words."""
        self.stamp_book.clear()
        return {"karma_entry": await self.host.db.write(partial(tables.forget, person, replacement))}
