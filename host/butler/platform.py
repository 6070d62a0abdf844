"""What a platform is: it turns what happens there into events and replies into what shows there."""

from __future__ import annotations

import abc
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar

from butler.model import Action, Channel, Event, Message, Person, Persona, PollResult, Sent

Receive = Callable[[Message | Event], Awaitable[bool]]
"""Hands an event to the host; returns once it is journaled. True: new; False: known already."""


class Platform(abc.ABC):
    """Subclass it in a plugin and name it as ``Plugin.platform``.

    ``name`` is the prefix of all its ids and its section in ``[platforms.NAME]``; ``settings`` is the
    attrs class of that section. One instance per host; it is started when its section is there.
    """

    name: ClassVar[str]
    settings: ClassVar[type]
    command_prefix: ClassVar[str] = "!"
    """What a typed command begins with; ``""`` where the platform has commands of its own."""
    dedupe_window: ClassVar[float] = 0.0
    """For how many seconds after the first try the platform itself drops a second send with the same key."""
    local: ClassVar[bool] = False
    """Whoever is there sits at this machine: nobody is asked whether the host may answer."""
    account: str = ""
    """The id of the host's own account there; known once it is connected."""
    text_limit: ClassVar[int] = 60_000
    """The most characters of one message; longer replies are split (fences kept whole)."""

    def __init__(self, host: Any, config: Any) -> None:
        """``host``: the services as the plugin sees them (:class:`butler.services.bound.Bound`)."""
        self.host = host
        self.config = config

    @classmethod
    async def greet(cls, config: Any) -> Sequence[str]:
        """What ``butler init`` says once its questions are answered: who the account is, what is left to do.

        ``config`` is the section's settings. Asks the platform, and leaves nothing open. Raises ``PlatformError``
        where the answers are wrong (they are asked for again), ``NotReady`` where nobody can tell now.
        """
        return ()

    @abc.abstractmethod
    async def start(self, receive: Receive) -> None:
        """Connect, probe, and begin to deliver. Raises ``NotReady`` (tried again) or ``PlatformError``."""

    @abc.abstractmethod
    async def stop(self) -> None:
        """Stop delivering and let go of every connection, task and file."""

    @abc.abstractmethod
    def can(self, action: str, channel: Channel | None = None) -> bool:
        """Whether an action of that kind (``"send"``, ``"edit"``, ``"react"``, …) can be done (there)."""

    def takes_part(self, persona: Persona, channel: Channel) -> bool:
        """Whether the account that a persona speaks through is in a channel: one that is not does not speak there."""
        return True

    @abc.abstractmethod
    async def perform(self, action: Action, key: str) -> Sent:
        """Do it. ``key`` is the same for each try of the same action, at most 25 characters.

        Raises ``RateLimited``, ``NotReady`` (both: tried again), ``Unsupported``, ``Lost`` or
        ``PlatformError`` (given up, recorded).
        """

    async def find(self, key: str, channel: str) -> Sent | None:
        """Look in the channel's history for what was sent with this key; ``None`` if it is not there."""
        return None

    def remembers(self, action: Action) -> float:
        """For how many seconds the platform itself drops a second try of this action; else it is looked for first."""
        return self.dedupe_window

    def channel(self, identifier: str) -> Channel | None:
        """A channel that it knows, also one in which nothing was said yet; never waits."""
        return None

    def channels(self, guild: str) -> Sequence[Channel]:
        """The channels of a guild in which text can be said, as far as it knows them; never waits."""
        return ()

    async def look_for(self, action: Action, key: str, since: dt.datetime) -> Sent | None:
        """Whether an action that may have been done since then was done; ``None`` if not.

        Override it where a key alone does not tell.
        """
        return await self.find(key, action.channel)

    async def commands_changed(self, guild: str) -> None:
        """Which commands there are may have changed in a guild, or (``""``) anywhere. Return at once."""

    async def history(self, channel: str, *, before: str = "", limit: int = 100) -> Sequence[Message]:
        """Older messages of a channel, newest last."""
        return ()

    async def pinned(self, channel: str) -> Sequence[str]:
        """Ids of the messages that are pinned in a channel."""
        return ()

    async def members(self, channel: str) -> Sequence[Person]:
        """Who is in the guild of a channel, or where there is none in the channel."""
        return ()

    async def member(self, guild: str, person: str) -> Person | None:
        """Somebody as they are in a guild just now; ``None`` where the platform does not tell of one alone."""
        return None

    async def facts(self, guild: str) -> Mapping[str, int]:
        """What only the platform knows of a guild: ``members``, ``boosts``."""
        return {}

    async def roles(self, guild: str) -> Mapping[str, str]:
        """The roles of a guild, id to name, the highest first, with ids as in :attr:`butler.Person.roles`."""
        return {}

    def made_at(self, person: str) -> dt.datetime | None:
        """When somebody's account was made, where the platform tells that at once."""
        return None

    async def poll(self, channel: str, message: str, *, voters: bool = False) -> PollResult | None:
        """How a poll of the platform's own stands; ``None`` where a message is none."""
        return None

    @abc.abstractmethod
    async def create_account(self, persona: Persona) -> str:
        """Make the account through which a persona speaks here; returns its id."""

    @abc.abstractmethod
    async def remove_account(self, persona: Persona) -> None:
        """Take a persona's account away."""

    async def health(self) -> list[Any]:
        """What ``butler doctor`` should say of the connection: a list of :class:`butler.Check`."""
        return []
