"""A guild, its channels and roles, as small as they can be."""

from __future__ import annotations

from attrs import define, field
from butler import Channel, Guild

from butler_discord.ids import ours
from butler_discord.permissions import Overwrite

THREADS = frozenset({10, 11, 12})
VOICES = frozenset({2, 13})
TALK = frozenset({0, 2, 5, 10, 11, 12, 13})
"""The kinds of channels in which there are messages."""
DIRECT = frozenset({1, 3})


@define(eq=False)
class Room:
    """A channel or thread of a guild."""

    id: int
    kind: int
    name: str
    parent: int = 0
    age_restricted: bool = False
    overwrites: tuple[Overwrite, ...] = ()
    last: int = 0
    """The id of the last message in it, as Discord told it."""
    shown: Channel | None = None
    """What the host is told of it, made when first needed."""


@define(eq=False)
class Known:
    """A guild."""

    id: int
    name: str
    owner: int = 0
    members: int = 0
    boosts: int = 0
    hall: int = 0
    """The channel in which Discord itself says who joins, if there is one."""
    roles: dict[int, int] = field(factory=dict)
    role_names: dict[int, str] = field(factory=dict)
    role_places: dict[int, int] = field(factory=dict)
    """How high each role stands."""
    rooms: dict[int, Room] = field(factory=dict)
    held: tuple[int, ...] = ()
    """The bot's own roles."""
    generation: int = 0
    """Rises with each change of a role: what people rank is computed anew."""
    voice: dict[int, int] = field(factory=dict)
    """Who is in which voice channel."""
    accepted: bool = True
    since: int = 0
    """What was said before this id is of no interest."""
    shown: Guild | None = None

    def guild(self) -> Guild:
        """As the host knows it."""
        if self.shown is None:
            self.shown = Guild(ours(self.id), self.name)
        return self.shown
