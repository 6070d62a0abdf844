"""``/moderation``: a guild settles its channels and roles by name, without ids or files."""

from __future__ import annotations

from typing import Literal

from butler import Call, Channel, CommandError, Plugin, Rank, command

from butler_moderation.hierarchy import Hierarchy
from butler_moderation.roles import Roles
from butler_moderation.settings import Settings

What = Literal["log", "events"]
Which = Literal["verify", "mute", "quarantine", "join", "sticky", "spare"]
KEYS = {
    "log": "log_channel", "events": "event_channel", "verify": "verify_role", "mute": "mute_role",
    "quarantine": "quarantine_role", "join": "join_roles", "sticky": "sticky_roles", "spare": "spare_roles",
}  # fmt: skip
SHORT = {
    "log": "where managers read", "events": "where what happens is written", "verify": "role during a raid",
    "mute": "role of the muted", "quarantine": "role of the quarantined", "join": "roles of whoever joins",
    "sticky": "roles that come back", "spare": "roles that no rule holds for",
}  # fmt: skip
ABOUT = {
    "log": "managers read what was done in", "events": "what happens is written to",
    "verify": "who comes during a raid gets", "mute": "who is muted gets", "quarantine": "who is quarantined gets",
    "join": "who joins gets", "sticky": "who comes back has again", "spare": "no rule holds for",
}  # fmt: skip


class SetUp(Plugin):
    """What a guild settles."""

    roles: Roles
    hierarchy: Hierarchy

    @command(rank=Rank.MANAGER, ephemeral=True, default_name="show")
    async def moderation(self, call: Call) -> str:
        """Show what is settled here, and how to change it."""
        settings: Settings = self.settings_for(call.guild)
        names = await self.roles.names(call.guild)
        lines = [f"{key} ({SHORT[key]}): {self._shown(getattr(settings, KEYS[key]), names)}" for key in KEYS]
        prefix = call.prefix
        how = f"Change it with {prefix}moderation channel and {prefix}moderation role; rules: {prefix}automod."
        return "\n".join([*lines, how])

    def _shown(self, value: object, names: dict[str, str]) -> str:
        found = [value] if isinstance(value, str) else list(value) if isinstance(value, tuple) else []
        shown = [names.get(each) or getattr(self.host.channel(each), "name", "") or each for each in found if each]
        return ", ".join(f"**{each}**" for each in shown) or "not set"

    @moderation.command(rank=Rank.ADMIN, ephemeral=True)
    async def channel(self, call: Call, what: What, channel: Channel) -> str:
        """Choose the channel for managers (log), or for what happens (events).

        what: log or events
        channel: which one
        Example: /moderation channel log #log
        """
        if channel.guild.id != call.guild.id:
            raise CommandError("That channel is not here.")
        await self.host.change_setting(call.guild, KEYS[what], channel.id, call.person)
        return f"From now on {ABOUT[what]} #{channel.name}."

    @moderation.command(rank=Rank.ADMIN, ephemeral=True)
    async def role(self, call: Call, what: Which, *, names: str) -> str:
        """Choose the role that the muted, the quarantined, raiders, newcomers get; that sticks; or that is spared.

        what: verify, mute, quarantine, join, sticky or spare
        names: the role, or several with commas between; none for none
        Example: /moderation role verify Waiting
        """
        wanted = [] if names.strip().casefold() == "none" else [each for each in names.split(",") if each.strip()]
        found = [await self.roles.named(call.guild, each) for each in wanted]
        if what in {"verify", "mute", "quarantine"} and len(found) > 1:
            raise CommandError("That can be one role only.")
        for role, _ in found:
            await self.hierarchy.may_give(call.person, role, call.guild)
        await self.host.change_setting(call.guild, KEYS[what], ",".join(role for role, _ in found), call.person)
        return f"From now on {ABOUT[what]} {', '.join(name for _, name in found) or 'nothing'}."

    @moderation.command(rank=Rank.ADMIN, ephemeral=True)
    async def dry(self, call: Call, on: bool) -> str:
        """Have rules only say what they would do, or do it.

        on: yes or no
        """
        await self.host.change_setting(call.guild, "dry_run", "true" if on else "false", call.person)
        return "Rules only say what they would do." if on else "Rules do what they say."
