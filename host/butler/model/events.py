"""What happens: messages, and everything that is no message."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

from attrs import field, frozen

from butler.model.places import Channel, Guild, Person
from butler.model.replies import Reply


@frozen
class Attachment:
    """A file that came with a message; the content stays where ``url`` points."""

    name: str
    url: str
    mime: str = "application/octet-stream"
    size: int = 0


@frozen
class Message:
    """Something said in a channel. Links, mentions, emoji and pictures were parsed once, on arrival."""

    id: str
    channel: Channel
    author: Person
    text: str
    at: dt.datetime
    seq: int = 0
    """The journal's number: rises with the order in which the host saw messages."""
    kind: Literal["message", "nudge"] = "message"
    reply_to: str = ""
    mentions: tuple[str, ...] = ()
    """Ids of the people whom the platform itself says were mentioned."""
    links: tuple[str, ...] = ()
    emoji: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    meant_for: str = ""
    """The persona whom a nudge or a DM is for, or ``""``."""
    hops: int = 0
    """How many answers of machines to machines lie before it; 0 for what people say and for what answers them."""
    host: Any = field(default=None, eq=False, repr=False)

    @property
    def guild(self) -> Guild:
        return self.channel.guild

    def arrived(self, seq: int, host: Any, links: tuple[str, ...], emoji: tuple[str, ...]) -> Message:
        """The same with its number, its host and what stands in its text; ``attrs.evolve`` takes four times as long."""
        return Message(
            self.id, self.channel, self.author, self.text, self.at, seq, self.kind, self.reply_to, self.mentions,
            links, emoji, self.attachments, self.meant_for, self.hops, host,
        )  # fmt: skip

    async def reply(self, content: str | Reply, **options: Any) -> None:
        """Answer in this channel, plainly (in no persona's voice).

        Inside a hook or a command the answer is written with the next mark of the journal, so that
        a crash neither loses nor doubles it. ``options`` are fields of :class:`Reply`.
        """
        await self.host.reply(self, content, **options)


Kind = Literal[
    "edit", "deletion", "reaction_added", "reaction_removed", "typing", "member_joined", "member_left",
    "member_changed", "member_banned", "member_unbanned", "invite_used", "channel_changed", "role_changed", "thread",
    "pin", "poll_vote", "poll_ended", "automod", "audit", "voice_state", "voice_server", "interaction", "invited",
    "raw",
]  # fmt: skip


@frozen
class Event:
    """Everything that is no message (PLAT-1). ``target`` is the message, channel or role concerned."""

    id: str
    """The platform's id of the event, or ``""`` where it has none (then the state decides, see journal)."""
    kind: Kind
    guild: Guild
    at: dt.datetime
    channel: Channel | None = None
    person: Person | None = None
    target: str = ""
    text: str = ""
    """The new text of an edit, the emoji of a reaction, the id of the button, menu or form that was used."""
    data: Mapping[str, Any] = field(factory=dict)
    """Of an interaction: ``do`` is what it does. ``command``: ``path`` and ``options``, people and channels as ids.
    ``control``: ``values`` that were chosen (ids; ``of`` people, roles or channels), or the ``fields`` of a form.
    ``context``: ``plugin`` and ``name`` of the right-click command, ``on`` a message or person, who is ``target``.
    Of what changed: ``before``, what it was, as far as that is known; see docs/services.md.
    """
    seq: int = 0
    before: Message | None = field(default=None, eq=False, repr=False)
    """Of an edit or a deletion: the message as it was, if the host had it. It is not kept."""
