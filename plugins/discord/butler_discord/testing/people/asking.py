"""A person uses commands, buttons, menus and forms, and gets what is answered."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from butler_discord.testing.errors import JSON
from butler_discord.testing.people.errors import NoAnswer
from butler_discord.testing.state.channels import Channel
from butler_discord.testing.state.interactions import PATIENCE, Asked, Interaction
from butler_discord.testing.state.messages import Message
from butler_discord.testing.state.users import App, User

if TYPE_CHECKING:
    from butler_discord.testing.world import World


class Answer:
    """What a person got for using something. ``str()`` gives the text."""

    def __init__(self, world: World, asked: Interaction) -> None:
        self.asked = asked
        self._world = world

    @property
    def message(self) -> Message:
        """The message that answers. Raises ``NoAnswer`` if there is none."""
        if self.asked.original is None:
            raise NoAnswer("no message answered this")
        return self.asked.original

    @property
    def text(self) -> str:
        return self.message.text

    @property
    def ephemeral(self) -> bool:
        """Whether only this person sees it."""
        return self.message.ephemeral

    @property
    def more(self) -> list[Message]:
        """Further messages."""
        return self.asked.more

    @property
    def form(self) -> JSON | None:
        """The form that was put before the person."""
        return self.asked.form

    @property
    def deferred(self) -> bool:
        """Whether "is thinking" is still shown."""
        return self.asked.waiting

    async def done(self, within: float = 20.0) -> Answer:
        """Wait until what was promised is there."""
        try:
            await self._world.until(lambda: not self.asked.waiting, within)
        except TimeoutError:
            raise NoAnswer("it is still thinking") from None
        return self

    def __str__(self) -> str:
        return self.text


async def ask(
    world: World,
    app: App,
    kind: Asked,
    user: User,
    channel: Channel,
    data: JSON,
    source: Message | None = None,
    trigger: Interaction | None = None,
) -> Interaction:
    """Put an interaction to an application and wait until it is acknowledged. Raises ``NoAnswer``."""
    made = world.clock.monotonic()
    asked = Interaction(
        world.ids.new(), secrets.token_urlsafe(24), app, kind, user, channel, data, made, source, trigger
    )
    world.ask(asked)
    world.emit("INTERACTION_CREATE", asked.json(), guild=channel.guild, channel=channel, only=app)
    try:
        await world.until(lambda: asked.reply is not None, PATIENCE)
    except TimeoutError:
        raise NoAnswer(f"the application {app.name} did not respond") from None
    return asked
