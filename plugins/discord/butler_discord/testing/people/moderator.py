"""Somebody who moderates a guild by hand: kicks, bans, gives roles, sets what bots' commands are for whom."""

from __future__ import annotations

import datetime as dt
from typing import Any

from butler_discord.testing.deeds import audit, members
from butler_discord.testing.deeds.audit import Act
from butler_discord.testing.people.errors import Impossible
from butler_discord.testing.people.person import Person
from butler_discord.testing.people.reader import Reader
from butler_discord.testing.state.channels import Channel, Overwrite
from butler_discord.testing.state.commands import Command
from butler_discord.testing.state.guilds import Guild, Role
from butler_discord.testing.state.permissions import NONE, Permission, in_guild
from butler_discord.testing.state.users import App

P = Permission


class Moderator(Person):
    """A person with the permissions to do so; the owner has them all."""

    def _guild(self, needed: Permission) -> Guild:
        assert self.home is not None
        if not in_guild(self.home, self.id) & needed:
            raise Impossible(f"{self.name} lacks {needed.name} in {self.home.name}")
        return self.home

    async def kick(self, person: Reader, reason: str | None = None) -> None:
        """Make somebody leave."""
        guild = self._guild(P.KICK_MEMBERS)
        members.leave(self.world, guild, person.user)
        audit.note(self.world, guild, Act.MEMBER_KICK, self.id, person.id, reason)

    async def ban(self, person: Reader, reason: str | None = None) -> None:
        """Ban somebody."""
        guild = self._guild(P.BAN_MEMBERS)
        members.ban(self.world, guild, person.user, reason)
        audit.note(self.world, guild, Act.MEMBER_BAN_ADD, self.id, person.id, reason)

    async def unban(self, person: Reader) -> None:
        """Lift a ban."""
        guild = self._guild(P.BAN_MEMBERS)
        members.unban(self.world, guild, person.user)
        audit.note(self.world, guild, Act.MEMBER_BAN_REMOVE, self.id, person.id)

    async def silence(self, person: Reader, **for_: float) -> None:
        """Put somebody in a timeout: ``silence(bob, minutes=10)``; without a time, end it."""
        guild = self._guild(P.MODERATE_MEMBERS)
        until = self.world.clock.now() + dt.timedelta(**for_) if for_ else None
        members.change(self.world, guild, guild.members[person.id], silent_until=until)
        audit.note(self.world, guild, Act.MEMBER_UPDATE, self.id, person.id)

    async def give(self, person: Any, role: Role) -> None:
        """Give somebody (a bot too) a role."""
        guild = self._guild(P.MANAGE_ROLES)
        member = guild.members[person.id]
        members.change(self.world, guild, member, roles=[*member.roles, role.id])
        audit.note(self.world, guild, Act.MEMBER_ROLE_UPDATE, self.id, person.id)

    async def take(self, person: Any, role: Role) -> None:
        """Take a role from somebody."""
        guild = self._guild(P.MANAGE_ROLES)
        member = guild.members[person.id]
        members.change(self.world, guild, member, roles=[each for each in member.roles if each != role.id])
        audit.note(self.world, guild, Act.MEMBER_ROLE_UPDATE, self.id, person.id)

    async def rename(self, person: Any, nick: str | None) -> None:
        """Give somebody a nickname."""
        guild = self._guild(P.MANAGE_NICKNAMES)
        members.change(self.world, guild, guild.members[person.id], nick=nick)

    async def permit(self, role: Role, *, allow: Permission = NONE, deny: Permission = NONE) -> None:
        """Change what a role may do in the whole guild."""
        guild = self._guild(P.MANAGE_ROLES)
        role.permissions = role.permissions & ~deny | allow
        self.world.emit("GUILD_ROLE_UPDATE", {"guild_id": str(guild.id), "role": role.json()}, guild=guild)

    async def overwrite(
        self, channel: Channel, target: Any, *, allow: Permission = NONE, deny: Permission = NONE
    ) -> None:
        """Say what a role or somebody may in a channel."""
        guild = self._guild(P.MANAGE_ROLES)
        kind = 0 if isinstance(target, Role) else 1
        channel.overwrites[target.id] = Overwrite(target.id, kind, allow, deny)
        self.world.emit("CHANNEL_UPDATE", channel.json(), guild=guild, channel=channel)

    async def slow(self, channel: Channel, seconds: int) -> None:
        """Set a channel's slowmode."""
        guild = self._guild(P.MANAGE_CHANNELS)
        channel.slowmode = seconds
        self.world.emit("CHANNEL_UPDATE", channel.json(), guild=guild, channel=channel)

    async def restrict(self, app: App, command: Command | None, *rules: tuple[Any, bool]) -> None:
        """Say who may use a command (without one: all of an application) here: ``(role or person, True)``, ..."""
        guild = self._guild(P.MANAGE_GUILD)
        found = [{"id": str(who.id), "type": _kind(who), "permission": allowed} for who, allowed in rules]
        identifier = command.id if command else app.id
        app.permissions[guild.id, identifier] = found
        data = {
            "id": str(identifier), "application_id": str(app.id), "guild_id": str(guild.id), "permissions": found
        }  # fmt: skip
        self.world.emit("APPLICATION_COMMAND_PERMISSIONS_UPDATE", data, guild=guild, only=app)


def _kind(who: Any) -> int:
    return 1 if isinstance(who, Role) else 3 if isinstance(who, Channel) else 2
