"""Members through the API: who is there, and what moderators do to them."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from butler_discord.testing.deeds import audit, members, voice
from butler_discord.testing.deeds.audit import Act
from butler_discord.testing.errors import JSON, Refused, invalid, missing_access, missing_permissions, unknown
from butler_discord.testing.rest.ask import Ask, Route
from butler_discord.testing.state.guilds import Guild, Member
from butler_discord.testing.state.permissions import Permission, in_guild

P = Permission
LONGEST = dt.timedelta(days=28)


def member_of(guild: Guild, user: int) -> Member:
    """A member. Raises ``Refused``."""
    if user not in guild.members:
        raise unknown("Member")
    return guild.members[user]


def one(ask: Ask) -> Any:
    """A member."""
    return member_of(ask.guild(), ask.number("user")).json()


def every(ask: Ask) -> Any:
    """The members by id; only with the members intent."""
    guild = ask.guild()
    if not ask.app.members_intent:
        raise missing_access()
    after, limit = int(ask.query.get("after", 0)), int(ask.query.get("limit", 1))
    if not 1 <= limit <= 1000:
        raise invalid("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 1000.")
    found = sorted(user for user in guild.members if user > after)
    return [guild.members[user].json() for user in found[:limit]]


def search(ask: Ask) -> Any:
    """The members whose name begins so."""
    query, limit = ask.query.get("query", "").lower(), int(ask.query.get("limit", 1))
    found = [
        member
        for member in ask.guild().members.values()
        if member.user.name.lower().startswith(query) or (member.nick or "").lower().startswith(query)
    ]
    return [member.json() for member in found[:limit]]


def above(ask: Ask, guild: Guild, user: int) -> None:
    """Refuse what a bot may not do to whom stands as high as itself or higher."""
    if user == guild.owner or (user in guild.members and guild.rank(user) >= guild.rank(ask.app.id)):
        raise missing_permissions()


def change(ask: Ask) -> Any:
    """Change a member: name, roles, timeout, voice. What was not asked for is not touched."""
    guild = ask.guild()
    member = member_of(guild, ask.number("user"))
    fields: JSON = {}
    if "nick" in ask.body:
        fields["nick"] = _nick(ask, guild, member)
    if "roles" in ask.body:
        fields["roles"] = _roles(ask, guild, member)
    if "communication_disabled_until" in ask.body:
        fields["silent_until"] = _silence(ask, guild, member)
    for name, needed in (("mute", P.MUTE_MEMBERS), ("deaf", P.DEAFEN_MEMBERS)):
        if name in ask.body:
            fields[name] = _in_voice(ask, guild, member, name, needed)
    if fields:
        members.change(ask.world, guild, member, **fields)
        if member.user.id in guild.voice and {"mute", "deaf"} & set(fields):
            voice.told(ask.world, guild.voice[member.user.id])
        act = Act.MEMBER_ROLE_UPDATE if set(fields) == {"roles"} else Act.MEMBER_UPDATE
        audit.note(ask.world, guild, act, ask.app.id, member.user.id, ask.reason)
    if "channel_id" in ask.body:
        _move(ask, guild, member)
    return member.json()


def _nick(ask: Ask, guild: Guild, member: Member) -> str | None:
    nick: str | None = ask.body["nick"] or None
    if nick and len(nick) > 32:
        raise invalid("nick", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 32 in length.")
    if member.user is ask.app.user:
        ask.guild(P.CHANGE_NICKNAME)
    else:
        ask.guild(P.MANAGE_NICKNAMES)
        above(ask, guild, member.user.id)
    return nick


def _roles(ask: Ask, guild: Guild, member: Member) -> list[int]:
    ask.guild(P.MANAGE_ROLES)
    wanted = [int(role) for role in ask.body["roles"] or []]
    for role in set(wanted) ^ set(member.roles):
        _grantable(ask, guild, role)
    return wanted


def _grantable(ask: Ask, guild: Guild, role: int) -> None:
    if role not in guild.roles:
        raise unknown("Role")
    if guild.roles[role].managed_by or role == guild.id:
        raise Refused(400, 50028, "Invalid Role")
    if guild.roles[role].position >= guild.rank(ask.app.id):
        raise missing_permissions()


def _silence(ask: Ask, guild: Guild, member: Member) -> dt.datetime | None:
    ask.guild(P.MODERATE_MEMBERS)
    above(ask, guild, member.user.id)
    if in_guild(guild, member.user.id) & P.ADMINISTRATOR:
        raise missing_permissions()
    until = ask.body["communication_disabled_until"]
    if until is None:
        return None
    ends = dt.datetime.fromisoformat(until)
    if ends - ask.world.clock.now() > LONGEST:
        raise invalid("communication_disabled_until", "INVALID_COMMUNICATION_DISABLED_TIMESTAMP", "Over 28 days.")
    return ends


def _in_voice(ask: Ask, guild: Guild, member: Member, name: str, needed: Permission) -> bool:
    ask.guild(needed)
    if member.user.id not in guild.voice:
        raise Refused(400, 40032, "Target user is not connected to voice.")
    return bool(ask.body[name])


def _move(ask: Ask, guild: Guild, member: Member) -> None:
    ask.guild(P.MOVE_MEMBERS)
    if member.user.id not in guild.voice:
        raise Refused(400, 40032, "Target user is not connected to voice.")
    wanted = ask.body["channel_id"]
    channel = ask.may(ask.world.channel(int(wanted)), P.CONNECT) if wanted else None
    voice.move(ask.world, guild, member, channel)


def change_me(ask: Ask) -> Any:
    """Change one's own nickname."""
    guild = ask.guild(P.CHANGE_NICKNAME)
    member = guild.members[ask.app.id]
    if "nick" in ask.body:
        members.change(ask.world, guild, member, nick=ask.body["nick"] or None)
    return member.json()


