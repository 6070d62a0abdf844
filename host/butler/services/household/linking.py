"""/link: one person, several accounts (HOST-24)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from butler.call import Call
from butler.declare import command
from butler.errors import CommandError
from butler.model import Person, Rank, Reply
from butler.plugin import Plugin
from butler.services.identity.linking import shown

if TYPE_CHECKING:
    from butler.host import Host


class LinkCommands(Plugin):
    """Accounts that belong together."""

    _host: Host

    @command(rank=Rank.GUEST, ephemeral=True, default_name="account")
    async def link(self, call: Call, code: str = "") -> str:
        """Link your accounts on several platforms: settings, limits, grants and memory then belong to you, not to one.

        code: what `link` gave you with your other account; leave it out to be given one
        Example: /link
        """
        if code:
            return await self._typed(call, code)
        waiting = await self._host.linking.waiting(call.person)
        if waiting is not None:
            ways = f"`{call.prefix}link yes` or `{call.prefix}link no`"
            return f"**{waiting.other_shown}** typed your code. Is that you? {ways}"
        code = await self._host.linking.offer(call.person, call.channel.id)
        linked = await self._linked(call.person)
        return (
            f"{linked}Type `link {code}` with your other account within ten minutes, written as commands are there; "
            "tell the code nobody else. You are asked with both accounts before they are linked."
        )

    async def _typed(self, call: Call, code: str) -> str:
        offer = await self._host.linking.look(call.person, code)
        return (
            f"That code is from **{shown(offer.name, offer.account)}**. If both accounts are yours, say "
            f"`{call.prefix}link yes {code}`. If somebody else gave you the code, do nothing."
        )

    @link.command(rank=Rank.GUEST, ephemeral=True)
    async def yes(self, call: Call, code: str = "") -> str:
        """Say that an account is yours: with the account that typed the code, then with the one that got it.

        code: the code that you typed; nothing with the account that got it
        """
        if code:
            offer = await self._host.linking.agree(call.person, code)
            await self._tell(offer.channel, offer.account)
            return f"Now say yes with **{shown(offer.name, offer.account)}**: `link` there asks you."
        waiting = await self._host.linking.waiting(call.person)
        if waiting is None:
            raise CommandError("nobody waits to be linked with you", remedy=f"begin with `{call.prefix}link`")
        await self._host.linking.confirm(call.person, waiting.other)
        splits = f"`{call.prefix}link off` splits you again."
        return f"You and **{waiting.other_shown}** are one person here from now on. {splits}"

    async def _tell(self, channel: str, account: str) -> None:
        """Whoever asked for the code hears that it was typed; by whom is for their eyes alone."""
        place = self._host.places.at(channel)
        if place is not None:
            platform = self._host.platform(channel)
            prefix = platform.command_prefix if platform else "/"
            text = f"Somebody typed your code. `{prefix}link` says who, and asks you."
            await self.host.push(place, Reply(text, mentions=(account,)), key=f"link {account} {self.host.clock.now()}")

    @link.command(rank=Rank.GUEST, ephemeral=True)
    async def no(self, call: Call) -> str:
        """Say that an account is not yours, or take your code back."""
        if await self._host.linking.refuse(call.person):
            return "Very well. Your code is not good any more."
        return "There is nothing to say no to."

    @link.command(rank=Rank.GUEST, ephemeral=True)
    async def off(self, call: Call, account: str = "") -> str:
        """Take an account out again: what came from it is its own again.

        account: one of yours, as `link list` shows it; leave it out for the one that you use now
        """
        mine = self._host.links.accounts(call.person.id)
        gone = _which(account, mine) if account else call.person.id
        if not await self._host.links.unlink(gone):
            raise CommandError("this account is not linked with any other")
        return "That account stands by itself again."

    @link.command(name="list", rank=Rank.GUEST, ephemeral=True)
    async def linked(self, call: Call) -> str:
        """Say which accounts are linked with yours."""
        return await self._linked(call.person) or "This account is not linked with any other."

    async def _linked(self, person: Person) -> str:
        others = await self._host.links.export_person(person.id)
        known = [await self._host.places.known(account) for account in others]
        names = ", ".join(f"**{shown(each.name, each.id)}**" for each in known)
        return f"You are linked with {names}. " if names else ""


def _which(account: str, mine: tuple[str, ...]) -> str:
    for each in mine:
        if account in (each, each.partition(":")[2]):
            return each
    raise CommandError(f"{account} is not one of your accounts", remedy="`link list` shows them")
