"""Where people talk and who they are: guild, channel, person."""

from __future__ import annotations

import enum

from attrs import frozen


def platform_of(identifier: str) -> str:
    """The platform that an id belongs to: ``platform_of("matrix:!a:b") == "matrix"``."""
    return identifier.partition(":")[0]


@frozen
class Guild:
    """A community: a Discord guild, a Matrix server or space, the console's ``house``."""

    id: str
    name: str = ""

    @property
    def platform(self) -> str:
        return platform_of(self.id)


@frozen
class Channel:
    """A place where people talk. A DM's guild is the pseudo-guild ``PLATFORM:dm``."""

    id: str
    guild: Guild
    name: str = ""
    dm: bool = False
    members: int = 2
    """How many take part, the personas of this host included; 2 means: answer always (LUNA-11)."""
    age_restricted: bool = False
    thread_of: str = ""
    """The channel that this thread hangs below, or ``""``."""

    @property
    def platform(self) -> str:
        return platform_of(self.id)


class Rank(enum.IntEnum):
    """The host's roles in a guild, the higher number may what the lower may (HOST-12)."""

    GUEST = 0
    MEMBER = 1
    MANAGER = 2
    ADMIN = 3
    OWNER = 4


@frozen
class Person:
    """Who said or did something. ``bot`` is true for every machine, other people's bots included."""

    id: str
    name: str = ""
    bot: bool = False
    persona: str = ""
    """The persona of this host that speaks through this account, or ``""``."""
    rank: Rank = Rank.MEMBER
    roles: tuple[str, ...] = ()
    """The platform's own role ids, for plugins that map them."""