def kick(ask: Ask) -> None:
    """Make somebody leave."""
    guild = ask.guild(P.KICK_MEMBERS)
    member = member_of(guild, ask.number("user"))
    above(ask, guild, member.user.id)
    members.leave(ask.world, guild, member.user)
    audit.note(ask.world, guild, Act.MEMBER_KICK, ask.app.id, member.user.id, ask.reason)


def add_role(ask: Ask) -> None:
    """Give somebody a role."""
    _with_role(ask, have=True)


def take_role(ask: Ask) -> None:
    """Take a role from somebody."""
    _with_role(ask, have=False)


def _with_role(ask: Ask, *, have: bool) -> None:
    guild = ask.guild(P.MANAGE_ROLES)
    member = member_of(guild, ask.number("user"))
    role = ask.number("role")
    _grantable(ask, guild, role)
    if (role in member.roles) is have:
        return
    roles = [*member.roles, role] if have else [each for each in member.roles if each != role]
    members.change(ask.world, guild, member, roles=roles)
    audit.note(ask.world, guild, Act.MEMBER_ROLE_UPDATE, ask.app.id, member.user.id, ask.reason)


def leave(ask: Ask) -> None:
    """Leave a guild oneself."""
    members.leave(ask.world, ask.guild(), ask.app.user)


_ONE = "/guilds/{guild}/members/{user}"
ROUTES: Final[tuple[Route, ...]] = (
    ("GET", "/guilds/{guild}/members", every),
    ("GET", "/guilds/{guild}/members/search", search),
    ("PATCH", "/guilds/{guild}/members/@me", change_me),
    ("GET", _ONE, one),
    ("PATCH", _ONE, change),
    ("DELETE", _ONE, kick),
    ("PUT", _ONE + "/roles/{role}", add_role),
    ("DELETE", _ONE + "/roles/{role}", take_role),
    ("DELETE", "/users/@me/guilds/{guild}", leave),
)
