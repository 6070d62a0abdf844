"""Application commands: what an application registered, here or everywhere."""

from __future__ import annotations

from attrs import define

from butler_discord.testing.errors import JSON
from butler_discord.testing.state.channels import Channel
from butler_discord.testing.state.permissions import Permission, in_channel
from butler_discord.testing.state.users import App

IN_GUILDS, IN_PRIVATE = 0, 1
"""Contexts that a command for everywhere may be limited to."""


@define(eq=False)
class Command:
    """A slash command (1), a user's (2) or a message's (3) menu entry."""

    id: int
    app: int
    guild: int
    """0: everywhere."""
    version: int
    data: JSON
    """As the application gave it, with the defaults filled in."""

    @property
    def name(self) -> str:
        return str(self.data["name"])

    @property
    def kind(self) -> int:
        return int(self.data["type"])

    def json(self) -> JSON:
        """As Discord's API gives it."""
        found: JSON = {
            "id": str(self.id), "application_id": str(self.app), "version": str(self.version), **self.data
        }  # fmt: skip
        return {**found, "guild_id": str(self.guild)} if self.guild else found


def may_use(app: App, command: Command, channel: Channel, user: int) -> bool:
    """Whether somebody's client offers them a command in a channel.

    What moderators set for the command, else for the whole application, else its default permissions.
    """
    guild = channel.guild
    contexts = None if command.guild else command.data.get("contexts")
    if contexts is not None and (IN_GUILDS if guild else IN_PRIVATE) not in contexts:
        return False
    if guild is None:
        return contexts is not None or bool(command.data["dm_permission"])
    may = in_channel(channel, user)
    if may & Permission.ADMINISTRATOR:
        return True
    if not may & Permission.USE_APPLICATION_COMMANDS:
        return False
    needed = command.data["default_member_permissions"]
    by_default = needed is None or (int(needed) != 0 and int(needed) & ~may == 0)
    rules = app.permissions.get((guild.id, command.id)) or app.permissions.get((guild.id, app.id)) or []
    return _ruled(rules, channel, user, otherwise=by_default)


def _ruled(rules: list[JSON], channel: Channel, user: int, *, otherwise: bool) -> bool:
    """A rule for the channel, then for the person, then for any of their roles, then for everyone."""
    guild = channel.guild
    assert guild is not None
    by_id = {int(rule["id"]): bool(rule["permission"]) for rule in rules}
    if by_id.get(channel.id) is False:
        return False
    if user in by_id:
        return by_id[user]
    of_roles = [by_id[role] for role in guild.members[user].roles if role in by_id]
    if of_roles:
        return any(of_roles)
    return by_id.get(guild.id, otherwise)
