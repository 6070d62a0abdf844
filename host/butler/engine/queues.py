"""Channels take turns: one thing at a time within a channel, fair between guilds, bounded in memory (HOST-6).

Only lanes that have something exist. The ring of guilds, and in each the ring of its lanes, decides who
is next, so a burst in one guild delays no other. What does not fit into memory stays in the journal and
is read back from there when the lane gets to it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog
from attrs import define, field

from butler.errors import StoreError
from butler.scope import Scope
from butler.store.recovery import Pending

log = structlog.get_logger("butler.queues")

PAUSE = 1.0
"""Seconds until a channel is looked for in the journal again when the store did not answer."""

Work = Callable[[Pending], Awaitable[None]]
Refill = Callable[[str, str, int, int], Awaitable[list[Pending]]]
"""``(guild, channel, after, limit)`` to what the journal still holds."""


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


class Queues:
    """Hands what waits to ``work``, at most ``slots`` at once; a slot can be lent while waiting for a model."""

    def __init__(
        self,
        work: Work,
        refill: Refill,
        scope: Scope,
        *,
        slots: int = 64,
        per_lane: int = 100,
        total: int = 5_000,
        lent: int = 2_000,
    ) -> None:
        self._work = work
        self._refill = refill
        self._scope = scope
        self._slots = slots
        self._per_lane = per_lane
        self._total = total
        self._most_lent = lent
        self._lanes: dict[tuple[str, str], Lane] = {}
        self._ring: OrderedDict[str, deque[Lane]] = OrderedDict()
        self._held = 0
        self._runners = 0
        self._lent = 0
        self._epoch = 0
        self._under_way: dict[int, int] = {}
        self._settled = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._held_back = False

    @property
    def waiting(self) -> int:
        """How many things wait in memory."""
        return self._held

    @property
    def active(self) -> int:
        """How many channels have something waiting or under way."""
        return len(self._lanes)

    async def drained(self) -> None:
        """Return once nothing waits and nothing is under way."""
        await self._empty.wait()

    def is_busy(self, guild: str, channel: str) -> bool:
        """Whether something waits or is under way in a channel: what a console shows as thinking."""
        return (guild, channel) in self._lanes

    def put(self, guild: str, channel: str, item: Pending) -> None:
        """Queue something that the journal holds; beyond the bounds only the journal keeps it."""
        lane = self._lane(guild, channel)
        if item.item.seq in lane.read:
            return
        if lane.spilled or len(lane.items) >= self._per_lane or self._held >= self._total:
            if not lane.spilled:
                log.info("a channel's queue is full, what comes now waits in the journal", channel=channel)
            lane.spilled = True
        else:
            lane.items.append(item)
            self._held += 1

    def hold(self) -> None:
        """Hand nothing over until :meth:`release`: what came before a start is to be woken first."""
        self._held_back = True

    def wake(self, guild: str, channel: str) -> None:
        """Have a channel read from the journal, after a start; it may hold older things than came since."""
        lane = self._lane(guild, channel)
        lane.spilled = lane.behind = True

    def release(self) -> None:
        """Hand over what waits, and all that comes."""
        self._held_back = False
        for _ in range(min(len(self._lanes), self._slots)):
            self._start_runner()

    def _lane(self, guild: str, channel: str) -> Lane:
        lane = self._lanes.get((guild, channel))
        if lane is None:
            lane = self._lanes[guild, channel] = Lane(guild, channel)
            self._empty.clear()
            self._push(lane)
            self._start_runner()
        return lane

    def _push(self, lane: Lane) -> None:
        """To the end of its guild's ring."""
        self._ring.setdefault(lane.guild, deque()).append(lane)

    def _start_runner(self) -> None:
        if self._held_back or self._scope.closed:
            return
        if self._ring and self._runners - self._lent < self._slots:
            self._runners += 1
            self._scope.task(self._run(), "runner")

    def _next(self) -> Lane | None:
        if not self._ring:
            return None
        guild, lanes = self._ring.popitem(last=False)
        lane = lanes.popleft()
        if lanes:
            self._ring[guild] = lanes
        return lane

    async def _run(self) -> None:
        try:
            while self._runners - self._lent <= self._slots and (lane := self._next()):
                await self._one(lane)
        finally:
            self._runners -= 1

    async def _one(self, lane: Lane) -> None:
        try:
            if lane.behind or not lane.items:
                await self._read_back(lane)
            if lane.items:
                item = lane.items.popleft()
                self._held -= 1
                lane.last = max(lane.last, item.item.seq)
                await self._counted(item)
        except StoreError as error:
            log.warning("a channel's queue could not be read back, tried again", reason=str(error))
            lane.spilled = lane.behind = True
            await asyncio.sleep(PAUSE)
        except Exception:  # a bug of the host: what was handled stays in the journal, the channel goes on
            log.exception("a message could not be handled, it is looked at again after a restart", seq=lane.last)
        self._put_back(lane)

    def _put_back(self, lane: Lane) -> None:
        """It has its turn again, or is forgotten."""
        if lane.items or lane.spilled:
            self._push(lane)
        else:
            del self._lanes[lane.guild, lane.channel]
            if not self._lanes:
                self._empty.set()

    async def _counted(self, item: Pending) -> None:
        """See it through, counted among those that began since the last switch."""
        epoch = self._epoch
        self._under_way[epoch] = self._under_way.get(epoch, 0) + 1
        try:
            await self._work(item)
        finally:
            self._under_way[epoch] -= 1
            if not self._under_way[epoch] and epoch != self._epoch:
                del self._under_way[epoch]
                self._settled.set()

    async def settled(self) -> None:
        """Return once everything that is under way now has ended, so that a switch falls between two messages."""
        mine, self._epoch = self._epoch, self._epoch + 1
        if not self._under_way.get(mine):
            self._under_way.pop(mine, None)
        while any(epoch <= mine for epoch in self._under_way):
            self._settled.clear()
            await self._settled.wait()

    async def _read_back(self, lane: Lane) -> None:
        lane.spilled = lane.behind = False
        found = await self._refill(lane.guild, lane.channel, lane.last, self._per_lane)
        newest = found[-1].item.seq if found else 0
        lane.read = frozenset(pending.item.seq for pending in found)
        if len(found) == self._per_lane:
            lane.spilled = True
            self._held -= len(lane.items)
            lane.items.clear()
        while lane.items and lane.items[0].item.seq <= newest:
            lane.items.popleft()
            self._held -= 1
        lane.items.extendleft(reversed(found))
        self._held += len(found)

    @contextlib.asynccontextmanager
    async def lend(self) -> AsyncIterator[None]:
        """Give the slot to others while waiting for something slow (a model, a delivery)."""
        if self._lent >= self._most_lent:
            yield
            return
        self._lent += 1
        self._start_runner()
        try:
            yield
        finally:
            self._lent -= 1
