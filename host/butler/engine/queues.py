"""Channels take turns: one thing at a time within a channel, fair between guilds, bounded in memory (HOST-6).

Only lanes that have something exist. The ring of guilds, and in each the ring of its lanes, decides who
is next, so a burst in one guild delays no other. What does not fit into memory stays in the journal and
is read back from there when the lane gets to it.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import structlog

from butler.engine.epochs import Epochs
from butler.engine.ring import Lane, Ring
from butler.errors import StoreError
from butler.scope import Scope
from butler.store.recovery import Pending

log = structlog.get_logger("butler.queues")

PAUSE = 1.0
"""Seconds until a channel is looked for in the journal again when the store did not answer."""

SLICE = 8
"""How many things are begun in one turn of the event loop; then others have theirs: sockets, timers, the store."""
MOST_TRAILING = 256
"""So many last marks may be on their way into the store; then it is waited for."""


Tail = asyncio.Future[Any]
"""The commit of a last mark."""
Work = Callable[[Pending], Awaitable[Tail | None]]
"""Sees something through; it may leave the commit of its last mark to itself."""
Refill = Callable[[str, str, int, int], Awaitable[list[Pending]]]
"""``(guild, channel, after, limit)`` to what the journal still holds."""


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
        self._ring = Ring()
        self._held = 0
        self._runners = 0
        self._ready = 0
        self._begun = 0
        self._trailing = 0
        self._lent = 0
        self._epochs = Epochs()
        self.settled = self._epochs.settled
        self._caught_up = asyncio.Event()
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
        self._start_runner()

    def _lane(self, guild: str, channel: str) -> Lane:
        lane = self._lanes.get((guild, channel))
        if lane is None:
            lane = self._lanes[guild, channel] = Lane(guild, channel, resting=True)
            self._empty.clear()
        if lane.resting:
            lane.resting = False
            self._ring.push(lane)
            self._start_runner()
        return lane

    def _start_runner(self) -> None:
        """One more, unless one will look at the ring anyway."""
        if self._held_back or self._scope.closed or self._ready:
            return
        if self._ring and self._runners - self._lent < self._slots:
            self._runners += 1
            self._ready += 1
            self._scope.task(self._run(), "runner")

    async def _run(self) -> None:
        """One runner: it has what others do when it has to wait, since another one looks after the ring then."""
        try:
            while True:
                while self._begun >= SLICE or self._trailing >= MOST_TRAILING:
                    await self._breather()
                self._ready -= 1
                lane = self._ring.next() if self._runners - self._lent <= self._slots else None
                if lane is None:
                    return
                if not self._begun:
                    asyncio.get_running_loop().call_soon(self._turned)
                self._begun += 1
                self._start_runner()
                await self._one(lane)
                self._ready += 1
        finally:
            self._runners -= 1

    async def _breather(self) -> None:
        """The event loop has its turn, or the store catches up."""
        if self._begun >= SLICE:
            await asyncio.sleep(0)
        else:
            self._caught_up.clear()
            await self._caught_up.wait()

    def _turned(self) -> None:
        self._begun = 0

    async def _one(self, lane: Lane) -> None:
        try:
            if lane.behind or not lane.items:
                await self._read_back(lane)
            if lane.items:
                item = lane.items.popleft()
                self._held -= 1
                lane.last = max(lane.last, item.item.seq)
                await self._counted(lane, item)
        except StoreError as error:
            log.warning("a channel's queue could not be read back, tried again", reason=str(error))
            lane.spilled = lane.behind = True
            await asyncio.sleep(PAUSE)
        except Exception:  # a bug of the host: what was handled stays in the journal, the channel goes on
            log.exception("a message could not be handled, it is looked at again after a restart", seq=lane.last)
        if lane.items or lane.spilled:
            self._ring.push(lane)
        else:
            lane.resting = True
            self._forget(lane)

    async def _counted(self, lane: Lane, item: Pending) -> None:
        """See it through; the channel goes on while its last mark is being committed."""
        epoch = self._epochs.begin()
        try:
            tail = await self._work(item)
        finally:
            self._epochs.end(epoch)
        if tail is not None:
            lane.trailing += 1
            self._trailing += 1
            tail.add_done_callback(functools.partial(self._trailed, lane, lane.last))

    def _forget(self, lane: Lane) -> None:
        """Unless something of it is under way: while a last mark is, the journal still shows its message as open."""
        if lane.resting and not lane.trailing:
            del self._lanes[lane.guild, lane.channel]
            if not self._lanes:
                self._empty.set()

    def _trailed(self, lane: Lane, seq: int, tail: Tail) -> None:
        lane.trailing -= 1
        self._trailing -= 1
        self._caught_up.set()
        if not tail.cancelled() and (error := tail.exception()) is not None:
            log.error("message is kept in the journal and goes on after a restart", seq=seq, reason=str(error))
        self._forget(lane)

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
