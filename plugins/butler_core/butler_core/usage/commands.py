"""/usage and its limits."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Literal

from butler import BadArgument, Call, Card, Denied, Person, Rank, Reply, command

from butler_core.feature import Commands
from butler_core.usage.shown import amount, answers, sums

if TYPE_CHECKING:
    from butler_core.usage.feature import Usage

Scope = Literal["person", "guild", "persona"]
Period = Literal["hour", "day", "month"]
Kind = Literal["requests", "tokens", "money"]


class UsageCommands(Commands):
    """What was asked of models, and what may be."""

    @property
    def _usage(self) -> Usage:
        from butler_core.usage.feature import Usage  # noqa: PLC0415 - the feature names its commands

        return self.feature(Usage)

    @command(rank=Rank.MEMBER, ephemeral=True, default_name="person")
    async def usage(self, call: Call, who: Person | None = None, days: int = 30) -> Reply:
        """Show how much somebody talked with personas, and what it took; you, if nobody is named.

        who: a person; managers may ask about others
        days: how far back
        Example: /usage
        Example: /usage bob 7
        """
        person = who or call.person
        accounts = self.host.who(person).accounts
        manages = self.host.rank(call.person, call.guild) >= Rank.MANAGER
        if call.person.id not in accounts and not manages:
            raise Denied("only managers may see how much others use")
        days = _days(days)
        found = await self._usage.answers(accounts, days)
        fields = [("Answers", answers(found)), *[
            (title, text) for title, by in (("By persona", "persona"), ("By model", "model"))
            if (text := await self._of_person(accounts, by, days))
        ]]  # fmt: skip
        budgets = [
            f"{each.name}: {amount(each.kind, each.used)} of {amount(each.kind, each.amount)}, whole again at "
            f"{dt.datetime.fromtimestamp(each.frees, dt.UTC).astimezone(self.host.zone(call.guild)):%H:%M on %d %B}"
            for each in await self.host.models.budgets(person, call.channel)
        ]
        fields += [("Limits", "\n".join(budgets))]
        shown = tuple((name, text) for name, text in fields if text)
        return Reply(card=Card(f"{person.name}, last {days} days", "" if found else "No answers yet.", shown))

    async def _of_person(self, accounts: tuple[str, ...], by: str, days: int) -> str:
        found = [await self.host.models.usage([by], days=days, only={"person": each}) for each in accounts]
        return sums([row for rows in found for row in rows], {})

    @usage.command(name="guild", rank=Rank.MANAGER, ephemeral=True)
    async def usage_guild(self, call: Call, days: int = 30) -> Reply:
        """Show what this guild used, by persona, person and model.

        days: how far back
        Example: /usage guild 7
        """
        days, fields = _days(days), []
        for title, by in (("By persona", "persona"), ("By person", "person"), ("By model", "model")):
            rows = await self.host.models.usage([by], days=days, only={"guild": call.guild.id})
            names = {}
            if by == "person":
                ids = [row.keys[0] for row in rows[:8] if row.keys[0]]
                names = {each: (await self.host.person(each, call.guild)).name for each in ids}
            fields.append((title, sums(rows, names)))
        shown = tuple((name, text) for name, text in fields if text)
        about = "" if shown else "Nothing was asked of a model."
        return Reply(card=Card(f"{call.guild.name or 'This guild'}, last {days} days", about, shown))

    @usage.command(name="limit", rank=Rank.MANAGER)
    async def usage_limit(self, call: Call, scope: Scope, period: Period, kind: Kind, most: str) -> str:
        """Limit what each person, each persona or the whole guild may use here.

        scope: each person, each persona, or the guild as a whole
        period: in an hour, a day or a month
        kind: requests, tokens, or money
        most: how much at most; off takes the limit back
        Example: /usage limit person day tokens 20000
        Example: /usage limit guild month money off
        """
        value = None if most.casefold() in {"off", "none"} else _number(most)
        await self.host.set_budget(call.guild, f"{scope}_{period}_{kind}", value, call.person)
        often = "an hour" if period == "hour" else f"a {period}"
        whom = {"person": "each person", "persona": "each persona", "guild": "this guild"}[scope]
        if value is None:
            return f"The limit of {kind} in {often} for {whom} is taken back."
        return f"From now on {whom} may use {value:g} {f'{kind} ' if kind != 'money' else ''}in {often}."


def _days(days: int) -> int:
    if not 1 <= days <= 400:
        raise BadArgument(f"days go from 1 to 400, not {days}")
    return days


def _number(text: str) -> float:
    try:
        value = float(text.replace("_", "").replace(",", ""))
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e12:
        raise BadArgument(f"most must be a number from 0 on, or off, not “{text[:30]}”")
    return value
