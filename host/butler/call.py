"""What a command is told: who called it, where, with what, and how to answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import attrs
from attrs import define, field

from butler.model import Channel, Guild, Message, Person, Reply

if TYPE_CHECKING:
    from butler.plugin import Plugin

Send = Callable[[Reply], Awaitable[None]]
"""Takes a reply into the unit of work that is running; it is sent after that was committed."""
Progress = Callable[[int, int, str], Awaitable[None]]
"""Shows how far a long command is: done, total (0: unknown), a text."""


@define(eq=False)
class Call:
    """The first argument of every command, action and completion."""

    person: Person
    channel: Channel
    path: tuple[str, ...]
    """The command's name as it was called, each subcommand an item: ``("karma", "give")``."""
    args: Mapping[str, Any]
    """The options by parameter name, converted, defaults filled in."""
    prefix: str
    """What a command begins with here, as it should be shown: ``/`` or ``!``."""
    enabled: frozenset[str]
    """The plugins that are enabled here."""
    plugin: Plugin = field(repr=False)
    _send: Send = field(repr=False)
    _progress: Progress | None = field(default=None, repr=False)
    message: Message | None = None
    """The message that called it, or ``None`` where the platform has commands of its own."""
    ephemeral: bool = False
    """Whether answers are for the caller's eyes alone, where the platform can do that."""

    @property
    def guild(self) -> Guild:
        return self.channel.guild

    @property
    def platform(self) -> str:
        """The name of the platform on which it was called."""
        return self.channel.platform

    @property
    def host(self) -> Any:
        """The host's services, as the plugin has them in ``self.host``."""
        return self.plugin.host

    @property
    def settings(self) -> Any:
        """The plugin's settings that hold in this channel for this person."""
        return self.plugin.settings_for(self.channel, self.person)

    async def reply(self, content: str | Reply, **options: Any) -> None:
        """Answer the caller. ``options`` are fields of :class:`butler.Reply`.

        The answer is written with the command's other effects, so that a crash neither loses nor
        doubles it. It refers to the message that called, and is ephemeral if the command is.
        """
        reply = attrs.evolve(content, **options) if isinstance(content, Reply) else Reply(content, **options)
        if self.message is not None and not reply.to:
            reply = attrs.evolve(reply, to=self.message.id)
        if self.ephemeral:
            reply = attrs.evolve(reply, ephemeral=True)
        await self._send(reply)

    async def defer(self, text: str = "") -> None:
        """Say that the answer takes a while: the platform shows its waiting sign."""
        await self.progress(0, 0, text)

    async def progress(self, done: int, total: int = 0, text: str = "") -> None:
        """Show how far it is: ``done`` of ``total`` (0: not known). Platforms that cannot show it leave it out."""
        if self._progress is not None:
            await self._progress(done, total, text)
