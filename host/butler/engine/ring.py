"""Whose turn it is: guilds one after the other, in each its channels one after the other (HOST-6)."""

from __future__ import annotations

from collections import OrderedDict, deque

from attrs import define, field

from butler.store.recovery import Pending


@define(eq=False)
class Lane:
    """What waits in one channel."""

    guild: str
    channel: str
    items: deque[Pending] = field(factory=deque)
    spilled: bool = False
    """More waits in the journal than in memory."""
    behind: bool = False
    """What waits in the journal may be older than what is in memory."""
    last: int = 0
    """The highest number that was taken out."""
    read: frozenset[int] = frozenset()
    """The numbers that were last read from the journal; they may be put once more, by whoever journaled them."""
    trailing: int = 0
    """How many last marks are being committed."""
    resting: bool = False
    """Nothing waits and nothing is under way but last marks."""


class Ring:
    """The lanes in which something waits, and in which order they have their turn; so no guild delays another."""

    def __init__(self) -> None:
        self._guilds: OrderedDict[str, deque[Lane]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._guilds)

    def push(self, lane: Lane) -> None:
        """To the end of its guild's lanes."""
        self._guilds.setdefault(lane.guild, deque()).append(lane)

    def next(self) -> Lane | None:
        """The lane whose turn it is; it is not in the ring any more. Its guild goes to the end."""
        if not self._guilds:
            return None
        guild, lanes = self._guilds.popitem(last=False)
        lane = lanes.popleft()
        if lanes:
            self._guilds[guild] = lanes
        return lane
