"""Platforms as one plugin sees them, in ``self.host``: what can be done there, what stands there, who is there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from butler.errors import NotReady, Unsupported
from butler.model import Action, Channel, Guild, Message, Person, PollResult, Sent, platform_of

if TYPE_CHECKING:
    from butler.host import Host
    from butler.platform import Platform

PAGE = 100
"""Messages that are asked for at once."""


class BoundPlatforms:
    """Looks at platforms; all of it is asked anew and may raise ``PlatformError``."""

    _host: Host
    plugin: str

    def channel(self, identifier: str) -> Channel | None:
        """A channel by id, if the host has met it or its platform knows it."""
        met = self._host.places.at(identifier)
        platform = self._host.lifecycle.platforms.get(platform_of(identifier)) if met is None else None
        found = platform.channel(identifier) if platform is not None else None
        if found is not None:
            self._host.places.see(found)
        return met or found

    def channels_in(self, guild: Guild) -> Sequence[Channel]:
        """The channels of a guild, also those in which nothing was said yet, where the platform tells them."""
        met = self._host.places.channels_of(guild.id)
        platform = self._host.lifecycle.platforms.get(guild.platform)
        there = {each.id: each for each in (*(platform.channels(guild.id) if platform is not None else ()), *met)}
        return tuple(there.values())

    def can(self, action: str, channel: Channel) -> bool:
        """Whether an action of a kind (``"delete"``, ``"pin"``, ``"history"``) can be done in a channel just now."""
        platform = self._host.lifecycle.platforms.get(channel.platform)
        return platform is not None and platform.can(action, channel)

    async def look_back(self, channel: Channel, *, before: str = "", limit: int = 100) -> Sequence[Message]:
        """What stands in a channel (before a message), newest last, as its platform tells it: also what was said
        while the host was not there. :meth:`history` is what the host itself has heard.

        Raises ``Unsupported`` where the platform keeps nothing.
        """
        platform = self._there(channel.platform)
        if not platform.can("history", channel):
            raise Unsupported(f"{channel.platform} does not tell what was said before")
        found: list[Message] = []

        async def history(most: int) -> Sequence[Message]:
            return await platform.history(channel.id, before=found[0].id if found else before, limit=most)

        while len(found) < limit:
            page = await self._host.delivery.asked(platform, history, min(limit - len(found), PAGE))
            if not page:
                break
            found = [*page, *found]
        return found

    async def pinned(self, channel: Channel) -> Sequence[str]:
        """Ids of what is pinned in a channel; none where nothing can be pinned."""
        platform = self._there(channel.platform)
        if not platform.can("pin", channel):
            return ()
        found: Sequence[str] = await self._host.delivery.asked(platform, platform.pinned, channel.id)
        return found

    async def members(self, channel: Channel) -> Sequence[Person]:
        """Who is there: all members of the guild where the platform tells that, else of the channel."""
        platform = self._there(channel.platform)
        found: Sequence[Person] = await self._host.delivery.asked(platform, platform.members, channel.id)
        return found

    async def member(self, person: str, guild: Guild) -> Person:
        """Somebody by id as they are in a guild just now, with rank and roles; else as the host knows them there."""
        platform = self._there(guild.platform)
        found: Person | None = await self._host.delivery.asked(platform, platform.member, guild.id, person)
        return found or await self._host.places.known(person, guild.id)

    async def facts(self, guild: Guild) -> Mapping[str, int]:
        """What only the platform knows of a guild: ``members``, ``boosts``; without what it does not tell."""
        platform = self._there(guild.platform)
        found: Mapping[str, int] = await self._host.delivery.asked(platform, platform.facts, guild.id)
        return found

    async def roles(self, guild: Guild) -> Mapping[str, str]:
        """A guild's roles, the highest first: their ids, as in :attr:`butler.Person.roles`, and names; none where there
        are no roles.
        """
        platform = self._there(guild.platform)
        found: Mapping[str, str] = await self._host.delivery.asked(platform, platform.roles, guild.id)
        return found

    def made_at(self, person: Person) -> dt.datetime | None:
        """When somebody's account was made, where the platform tells; never waits."""
        platform = self._host.lifecycle.platforms.get(platform_of(person.id))
        return platform.made_at(person.id) if platform is not None else None

    async def act_now(self, action: Action) -> bool:
        """Have something done, and return once it was done (true) or given up (false).

        It is committed by itself: use it in long work (``jobs.run``), where each step must be over before the next.
        """
        return await self._host.acts.act_now(self.plugin, await self._host.controls.dressed(self.plugin, action))

    async def do(self, action: Action, key: str = "") -> Sent:
        """The same, and return what came of it (a thread's id, an invite's link); with ``key`` it is done once.

        Raises ``PlatformError``, with the platform's own words, where it was refused.
        """
        return await self._host.acts.do(
            self.plugin, await self._host.controls.dressed(self.plugin, action), f"{self.plugin}:{key}" if key else ""
        )

    async def poll(self, channel: Channel, message: str, *, voters: bool = False) -> PollResult | None:
        """How a poll of the platform's own stands; ``None`` where a message is none. ``voters``: who chose what."""
        platform = self._there(channel.platform)

        async def poll() -> PollResult | None:
            return await platform.poll(channel.id, message, voters=voters)

        found: PollResult | None = await self._host.delivery.asked(platform, poll)
        return found

    def _there(self, name: str) -> Platform:
        platform = self._host.lifecycle.platforms.get(name)
        if platform is None:
            raise NotReady(f"{name} is not connected")
        return platform
