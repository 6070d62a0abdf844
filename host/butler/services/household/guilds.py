"""/guilds: an operator's word on where the host answers (HOST-30)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from butler.call import Call
from butler.declare import command
from butler.errors import Denied
from butler.model import Rank
from butler.plugin import Plugin

if TYPE_CHECKING:
    from butler.host import Host


class GuildCommands(Plugin):
    """Where the host is, and whether it should be."""

    _host: Host

    @command(rank=Rank.OWNER, ephemeral=True, default_name="list")
    async def guilds(self, call: Call) -> str:
        """List the guilds that nobody configured, and what was said of them."""
        self._only_operators(call)
        names = {guild.id: guild.name for guild in self._host.places.guilds}
        lines = [f"- **{names.get(each.guild) or each.guild}** (`{each.guild}`): {each.state}"
                 for each in self._host.admissions.known]  # fmt: skip
        return "\n".join(lines) or "Every guild that I am in is configured."

    @guilds.command(rank=Rank.OWNER, ephemeral=True)
    async def allow(self, call: Call, guild: str) -> str:
        """Have me answer in a guild like in those that are configured.

        guild: its id, as `guilds` lists it
        """
        self._only_operators(call)
        await self._host.admissions.decide(guild, call.person, allow=True)
        return f"I answer in {guild}, without the small budget of a new guild."

    @guilds.command(rank=Rank.OWNER, ephemeral=True)
    async def refuse(self, call: Call, guild: str) -> str:
        """Have me be silent in a guild; nothing of what is said there is kept from now on.

        guild: its id, as `guilds` lists it
        """
        self._only_operators(call)
        await self._host.admissions.decide(guild, call.person, allow=False)
        return f"I am silent in {guild} from now on. `{call.prefix}guilds allow {guild}` changes that."

    def _only_operators(self, call: Call) -> None:
        """The owner of one guild has no word on another."""
        if not self._host.permissions.is_operator(call.person):
            raise Denied("Only those who run me may do that: `operators` under [host].")
