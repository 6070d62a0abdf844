"""Roles through the API."""

from __future__ import annotations

from typing import Any, Final

from butler_discord.testing.deeds import audit, members, places
from butler_discord.testing.deeds.audit import Act
from butler_discord.testing.errors import JSON, Refused, invalid, missing_permissions, unknown
from butler_discord.testing.rest.ask import Ask, Route
from butler_discord.testing.state.guilds import Guild, Role
from butler_discord.testing.state.permissions import EVERYONE, Permission, in_guild

P = Permission
MOST = 250


def every(ask: Ask) -> Any:
    """All roles."""
    return [role.json() for role in ask.guild().roles.values()]


def one(ask: Ask) -> Any:
    """One role."""
    guild = ask.guild()
    if ask.number("role") not in guild.roles:
        raise unknown("Role")
    return guild.roles[ask.number("role")].json()


def _fields(ask: Ask, guild: Guild) -> JSON:
    """The fields of a role that the body sets; a bot grants only what it has."""
    body, found = ask.body, {}
    if "name" in body:
        if not 1 <= len(body["name"] or "") <= 100:
            raise invalid("name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
        found["name"] = body["name"]
    if "permissions" in body:
        found["permissions"] = Permission(int(body["permissions"] or 0))
        if found["permissions"] & ~in_guild(guild, ask.app.id):
            raise missing_permissions()
    color = (body.get("colors") or {}).get("primary_color", body.get("color"))
    if color is not None:
        found["color"] = int(color)
    for name in ("hoist", "mentionable"):
        if name in body:
            found[name] = bool(body[name])
    return found


def create(ask: Ask) -> Any:
    """Make a role."""
    guild = ask.guild(P.MANAGE_ROLES)
    if len(guild.roles) >= MOST:
        raise Refused(400, 30005, f"Maximum number of guild roles reached ({MOST})")
    fields = {"name": "new role", "permissions": EVERYONE & in_guild(guild, ask.app.id), **_fields(ask, guild)}
    role = places.add_role(ask.world, guild, fields.pop("name"), fields.pop("permissions"), **fields)
    audit.note(ask.world, guild, Act.ROLE_CREATE, ask.app.id, role.id, ask.reason)
    return role.json()


def _below(ask: Ask) -> tuple[Guild, Role]:
    guild = ask.guild(P.MANAGE_ROLES)
    role = guild.roles.get(ask.number("role"))
    if role is None:
        raise unknown("Role")
    if role.position >= guild.rank(ask.app.id):
        raise missing_permissions()
    return guild, role


def change(ask: Ask) -> Any:
    """Change a role."""
    guild, role = _below(ask)
    for name, value in _fields(ask, guild).items():
        setattr(role, name, value)
    ask.world.emit("GUILD_ROLE_UPDATE", {"guild_id": str(guild.id), "role": role.json()}, guild=guild)
    audit.note(ask.world, guild, Act.ROLE_UPDATE, ask.app.id, role.id, ask.reason)
    return role.json()


def move(ask: Ask) -> Any:
    """Put roles in another order."""
    guild = ask.guild(P.MANAGE_ROLES)
    for each in ask.body:
        role = guild.roles.get(int(each["id"]))
        if role is None:
            raise unknown("Role")
        position = int(each.get("position") or role.position)
        if max(role.position, position) >= guild.rank(ask.app.id):
            raise missing_permissions()
        role.position = position
        ask.world.emit("GUILD_ROLE_UPDATE", {"guild_id": str(guild.id), "role": role.json()}, guild=guild)
    return every(ask)


def delete(ask: Ask) -> None:
    """Delete a role; those who have it lose it."""
    guild, role = _below(ask)
    if role.managed_by or role.id == guild.id:
        raise Refused(400, 50028, "Invalid Role")
    del guild.roles[role.id]
    for channel in guild.channels.values():
        channel.overwrites.pop(role.id, None)
    for member in guild.members.values():
        if role.id in member.roles:
            members.change(ask.world, guild, member, roles=[each for each in member.roles if each != role.id])
    ask.world.emit("GUILD_ROLE_DELETE", {"guild_id": str(guild.id), "role_id": str(role.id)}, guild=guild)
    audit.note(ask.world, guild, Act.ROLE_DELETE, ask.app.id, role.id, ask.reason)


ROUTES: Final[tuple[Route, ...]] = (
    ("GET", "/guilds/{guild}/roles", every),
    ("POST", "/guilds/{guild}/roles", create),
    ("PATCH", "/guilds/{guild}/roles", move),
    ("GET", "/guilds/{guild}/roles/{role}", one),
    ("PATCH", "/guilds/{guild}/roles/{role}", change),
    ("DELETE", "/guilds/{guild}/roles/{role}", delete),
)
