"""``/rolepanel``: managers put up messages by which people give themselves roles (MOD-4)."""

from __future__ import annotations

from typing import Literal

from butler import Call, CommandError, Plugin, Rank, action, command

from butler_moderation.hierarchy import Hierarchy
from butler_moderation.roles import MOST_ENTRIES, Entry, Roles

How = Literal["buttons", "menu", "reactions"]


class RoleCommands(Plugin):
    """Roles by button, menu and reaction."""

    roles: Roles
    hierarchy: Hierarchy

    @command(rank=Rank.ADMIN, ephemeral=True)
    async def rolepanel(self, call: Call, roles: str, how: How = "buttons", one: bool = False, *, title: str) -> str:
        """Put up a message here by which people give themselves roles.

        roles: names with commas between; for reactions each with its emoji, 🔴=Red
        how: buttons, a menu or reactions
        one: only one of them at a time
        title: what stands above
        Example: /rolepanel "Red, Blue" buttons yes Choose your colour
        Example: /rolepanel "🔴=Red, 🔵=Blue" reactions no React to get a role
        """
        entries = [await self._entry(call, each, how) for each in roles.split(",") if each.strip()]
        if not 1 <= len(entries) <= MOST_ENTRIES:
            raise CommandError(f"Between 1 and {MOST_ENTRIES} roles are possible.")
        await self.roles.post(call.channel, title, how, entries, one=one)
        return "It is up."

    @command(rank=Rank.ADMIN, ephemeral=True)
    async def rulesbutton(self, call: Call, role: str, *, text: str) -> str:
        """Put up the rules here with a button: whoever accepts them gets a role.

        role: the role's name
        text: the rules
        Example: /rulesbutton Member Be kind. No spam.
        """
        entry = await self._entry(call, role, "buttons")
        await self.roles.post(call.channel, text, "buttons", [Entry(entry.role, "I accept")], one=False)
        return "The rules are up."

    async def _entry(self, call: Call, text: str, how: str) -> Entry:
        emoji, _, name = text.partition("=") if "=" in text else ("", "", text)
        if how == "reactions" and not emoji.strip():
            raise CommandError(f"For reactions each role needs an emoji, like 🔴={text.strip()[:40]}")
        role, label = await self.roles.named(call.guild, name)
        await self.hierarchy.may_give(call.person, role, call.guild)
        return Entry(role, label, emoji.strip())

    @action("role-take", rank=Rank.GUEST, ephemeral=True)
    async def _take(self, call: Call, value: str) -> str:
        """Take a role, or give it back."""
        number, _, role = value.partition(" ")
        return await self.roles.toggle(call.person, call.channel, await self.roles.panel(int(number)), role)

    @action("role-choose", rank=Rank.GUEST, ephemeral=True)
    async def _choose(self, call: Call, value: str) -> str:
        """Have exactly the roles that were chosen."""
        chosen = [str(each) for each in call.chosen]
        return await self.roles.choose(call.person, call.channel, await self.roles.panel(int(value)), chosen)
