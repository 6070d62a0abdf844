"""``/warn``, ``/ban`` and the others: what managers do to people, each a case with a number (MOD-1)."""

from __future__ import annotations

import datetime as dt
from functools import partial

from butler import (
    Action,
    Call,
    CommandError,
    Listing,
    Message,
    Person,
    PlatformError,
    Plugin,
    Rank,
    command,
    context_command,
)

from butler_moderation import case_tables as table
from butler_moderation.case_tables import Case
from butler_moderation.cases import Cases
from butler_moderation.hierarchy import Hierarchy
from butler_moderation.punishing import LONGEST_TIMEOUT, Deed, span

MOST_REASON = 400
DURATION = dt.timedelta(minutes=10)


class CaseCommands(Plugin):
    """What managers do to people."""

    cases: Cases
    hierarchy: Hierarchy

    async def impose(self, call: Call, do: str, who: Person, reason: str, lasts: dt.timedelta | None = None) -> str:
        """Do it, if the caller stands higher. Raises ``CommandError``."""
        if call.channel.dm:
            raise CommandError("That is done in a guild, not in private.")
        seconds = lasts.total_seconds() if lasts is not None else 0.0
        if lasts is not None and seconds < 1:
            raise CommandError("It must last for a second at least.")
        target = await self.hierarchy.may(call.person, who, call.guild)
        deed = Deed(do, target, call.channel, reason[:MOST_REASON], seconds)
        return f"{await self.cases.impose(deed, call.person, now=True)}."

    @command(rank=Rank.MANAGER, ephemeral=True)
    async def warn(self, call: Call, who: Person, *, reason: str = "") -> str:
        """Warn somebody; they are told, and it is written down.

        who: whom
        reason: what for
        Example: /warn bob stop shouting
        """
        return await self.impose(call, "warn", who, reason)

    @command(rank=Rank.MANAGER, ephemeral=True, outside=False)
    async def timeout(self, call: Call, who: Person, lasts: dt.timedelta = DURATION, *, reason: str = "") -> str:
        """Have somebody say nothing for a while, 28 days at most.

        who: whom
        lasts: for how long, such as 10m, 2h or 1d
        reason: what for
        Example: /timeout bob 1h spam
        """
        if lasts.total_seconds() > LONGEST_TIMEOUT:
            raise CommandError("A timeout lasts for 28 days at most", remedy="use /mute")
        return await self.impose(call, "timeout", who, reason, lasts)

    @command(rank=Rank.MANAGER, ephemeral=True)
    async def mute(self, call: Call, who: Person, lasts: dt.timedelta | None = None, *, reason: str = "") -> str:
        """Have somebody say nothing, for a while or until they are unmuted.

        who: whom
        lasts: for how long, such as 10m, 2h or 1d
        reason: what for
        Example: /mute bob 2d spam
        """
        return await self.impose(call, "mute", who, reason, lasts)

    @command(rank=Rank.MANAGER, ephemeral=True)
    async def unmute(self, call: Call, who: Person) -> str:
        """Let somebody speak again, after a mute or a timeout.

        who: whom
        """
        await self.hierarchy.may(call.person, who, call.guild)
        lifted = [await self.cases.lift(call.guild, do, who, call.person.name) for do in ("mute", "timeout")]
        return f"{who.name} may speak again." if any(lifted) else f"Nothing keeps {who.name} from speaking."

    @command(rank=Rank.MANAGER, ephemeral=True)
    async def kick(self, call: Call, who: Person, *, reason: str = "") -> str:
        """Put somebody out; they may come again.

        who: whom
        reason: what for
        """
        return await self.impose(call, "kick", who, reason)

    @command(rank=Rank.MANAGER, ephemeral=True)
    async def ban(self, call: Call, who: Person, *, reason: str = "") -> str:
        """Put somebody out for good.

        who: whom
        reason: what for
        """
        return await self.impose(call, "ban", who, reason)

    @command(rank=Rank.MANAGER, ephemeral=True)
    async def tempban(self, call: Call, who: Person, lasts: dt.timedelta, *, reason: str = "") -> str:
        """Put somebody out for a while.

        who: whom
        lasts: for how long, such as 2h or 7d
        reason: what for
        Example: /tempban bob 7d spam
        """
        return await self.impose(call, "ban", who, reason, lasts)

    @command(rank=Rank.MANAGER, ephemeral=True)
    async def unban(self, call: Call, who: Person) -> str:
        """Let somebody in again.

        who: whom
        """
        if await self.cases.lift(call.guild, "ban", who, call.person.name):
            return f"{who.name} may come again."
        if not self.host.can("unban", call.channel):
            raise CommandError(f"I keep no ban of {who.name}, and {call.platform} lets me take back none.")
        try:
            await self.host.do(Action("unban", call.channel.id, who.id, data={"reason": f"by {call.person.name}"}))
        except PlatformError as error:
            raise CommandError(f"I keep no ban of {who.name}, and the platform says: {error}") from error
        return f"{who.name} may come again."

    @command(rank=Rank.MANAGER, ephemeral=True)
    async def case(self, call: Call, number: int, *, reason: str = "") -> str:
        """Show a case, or give it another reason.

        number: the case's number
        reason: a new reason
        Example: /case 12
        Example: /case 12 spam in three channels
        """
        found = await self.cases.case(call.guild, number)
        if reason:
            self.host.db.defer(partial(table.change, call.guild.id, number, reason=reason[:MOST_REASON]))
            return f"Case {number} has another reason now."
        by = found.by if found.by.startswith("rule ") else (await self.host.person(found.by, call.guild)).name
        return self._whole(found, by)

    @command(rank=Rank.MANAGER, ephemeral=True)
    async def lift(self, call: Call, number: int) -> str:
        """Take back what a case did.

        number: the case's number
        """
        found = await self.cases.case(call.guild, number)
        if found.state != table.OPEN:
            raise CommandError(f"Case {number} holds no more.")
        if found.person:
            await self.hierarchy.may(call.person, await self.host.person(found.person, call.guild), call.guild)
        await self.cases.end(found, table.LIFTED, f"lifted by {call.person.name}")
        return f"Case {number} is lifted."

    @command(rank=Rank.MANAGER, ephemeral=True, name="cases")
    async def cases_of(self, call: Call, who: Person) -> Listing:
        """List somebody's cases.

        who: whose
        """
        found: list[Case] = await self.host.db.read(partial(table.of, call.guild.id, who.id))
        return Listing([_line(each) for each in found], f"Cases of {who.name}", empty="There are none.")

    @context_command("Warn the author", on="message", rank=Rank.MANAGER)
    async def warn_author(self, call: Call, message: Message) -> str:
        """Warn who wrote a message, for that message."""
        return await self.impose(call, "warn", message.author, f"the message “{message.text[:200]}”")

    def _whole(self, case: Case, by: str) -> str:
        at = dt.datetime.fromtimestamp(case.at, dt.UTC)
        until = dt.datetime.fromtimestamp(case.until, dt.UTC) if case.until else None
        lines = [_line(case), f"Since {at:%Y-%m-%d %H:%M} UTC, by {by}."]
        lines += [f"Until {until:%Y-%m-%d %H:%M} UTC."] if until else []
        lines += [f"Appeal: {case.appeal} ({case.answer or 'not answered yet'})"] if case.appeal else []
        return "\n".join(lines)


def _line(case: Case) -> str:
    lasts = f" for {span(case.until - case.at)}" if case.until else ""
    about = case.name or case.person or case.channel
    return f"**{case.number}** {case.do}{lasts}, {about}, {case.state}: {case.reason or 'no reason given'}"
