"""Whoever something was done to may ask for it to be taken back; managers answer by a button (MOD-1)."""

from __future__ import annotations

from functools import partial

from butler import Button, Call, CommandError, Form, Guild, Plugin, Rank, action, command

from butler_moderation import case_tables as table
from butler_moderation.case_tables import Case
from butler_moderation.cases import Cases
from butler_moderation.telling import Telling

MOST = 1000


class Appeals(Plugin):
    """What people say about their cases, and what managers say to that."""

    cases: Cases
    telling: Telling

    @command(rank=Rank.GUEST, ephemeral=True)
    async def appeal(self, call: Call, number: int, *, why: str) -> str:
        """Ask for a case against you to be taken back.

        number: the case's number
        why: why
        Example: /appeal 12 it was a quotation
        """
        accounts = self.host.who(call.person).accounts
        found: list[Case] = []
        for account in accounts:
            found += await self.host.db.read(partial(table.anywhere, account, number))
        here = [each for each in found if call.channel.dm or each.guild == call.guild.id]
        if len(here) > 1:
            raise CommandError(f"There are several cases {number}", remedy="use the button below what you were told")
        return await self._appealed(call, here[0] if here else None, why)

    @action("appeal", rank=Rank.GUEST, ephemeral=True)
    async def _begin(self, call: Call, value: str) -> Form:
        """Ask why."""
        return Form("Appeal", "appeal-why", value=value)

    @action("appeal-why", rank=Rank.GUEST, ephemeral=True)
    async def _why(self, call: Call, value: str, *, why: str) -> str:
        """Take it.

        why: why it should be taken back
        """
        number, _, guild = value.partition(" ")
        return await self._appealed(call, await self.host.db.read(partial(table.find, guild, int(number))), why)

    async def _appealed(self, call: Call, case: Case | None, why: str) -> str:
        if case is None or case.person not in self.host.who(call.person).accounts:
            raise CommandError("There is no such case against you.")
        if case.appeal:
            raise CommandError(f"You appealed case {case.number} already: {case.answer or 'it is not answered yet'}.")
        place = self.host.channel(case.channel)
        about = f"{case.do}: {case.reason or 'no reason given'}"
        text = f"**Appeal** of case {case.number} ({about}) by {case.name}:\n{why}"
        value = f"{case.number} {case.guild}"
        grant = Button("Grant", "appeal-grant", value, "success")
        buttons = (grant, Button("Refuse", "appeal-refuse", value, "danger"))
        told = place is not None and await self.telling.log(place, text[:1800], f"appeal {value}", buttons)
        if not told:
            raise CommandError("Nobody reads appeals there; ask a manager.")
        self.host.db.defer(partial(table.change, case.guild, case.number, appeal=why[:MOST]))
        return "Your appeal was handed on. You will be told."

    @action("appeal-grant", rank=Rank.MANAGER)
    async def _grant(self, call: Call, value: str) -> None:
        """Take the case back."""
        await self._answer(call, value, granted=True)

    @action("appeal-refuse", rank=Rank.MANAGER)
    async def _refuse(self, call: Call, value: str) -> None:
        """Leave it as it is."""
        await self._answer(call, value, granted=False)

    async def _answer(self, call: Call, value: str, *, granted: bool) -> None:
        number, _, guild = value.partition(" ")
        case: Case | None = await self.host.db.read(partial(table.find, guild, int(number)))
        if case is None or guild != call.guild.id:
            raise CommandError("There is no such case here.")
        if case.person in self.host.who(call.person).accounts:
            raise CommandError("Nobody answers an appeal of their own.")
        if case.answer:
            raise CommandError(f"Case {number} was answered already: {case.answer}.")
        answer = f"{'granted' if granted else 'refused'} by {call.person.name}"
        if granted and case.state == table.OPEN:
            await self.cases.end(case, table.LIFTED, answer)
        self.host.db.defer(partial(table.change, guild, case.number, answer=answer))
        await call.update(f"Appeal of case {number} ({case.do}, {case.name}): {answer}.\n{case.appeal}")
        said = "Your appeal of case {} was {}.".format(number, "granted" if granted else "refused")
        person = await self.host.person(case.person, Guild(guild))
        await self.host.push(person, said, f"answer {value}", guild=call.guild, asked=True)
