"""Bans and the audit log through the API."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from butler_discord.testing.deeds import audit, members, posting
from butler_discord.testing.deeds.audit import Act
from butler_discord.testing.errors import JSON, Refused, invalid, missing_permissions, unknown
from butler_discord.testing.rest.ask import Ask, Route
from butler_discord.testing.rest.members import above
from butler_discord.testing.state.guilds import Guild
from butler_discord.testing.state.permissions import Permission

P = Permission
WEEK = 604_800


def every(ask: Ask) -> Any:
    """All bans by account."""
    guild = ask.guild(P.BAN_MEMBERS)
    after, limit = int(ask.query.get("after", 0)), int(ask.query.get("limit", 1000))
    return [_json(ask, guild, user) for user in sorted(guild.bans) if user > after][:limit]


def one(ask: Ask) -> Any:
    """One ban."""
    return _json(ask, *_banned(ask))


def _json(ask: Ask, guild: Guild, user: int) -> JSON:
    return {"user": ask.world.users[user].json(), "reason": guild.bans[user]}


def _banned(ask: Ask) -> tuple[Guild, int]:
    guild, user = ask.guild(P.BAN_MEMBERS), ask.number("user")
    if user not in guild.bans:
        raise unknown("Ban")
    return guild, user


def ban(ask: Ask) -> None:
    """Ban somebody, and delete what they said within the last days."""
    guild = ask.guild(P.BAN_MEMBERS)
    user = ask.world.user(ask.number("user"))
    above(ask, guild, user.id)
    _ban(ask, guild, user.id)


def _ban(ask: Ask, guild: Guild, user: int) -> None:
    seconds = int(ask.body.get("delete_message_seconds") or 0)
    if not 0 <= seconds <= WEEK:
        raise invalid("delete_message_seconds", "NUMBER_TYPE_MAX", f"int value should be between 0 and {WEEK}.")
    members.ban(ask.world, guild, ask.world.users[user], ask.reason)
    audit.note(ask.world, guild, Act.MEMBER_BAN_ADD, ask.app.id, user, ask.reason)
    since = ask.world.clock.now() - dt.timedelta(seconds=seconds)
    for channel in guild.channels.values():
        gone = [each for each in channel.messages.values() if each.author.id == user and each.at > since]
        if gone:
            posting.delete(ask.world, *gone, bulk=True)


def ban_many(ask: Ask) -> Any:
    """Ban up to 200 at once; those who cannot be banned are left out."""
    guild = ask.guild(P.BAN_MEMBERS)
    ask.guild(P.MANAGE_GUILD)
    wanted = [int(user) for user in ask.body.get("user_ids") or []]
    if not 1 <= len(wanted) <= 200:
        raise invalid("user_ids", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 200 in length.")
    done, failed = [], []
    for user in wanted:
        try:
            above(ask, guild, user)
            if user not in ask.world.users or user in guild.bans:
                raise missing_permissions()
            _ban(ask, guild, user)
            done.append(str(user))
        except Refused:
            failed.append(str(user))
    if not done:
        raise Refused(500, 500_000, "Failed to ban users")
    return {"banned_users": done, "failed_users": failed}


def unban(ask: Ask) -> None:
    """Lift a ban."""
    guild, user = _banned(ask)
    members.unban(ask.world, guild, ask.world.users[user])
    audit.note(ask.world, guild, Act.MEMBER_BAN_REMOVE, ask.app.id, user, ask.reason)


def log(ask: Ask) -> Any:
    """The audit log, newest first."""
    guild = ask.guild(P.VIEW_AUDIT_LOG)
    found = [entry for entry in reversed(ask.world.audit) if entry.guild is guild]
    if "action_type" in ask.query:
        found = [entry for entry in found if entry.act == int(ask.query["action_type"])]
    if "user_id" in ask.query:
        found = [entry for entry in found if entry.who == int(ask.query["user_id"])]
    before = int(ask.query.get("before", 1 << 63))
    found = [entry for entry in found if entry.id < before][: int(ask.query.get("limit", 50))]
    people = {user for entry in found for user in (entry.who, entry.target) if user in ask.world.users}
    empty: JSON = {name: [] for name in ("integrations", "threads", "webhooks", "auto_moderation_rules")}
    return {
        "audit_log_entries": [entry.json() for entry in found], "guild_scheduled_events": [],
        "application_commands": [], "users": [ask.world.users[user].json() for user in people if user], **empty,
    }  # fmt: skip


ROUTES: Final[tuple[Route, ...]] = (
    ("GET", "/guilds/{guild}/bans", every),
    ("GET", "/guilds/{guild}/bans/{user}", one),
    ("PUT", "/guilds/{guild}/bans/{user}", ban),
    ("DELETE", "/guilds/{guild}/bans/{user}", unban),
    ("POST", "/guilds/{guild}/bulk-ban", ban_many),
    ("GET", "/guilds/{guild}/audit-logs", log),
)
