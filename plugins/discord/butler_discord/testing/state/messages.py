"""Messages: what was said, by whom, and whom it woke."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from attrs import define, field

from butler_discord.testing.errors import JSON
from butler_discord.testing.ids import made_at, stamp
from butler_discord.testing.state.channels import Channel
from butler_discord.testing.state.mentions import NOBODY, Mentions
from butler_discord.testing.state.users import User

if TYPE_CHECKING:
    from butler_discord.testing.state.files import Attachment
    from butler_discord.testing.state.polls import Poll

EPHEMERAL = 1 << 6
LOADING = 1 << 7
SUPPRESS_EMBEDS = 1 << 2
COMPONENTS_V2 = 1 << 15


@define(eq=False)
class Message:
    """One message."""

    id: int
    channel: Channel
    author: User
    text: str = ""
    kind: int = 0
    embeds: list[JSON] = field(factory=list)
    components: list[JSON] = field(factory=list)
    files: list[Attachment] = field(factory=list)
    flags: int = 0
    tts: bool = False
    nonce: str | int | None = None
    answers: Message | None = None
    """The message that it is a reply to."""
    reference: JSON | None = None
    app: int | None = None
    webhook: int | None = None
    only: int | None = None
    """Ephemeral: the one account that sees it."""
    edited: dt.datetime | None = None
    mentions: Mentions = NOBODY
    reactions: dict[str, dict[int, None]] = field(factory=dict)
    """Emoji (``name`` or ``name:id``) to those who reacted, in order."""
    poll: Poll | None = None
    thread: Channel | None = None
    interaction: JSON | None = None
    deleted: bool = False
    extra: JSON = field(factory=dict)

    @property
    def at(self) -> dt.datetime:
        """When it was sent."""
        return made_at(self.id)

    @property
    def ephemeral(self) -> bool:
        return bool(self.flags & EPHEMERAL)

    @property
    def link(self) -> str:
        """Its address, as people copy it."""
        guild = self.channel.guild.id if self.channel.guild else "@me"
        return f"https://discord.com/channels/{guild}/{self.channel.id}/{self.id}"

    def json(self, viewer: int = 0, *, blind: bool = False, nested: bool = False) -> JSON:
        """As Discord's API gives it to somebody; ``blind``: without the message content intent."""
        found: JSON = {
            "id": str(self.id), "channel_id": str(self.channel.id), "type": self.kind, "author": self.author.json(),
            "timestamp": stamp(self.at), "edited_timestamp": stamp(self.edited), "tts": self.tts,
            "flags": self.flags, "pinned": self.id in self.channel.pins,
            "mention_everyone": self.mentions.everyone,
            "mention_roles": [str(role) for role in sorted(self.mentions.roles)],
            "mentions": [self._mentioned(user) for user in sorted(self.mentions.users)],
            "reactions": [self._reaction(emoji, who, viewer) for emoji, who in self.reactions.items()],
            **(self._nothing() if blind else self._content(viewer)), **self.extra,
        }  # fmt: skip
        if self.app is not None:
            found["application_id"] = str(self.app)
        if self.webhook is not None:
            found["webhook_id"] = str(self.webhook)
        if self.nonce is not None:
            found["nonce"] = self.nonce
        if self.interaction is not None:
            found["interaction_metadata"] = self.interaction
        if self.thread is not None:
            found["thread"] = self.thread.json()
        if self.reference is not None:
            found["message_reference"] = self.reference
            if not nested:
                answered = self.answers if self.answers and not self.answers.deleted else None
                found["referenced_message"] = answered.json(viewer, blind=blind, nested=True) if answered else None
        return found

    def _content(self, viewer: int) -> JSON:
        found: JSON = {
            "content": self.text, "embeds": [] if self.flags & SUPPRESS_EMBEDS else self.embeds,
            "components": self.components, "attachments": [file.json() for file in self.files],
        }  # fmt: skip
        if self.poll:
            found["poll"] = self.poll.json(viewer)
        return found

    @staticmethod
    def _nothing() -> JSON:
        return {"content": "", "embeds": [], "components": [], "attachments": []}

    def _mentioned(self, user: int) -> JSON:
        found = self.channel.world.users[user].json()
        if self.channel.guild and (member := self.channel.guild.members.get(user)):
            found["member"] = member.json(user=False)
        return found

    @staticmethod
    def _reaction(emoji: str, who: dict[int, None], viewer: int) -> JSON:
        counts = {"burst": 0, "normal": len(who)}
        return {
            "emoji": emoji_json(emoji), "count": len(who), "count_details": counts, "me": viewer in who,
            "me_burst": False, "burst_colors": [],
        }  # fmt: skip


def emoji_json(emoji: str) -> JSON:
    """An emoji as Discord's API gives it, from ``name`` or ``name:id``."""
    name, _, identifier = emoji.partition(":")
    return {"id": identifier or None, "name": name}


def event_json(message: Message, **options: Any) -> JSON:
    """A message as the gateway gives it: with the guild and the author's membership, without reactions."""
    found = message.json(**options)
    del found["reactions"]
    guild = message.channel.guild
    if guild:
        found["guild_id"] = str(guild.id)
        if member := guild.members.get(message.author.id):
            found["member"] = member.json(user=False)
    found["channel_type"] = int(message.channel.kind)
    return found
