"""Cases: what was done to whom, by whom, why and until when; what is timed is lifted on time (MOD-1)."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from butler import Action, Channel, CommandError, Guild, Person, PlatformError, Plugin, Reply

from butler_moderation import case_tables as table
from butler_moderation.case_tables import Case
from butler_moderation.punishing import LASTING, Deed, Punishing, in_words
from butler_moderation.telling import Telling, notice

UNDO = {"ban": "unban", "lock": "unlock", "timeout": "timeout"}
PATIENCE = 5.0
"""Seconds that a kick or ban waits for its person to be told."""
AWAY = frozenset({"kick", "ban"})
"""Who is told after these cannot be reached any more: they are told before."""


class Cases:
    """Does things to people and channels, writes them down, and takes them back on time."""

    def __init__(self, plugin: Plugin, telling: Telling, lift: Any) -> None:
        """``lift`` is the plugin's job that ends a case."""
        self._plugin = plugin
        self._host = plugin.host
        self._telling = telling
        self._lift = lift
        self._punishing = Punishing(plugin)
        self._numbers: dict[str, int] = {}
        self._hushed: set[tuple[str, str]] = set()

    async def start(self) -> None:
        """Read whose messages are taken away."""
        self._hushed = set(await self._host.db.read(table.hushed))

    def is_hushed(self, guild: str, person: str) -> bool:
        """Whether what somebody says is taken away at once."""
        return (guild, person) in self._hushed

    # --- doing ----------------------------------------------------------------------------------------

    async def impose(self, deed: Deed, by: Person | str, *, now: bool) -> str:
        """Do it, write it down, and tell whom it concerns; returns a line. ``by``: a person, or what did it.

        ``now``: it is done before this returns, and raises ``CommandError`` if the platform refuses; else it is
        written with what is being handled.
        """
        made = self._punishing.action(deed)
        if isinstance(made, str):
            raise CommandError(f"No {deed.do}: {made}.")
        action, how = made
        number = await self._next(deed.channel.guild.id)
        row = self._row(deed, by.id if isinstance(by, Person) else by, number, how)
        key = deed.key or f"case {row['guild']} {number} {deed.do} {deed.person.id}"
        if deed.do in AWAY and now:
            await self._told_before(deed, number)
        if action is not None and now:
            await self._done(action, key, row)
        elif action is not None:
            await self._host.act(action, key)
        if how == "hush":
            self._hushed.add((row["guild"], deed.person.id))
        self._host.db.defer(partial(table.keep, row))
        if row["until"] is not None:
            await self._plan(row["guild"], number, row["until"])
        if deed.person.id and not (deed.do in AWAY and now):
            await self._telling.notify(deed, number, key)
        name = deed.person.name or f"#{deed.channel.name}"
        line = f"Case {number}: {in_words(deed.do, deed.seconds)}, {name}"
        if now:
            who = by.name if isinstance(by, Person) else by
            about = f"{line} ({deed.person.id or deed.channel.id}), by {who}: {deed.reason or 'no reason given'}"
            await self._telling.log(deed.channel, about, key)
        return line

    def _row(self, deed: Deed, by: str, number: int, how: str) -> dict[str, Any]:
        at = self._host.clock.now().timestamp()
        lasts = deed.do in LASTING
        return {
            "guild": deed.channel.guild.id, "number": number, "do": deed.do, "person": deed.person.id,
            "name": deed.person.name, "by": by, "reason": deed.reason, "channel": deed.channel.id, "at": at,
            "until": at + deed.seconds if lasts and deed.seconds else None, "how": how,
            "state": table.OPEN if lasts else table.ENDED,
        }  # fmt: skip

    async def _done(self, action: Action, key: str, row: dict[str, Any]) -> None:
        """Do it now; a case that could not be done keeps its number, so that the next try is another."""
        try:
            await self._host.do(action, key)
        except PlatformError as error:
            await self._host.db.write(partial(table.keep, {**row, "until": None, "state": table.FAILED}))
            raise CommandError(f"That was refused: {error}", remedy=error.remedy) from error

    async def _told_before(self, deed: Deed, number: int) -> None:
        """Tell somebody who will be gone; whoever takes no messages is not told, and nobody waits for long."""
        reply = Reply(notice(deed, number), buttons=self._telling.buttons(deed, number), lasts=30 * 86_400.0)
        key = f"before {deed.channel.guild.id} {number} {deed.person.id}"
        told = await self._host.push_first(deed.person, reply, key, guild=deed.channel.guild, patience=PATIENCE)
        if told.state != "sent":
            self._host.log.info("somebody was not told before", person=deed.person.id, reason=told.reason)

    async def _next(self, guild: str) -> int:
        """A number that no case of the guild has."""
        if guild not in self._numbers:
            last = await self._host.db.read(partial(table.last_number, guild))
            self._numbers[guild] = max(last, self._numbers.get(guild, 0))
        self._numbers[guild] += 1
        return self._numbers[guild]

    async def _plan(self, guild: str, number: int, until: float) -> None:
        await self._host.schedule.once(
            dt.datetime.fromtimestamp(until, dt.UTC), self._lift, key=f"case {guild} {number}", missed="late",
            guild=guild, arguments={"guild": guild, "number": number},
        )  # fmt: skip

    # --- taking back ----------------------------------------------------------------------------------

    async def case(self, guild: Guild, number: int) -> Case:
        """A case. Raises ``CommandError`` if there is none of that number."""
        found: Case | None = await self._host.db.read(partial(table.find, guild.id, number))
        if found is None:
            raise CommandError(f"There is no case {number} here", remedy="look with /cases PERSON")
        return found

    async def end(self, case: Case, state: str, why: str) -> None:
        """Take back what a case did; written with what is being handled."""
        channel = self._host.channel(case.channel)
        action = self._undoing(case, state)
        self._hushed.discard((case.guild, case.person))
        if action is not None and channel is not None and self._host.can(action.kind, channel):
            await self._host.act(action, f"end {case.guild} {case.number}")
        self._host.db.defer(partial(table.change, case.guild, case.number, state=state))
        await self._host.schedule.cancel(f"case {case.guild} {case.number}")
        if channel is not None:
            about = f"Case {case.number} ({case.do}, {case.name or channel.name}) is over: {why}"
            await self._telling.log(channel, about, f"end {case.guild} {case.number}")

    def _undoing(self, case: Case, state: str) -> Action | None:
        data = {"reason": f"case {case.number} is over"}
        if case.how.startswith("role "):
            return Action("roles", case.channel, case.person, data={**data, "remove": [case.how[5:]]})
        if case.do == "timeout" or case.how == "timeout":
            return None if state == table.ENDED else Action("timeout", case.channel, case.person, data=data)
        if case.how == "hush" or case.do not in UNDO:
            return None
        return Action(UNDO[case.do], case.channel, case.person, data=data)

    async def due(self, guild: str, number: int) -> None:
        """A case's time is over."""
        case: Case | None = await self._host.db.read(partial(table.find, guild, number))
        if case is not None and case.state == table.OPEN:
            await self.end(case, table.ENDED, "its time has come")

    async def lift(self, guild: Guild, do: str, person: Person, by: str) -> int:
        """Take back all that holds against somebody of a kind; how many cases that were."""
        found: list[Case] = await self._host.db.read(partial(table.standing, guild.id, do, person.id))
        for case in found:
            await self.end(case, table.LIFTED, f"lifted by {by}")
        return len(found)

    async def again(self, guild: Guild, person: Person, channel: Channel) -> None:
        """Somebody came back: what holds against them holds on."""
        for do in ("mute", "quarantine"):
            for case in await self._host.db.read(partial(table.standing, guild.id, do, person.id)):
                if case.how.startswith("role "):
                    data = {"add": [case.how[5:]], "reason": f"case {case.number} holds on"}
                    await self._host.act(Action("roles", channel.id, person.id, data=data))
