"""Interactions: a person used a command, a button, a menu or a form, and waits for an answer."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from attrs import define, field

from butler_discord.testing.errors import JSON
from butler_discord.testing.state.permissions import in_channel
from butler_discord.testing.state.users import App, User

if TYPE_CHECKING:
    from butler_discord.testing.state.channels import Channel
    from butler_discord.testing.state.messages import Message

PATIENCE = 3.0
"""Within so many seconds it must be acknowledged."""
LIFE = 900.0
"""For so many seconds its token holds."""


class Asked(enum.IntEnum):
    """What a person did."""

    COMMAND = 2
    COMPONENT = 3
    COMPLETE = 4
    FORM = 5


class Reply(enum.IntEnum):
    """How an application answers first."""

    MESSAGE = 4
    LATER = 5
    UPDATE_LATER = 6
    UPDATE = 7
    CHOICES = 8
    FORM = 9


@define(eq=False)
class Interaction:
    """One of them, with what was answered."""

    id: int
    token: str
    app: App
    kind: Asked
    user: User
    channel: Channel
    data: JSON
    made: float
    """On the clock's monotonic time."""
    source: Message | None = None
    """The message with the button, or from which the form came."""
    trigger: Interaction | None = None
    """What the form was an answer to."""
    reply: Reply | None = None
    """How it was acknowledged."""
    ephemeral: bool = False
    original: Message | None = None
    """The first message that answers it; of a component that updates, the message with the component."""
    more: list[Message] = field(factory=list)
    """The messages after the first."""
    form: JSON | None = None
    choices: list[JSON] = field(factory=list)

    @property
    def waiting(self) -> bool:
        """Whether a message was promised that has not come."""
        return self.reply is Reply.LATER and self.original is not None and bool(self.original.flags & 1 << 7)

    def json(self) -> JSON:
        """As the gateway gives it."""
        guild = self.channel.guild
        found: JSON = {
            "id": str(self.id), "application_id": str(self.app.id), "type": int(self.kind), "token": self.token,
            "version": 1, "data": self.data, "channel_id": str(self.channel.id), "channel": self.channel.json(),
            "locale": "en-US", "entitlements": [], "attachment_size_limit": 10 << 20,
            "app_permissions": str(int(in_channel(self.channel, self.app.id))), "context": 0 if guild else 1,
            "authorizing_integration_owners": self._owners,
        }  # fmt: skip
        if self.source is not None:
            found["message"] = self.source.json(self.app.id)
        if guild is None:
            return {**found, "user": self.user.json()}
        may = str(int(in_channel(self.channel, self.user.id)))
        member = {**guild.members[self.user.id].json(), "permissions": may}
        own = {"id": str(guild.id), "locale": "en-US", "features": []}
        return {**found, "guild_id": str(guild.id), "guild_locale": "en-US", "guild": own, "member": member}

    @property
    def _owners(self) -> JSON:
        return {"0": str(self.channel.guild.id) if self.channel.guild else "0"}

    def metadata(self) -> JSON:
        """As the messages that answer it name it."""
        found: JSON = {
            "id": str(self.id), "type": int(self.kind), "user": self.user.json(),
            "authorizing_integration_owners": self._owners,
        }  # fmt: skip
        if self.kind is Asked.COMMAND:
            found["name"] = self.data["name"]
        if self.kind is Asked.COMPONENT and self.source:
            found["interacted_message_id"] = str(self.source.id)
        if self.trigger is not None:
            found["triggering_interaction_metadata"] = self.trigger.metadata()
        return found
