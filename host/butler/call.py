"""What a command is told: who called it, where, with what, and how to answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import attrs
from attrs import define, field

from butler.model import Channel, Form, Guild, Listing, Message, Person, Reply

if TYPE_CHECKING:
    from butler.plugin import Plugin

Content = str | Reply | Listing | Form
"""What can be said; a command or an action may return it."""
Send = Callable[[Reply, str], Awaitable[None]]
"""Takes a reply into the unit of work that is running, to be sent after that was committed; the second argument is
the message in whose place it goes, or ``""``."""
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
    on: str = ""
    """The id of the message that holds the button, menu or form which was used."""
    chosen: tuple[Any, ...] = ()
    """What was chosen in a menu: values, or :class:`butler.Person`, :class:`butler.Channel`, ids of roles."""
    _to: str = field(default="", repr=False)

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

    async def reply(self, content: Content, **options: Any) -> None:
        """Answer the caller. ``options`` are fields of :class:`butler.Reply`.

        The answer is written with the command's other effects, so that a crash neither loses nor
        doubles it. It refers to the message that called, and is ephemeral if the command is.
        """
        await self._send(self._made(content, options), "")

    async def update(self, content: Content, **options: Any) -> None:
        """Put this in the place of the message that holds the button or menu; where that cannot be, say it anew."""
        await self._send(self._made(content, options), self.on)

    def _made(self, content: Content, options: dict[str, Any]) -> Reply:
        reply = attrs.evolve(reply_of(content), **options)
        if not reply.to:
            reply = attrs.evolve(reply, to=self.message.id if self.message is not None else self._to)
        return attrs.evolve(reply, ephemeral=True) if self.ephemeral else reply

    async def defer(self, text: str = "") -> None:
        """Say that the answer takes a while: the platform shows its waiting sign."""
        await self.progress(0, 0, text)

    async def progress(self, done: int, total: int = 0, text: str = "") -> None:
        """Show how far it is: ``done`` of ``total`` (0: not known). Platforms that cannot show it leave it out."""
        if self._progress is not None:
            await self._progress(done, total, text)


def reply_of(content: Content) -> Reply:
    """What somebody says, as a reply."""
    if isinstance(content, Form):
        return Reply(form=content)
    if isinstance(content, Listing):
        return Reply(listing=content)
    return content if isinstance(content, Reply) else Reply(content)
