"""Channels through the API: made, changed, deleted; what roles and members may in them."""

from __future__ import annotations

from typing import Any, Final

from butler_discord.testing.deeds import audit, places
from butler_discord.testing.deeds.audit import Act
from butler_discord.testing.errors import JSON, Refused, invalid, missing_permissions, unknown
from butler_discord.testing.rest.ask import Ask, Route
from butler_discord.testing.rest.threads import change_thread
from butler_discord.testing.state.channels import Channel, Kind, Overwrite
from butler_discord.testing.state.guilds import Guild
from butler_discord.testing.state.permissions import Permission, in_channel

P = Permission
MOST = 500
MOST_OVERWRITES = 1000
KEPT = (
    "bitrate", "user_limit", "rtc_region", "video_quality_mode", "default_auto_archive_duration", "available_tags",
    "default_reaction_emoji", "default_thread_rate_limit_per_user", "default_sort_order", "default_forum_layout",
)  # fmt: skip
"""What is kept and nothing here acts on."""


def every(ask: Ask) -> Any:
    """A guild's channels, without threads."""
    return [channel.json() for channel in ask.guild().channels.values() if not channel.is_thread]


def one(ask: Ask) -> Any:
    """A channel."""
    return ask.channel().json()


def _fields(ask: Ask, guild: Guild) -> JSON:
    """The fields of a channel that the body sets. Raises ``Refused``."""
    body, found = ask.body, {}
    if "name" in body:
        if not 1 <= len(body["name"] or "") <= 100:
            raise invalid("name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
        found["name"] = body["name"]
    if "topic" in body:
        if len(body["topic"] or "") > 1024:
            raise invalid("topic", "BASE_TYPE_MAX_LENGTH", "Must be 1024 or fewer in length.")
        found["topic"] = body["topic"]
    if "rate_limit_per_user" in body:
        found["slowmode"] = int(body["rate_limit_per_user"] or 0)
        if not 0 <= found["slowmode"] <= 21_600:
            raise invalid("rate_limit_per_user", "NUMBER_TYPE_MAX", "int value should be between 0 and 21600.")
    if "nsfw" in body:
        found["nsfw"] = bool(body["nsfw"])
    if body.get("position") is not None:
        found["position"] = int(body["position"])
    if "parent_id" in body:
        found["parent"] = _parent(guild, body["parent_id"])
    return found


def _parent(guild: Guild, given: Any) -> Channel | None:
    if not given:
        return None
    found = guild.channels.get(int(given))
    if found is None or found.kind is not Kind.CATEGORY:
        raise invalid("parent_id", "CHANNEL_PARENT_INVALID_TYPE", "Not a category")
    return found


def _overwrites(ask: Ask, guild: Guild) -> dict[int, Overwrite]:
    found = {}
    for given in ask.body.get("permission_overwrites") or []:
        allow, deny = P(int(given.get("allow") or 0)), P(int(given.get("deny") or 0))
        found[int(given["id"])] = Overwrite(int(given["id"]), int(given["type"]), allow, deny)
    return found


def create(ask: Ask) -> Any:
    """Make a channel."""
    guild = ask.guild(P.MANAGE_CHANNELS)
    if sum(not channel.is_thread for channel in guild.channels.values()) >= MOST:
        raise Refused(400, 30013, f"Maximum number of guild channels reached ({MOST})")
    if "name" not in ask.body:
        raise invalid("name", "BASE_TYPE_REQUIRED", "This field is required")
    fields = _fields(ask, guild)
    settings = {key: ask.body[key] for key in KEPT if ask.body.get(key) is not None}
    parent = fields.get("parent")
    overwrites = _overwrites(ask, guild) or (dict(parent.overwrites) if parent else {})
    kind = Kind(int(ask.body.get("type") or 0))
    channel = places.add_channel(
        ask.world, guild, fields.pop("name"), kind, settings=settings, overwrites=overwrites, **fields
    )
    audit.note(ask.world, guild, Act.CHANNEL_CREATE, ask.app.id, channel.id, ask.reason)
    return channel.json()


def change(ask: Ask) -> Any:
    """Change a channel or a thread."""
    channel = ask.channel()
    if channel.guild is None:
        raise Refused(403, 50003, "Cannot execute action on a DM channel")
    if channel.thread:
        return change_thread(ask, channel)
    ask.may(channel, P.MANAGE_CHANNELS)
    for name, value in _fields(ask, channel.guild).items():
        setattr(channel, name, value)
    channel.settings |= {key: ask.body[key] for key in KEPT if key in ask.body}
    if "permission_overwrites" in ask.body:
        ask.may(channel, P.MANAGE_ROLES)
        channel.overwrites = _overwrites(ask, channel.guild)
    _told(ask, channel)
    audit.note(ask.world, channel.guild, Act.CHANNEL_UPDATE, ask.app.id, channel.id, ask.reason)
    return channel.json()


def _told(ask: Ask, channel: Channel) -> None:
    ask.world.emit("CHANNEL_UPDATE", channel.json(), guild=channel.guild, channel=channel)


def delete(ask: Ask) -> Any:
    """Delete a channel or a thread; close a direct conversation."""
    channel = ask.channel()
    if channel.guild is None:
        return channel.json()
    ask.may(channel, P.MANAGE_THREADS if channel.is_thread else P.MANAGE_CHANNELS)
    told = channel.json()
    places.remove_channel(ask.world, channel)
    act = Act.THREAD_DELETE if channel.is_thread else Act.CHANNEL_DELETE
    audit.note(ask.world, channel.guild, act, ask.app.id, channel.id, ask.reason)
    return told


def overwrite(ask: Ask) -> None:
    """Say what a role or a member may in a channel; a bot gives and takes only what it has there."""
    channel = ask.channel(P.MANAGE_ROLES)
    if channel.guild is None:
        raise Refused(403, 50003, "Cannot execute action on a DM channel")
    target, kind = ask.number("overwrite"), int(ask.body.get("type", 0))
    allow, deny = P(int(ask.body.get("allow") or 0)), P(int(ask.body.get("deny") or 0))
    if (allow | deny) & ~in_channel(channel, ask.app.id):
        raise missing_permissions()
    if kind == 0 and target not in channel.guild.roles:
        raise unknown("Role")
    if len(channel.overwrites) >= MOST_OVERWRITES and target not in channel.overwrites:
        raise Refused(400, 30060, f"Maximum number of channel permission overwrites reached ({MOST_OVERWRITES})")
    act = Act.OVERWRITE_UPDATE if target in channel.overwrites else Act.OVERWRITE_CREATE
    channel.overwrites[target] = Overwrite(target, kind, allow, deny)
    _told(ask, channel)
    audit.note(ask.world, channel.guild, act, ask.app.id, channel.id, ask.reason, id=str(target), type=str(kind))


def delete_overwrite(ask: Ask) -> None:
    """Take an overwrite away."""
    channel = ask.channel(P.MANAGE_ROLES)
    gone = channel.overwrites.pop(ask.number("overwrite"), None)
    if gone is None:
        raise unknown("Overwrite")
    _told(ask, channel)
    audit.note(
        ask.world, channel.guild, Act.OVERWRITE_DELETE, ask.app.id, channel.id, ask.reason,
        id=str(gone.id), type=str(gone.kind),
    )  # fmt: skip


ROUTES: Final[tuple[Route, ...]] = (
    ("GET", "/guilds/{guild}/channels", every),
    ("POST", "/guilds/{guild}/channels", create),
    ("GET", "/channels/{channel}", one),
    ("PATCH", "/channels/{channel}", change),
    ("DELETE", "/channels/{channel}", delete),
    ("PUT", "/channels/{channel}/permissions/{overwrite}", overwrite),
    ("DELETE", "/channels/{channel}/permissions/{overwrite}", delete_overwrite),
)
