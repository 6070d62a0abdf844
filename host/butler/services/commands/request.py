"""Who asks for a command, and what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal, Protocol

from attrs import frozen

from butler.call import Progress
from butler.model import Channel, Guild, Message, Person, Reply

Kind = Literal["ran", "denied", "wrong", "unknown", "cooldown", "asked", "cancelled", "failed", "ignored"]


@frozen
class Outcome:
    """What came of a command; ``texts`` were handed to ``send`` already."""

    kind: Kind
    texts: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    plugin: str = ""
    fault: str = ""
    """The error id, where the plugin failed."""


class Send(Protocol):
    """Takes what is said. ``owner``: whose buttons it holds; ``replaces``: the message in whose place it goes."""

    async def __call__(self, reply: Reply, owner: str = "host", replaces: str = "") -> None: ...


@frozen
class Request:
    """Who asks for a command, where, and what takes the answers."""

    person: Person
    channel: Channel
    enabled: frozenset[str]
    send: Send
    prefix: str = "/"
    """What begins a typed command here; ``""`` where the platform has commands of its own."""
    message: Message | None = None
    progress: Progress | None = None
    bare: bool = False
    """Commands are typed without any prefix: the operator's console."""
    to: str = ""
    """The id of the interaction that asks, where it is no message."""
    on: str = ""
    """The message that holds the button, menu or form which was used."""

    @property
    def guild(self) -> Guild:
        return self.channel.guild

    @property
    def shown(self) -> str:
        """The prefix as people see it."""
        return "" if self.bare else self.prefix or "/"


class Fault(Protocol):
    """What the fence says of plugin code that failed."""

    @property
    def id(self) -> str: ...


class Guarded(Protocol):
    """The fence: awaits ``fn(*args)`` and gives its result, or a fault; raises what is ``expected``."""

    async def __call__(
        self,
        plugin: str,
        what: str,
        fn: Callable[..., Awaitable[Any]],
        *args: Any,
        guild: str,
        deadline: float,
        expected: tuple[type[Exception], ...] = (),
    ) -> tuple[Any, Fault | None]: ...
