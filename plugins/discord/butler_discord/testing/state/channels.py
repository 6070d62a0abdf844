"""Channels of every kind: text, voice, categories, threads, direct conversations."""

from __future__ import annotations

import datetime as dt
import enum
from typing import TYPE_CHECKING, Any

from attrs import define, field

from butler_discord.testing.errors import JSON
from butler_discord.testing.ids import stamp
from butler_discord.testing.state.guilds import Guild
from butler_discord.testing.state.permissions import Permission
from butler_discord.testing.state.users import User

if TYPE_CHECKING:
    from butler_discord.testing.state.messages import Message
    from butler_discord.testing.world import World


class Kind(enum.IntEnum):
    """What sort of channel it is, as Discord numbers them."""

    TEXT = 0
    DM = 1
    VOICE = 2
    CATEGORY = 4
    NEWS = 5
    NEWS_THREAD = 10
    THREAD = 11
    PRIVATE_THREAD = 12
    STAGE = 13
    FORUM = 15
    MEDIA = 16


THREADS = frozenset({Kind.NEWS_THREAD, Kind.THREAD, Kind.PRIVATE_THREAD})
FORUMS = frozenset({Kind.FORUM, Kind.MEDIA})
VOICES = frozenset({Kind.VOICE, Kind.STAGE})
TALKED_IN = frozenset({Kind.TEXT, Kind.DM, Kind.VOICE, Kind.NEWS, Kind.STAGE}) | THREADS
"""Where messages can be."""


@define(eq=False)
class Overwrite:
    """What a role (0) or a member (1) may and may not do in a channel, beyond their roles."""

    id: int
    kind: int
    allow: Permission
    deny: Permission

    def json(self) -> JSON:
        """As Discord's API gives it."""
        allow, deny = str(int(self.allow)), str(int(self.deny))
        return {"id": str(self.id), "type": self.kind, "allow": allow, "deny": deny}


@define(eq=False)
class Thread:
    """What a thread has beyond what a channel has."""

    owner: int
    made: dt.datetime
    archive_after: int = 1440
    """Minutes of silence."""
    archived: bool = False
    archived_at: dt.datetime | None = None
    locked: bool = False
    invitable: bool = True
    members: dict[int, dt.datetime] = field(factory=dict)
    sent: int = 0
    deleted: int = 0

    def json(self) -> JSON:
        """As Discord's API gives it, under ``thread_metadata``."""
        return {
            "archived": self.archived, "auto_archive_duration": self.archive_after, "locked": self.locked,
            "archive_timestamp": stamp(self.archived_at or self.made), "create_timestamp": stamp(self.made),
            "invitable": self.invitable,
        }  # fmt: skip


@define(eq=False)
class Channel:
    """A channel with its messages, oldest first."""

    world: World
    id: int
    kind: Kind
    guild: Guild | None = None
    name: str = ""
    topic: str | None = None
    position: int = 0
    parent: Channel | None = None
    overwrites: dict[int, Overwrite] = field(factory=dict)
    slowmode: int = 0
    nsfw: bool = False
    recipients: dict[int, User] = field(factory=dict)
    messages: dict[int, Message] = field(factory=dict)
    whispers: dict[int, dict[int, Message]] = field(factory=dict)
    """Account to what it alone sees."""
    last_message: int | None = None
    pins: dict[int, dt.datetime] = field(factory=dict)
    thread: Thread | None = None
    settings: dict[str, Any] = field(factory=dict)
    """What nothing here acts on (bitrate, user limit, tags, ...)."""

    @property
    def is_thread(self) -> bool:
        return self.kind in THREADS

    @property
    def mention(self) -> str:
        """How a text names it."""
        return f"<#{self.id}>"

    def json(self) -> JSON:
        """As Discord's API gives it."""
        found: JSON = {"id": str(self.id), "type": int(self.kind), "flags": 0}
        if self.kind in TALKED_IN:
            found["last_message_id"] = str(self.last_message) if self.last_message else None
            found["last_pin_timestamp"] = stamp(max(self.pins.values(), default=None))
        if self.guild is None:
            found["recipients"] = [user.json() for user in self.recipients.values() if not user.bot]
            return found
        found |= {
            "guild_id": str(self.guild.id), "name": self.name, "nsfw": self.nsfw,
            "parent_id": str(self.parent.id) if self.parent else None, "rate_limit_per_user": self.slowmode,
        }  # fmt: skip
        return found | (self._of_thread() if self.thread else self._of_guild()) | self.settings

    def _of_guild(self) -> JSON:
        found: JSON = {
            "position": self.position, "topic": self.topic,
            "permission_overwrites": [overwrite.json() for overwrite in self.overwrites.values()],
        }  # fmt: skip
        if self.kind in VOICES:
            found |= {"bitrate": 64_000, "user_limit": 0, "rtc_region": None}
        return found

    def _of_thread(self) -> JSON:
        assert self.thread is not None
        return {
            "owner_id": str(self.thread.owner), "thread_metadata": self.thread.json(),
            "member_count": min(len(self.thread.members), 50),
            "message_count": self.thread.sent - self.thread.deleted, "total_message_sent": self.thread.sent,
        }  # fmt: skip
