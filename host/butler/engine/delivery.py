"""Replies reach their platform once, in order, whatever happens in between (HOST-5).

A row of the outbox is tried until the platform took it or refused it for good. Rows of one voice in one
channel go one after the other. A row that may have been sent before (after a crash, or when a try ended
without an answer and the platform's own memory for keys runs out) is first looked for in the channel.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import structlog
from attrs import define, field

from butler.clock import Clock
from butler.errors import NotReady, PlatformError, RateLimited
from butler.model import Sent, platform_of
from butler.platform import Platform
from butler.scope import Scope
from butler.store.journal import Journal
from butler.store.marks import Out

log = structlog.get_logger("butler.delivery")

LONGEST_PAUSE = 5.0
"""Seconds between two tries when a platform is away."""

Delivered = Callable[[Out, Sent | None], Awaitable[None]]
"""Called after each row: what the platform said, or ``None`` if it was given up."""


@define(eq=False)
class _Job:
    out: Out
    done: asyncio.Future[bool]


@define(eq=False)
class _Lane:
    jobs: deque[_Job] = field(factory=deque)


class Delivery:
    """Sends the rows of the outbox; :meth:`offer` gives a future for each row."""

    def __init__(
        self,
        journal: Journal,
        platforms: Callable[[str], Platform | None],
        clock: Clock,
        delivered: Delivered,
        scope: Scope,
    ) -> None:
        self._journal = journal
        self._platforms = platforms
        self._clock = clock
        self._delivered = delivered
        self._scope = scope
        self._lanes: dict[tuple[str, str], _Lane] = {}
        self._away: set[str] = set()
        self._arrived = asyncio.Event()
        self._jobs: dict[int, _Job] = {}

    @property
    def waiting(self) -> int:
        """How many rows are on their way."""
        return len(self._jobs)

    def due(self, by: float) -> int:
        """How many of them are to be sent by then (seconds since 1970)."""
        return sum(job.out.not_before <= by for job in self._jobs.values())

    def offer(self, out: Out) -> asyncio.Future[bool]:
        """Send a committed row. The future is true when it was sent, false when it was given up."""
        known = self._jobs.get(out.id)
        if known is not None:
            return known.done
        job = self._jobs[out.id] = _Job(out, asyncio.get_running_loop().create_future())
        voice = out.action.reply.persona if out.action.reply else ""
        key = (out.action.channel, voice)
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = _Lane()
            self._scope.task(self._run(key, lane), f"delivery {out.action.channel}")
        lane.jobs.append(job)
        return job.done

    async def finished(self, number: int) -> None:
        """Return once a row is not on its way any more."""
        job = self._jobs.get(number)
        if job is not None:
            await job.done

    def platform_arrived(self) -> None:
        """A platform was connected: what waits for it goes on."""
        self._arrived.set()
        self._arrived = asyncio.Event()

    async def _run(self, key: tuple[str, str], lane: _Lane) -> None:
        while lane.jobs:
            job = lane.jobs[0]
            sent = await self._deliver(job.out)
            await self._delivered(job.out, sent)
            lane.jobs.popleft()
            del self._jobs[job.out.id]
            if not job.done.cancelled():
                job.done.set_result(sent is not None)
        del self._lanes[key]

    async def _deliver(self, out: Out) -> Sent | None:
        if (pause := out.not_before - self._clock.now().timestamp()) > 0:
            await asyncio.sleep(pause)
        tries = 0
        while True:
            try:
                return await self._try(out, again=out.recovered or tries > 0)
            except RateLimited as error:
                await asyncio.sleep(error.retry_after)
            except NotReady as error:
                self._is_away(out, error)
                await asyncio.sleep(min(LONGEST_PAUSE, 0.1 * 2**tries))
            except PlatformError as error:
                log.warning("reply given up", out=out.id, channel=out.action.channel, reason=str(error))
                await self._journal.given_up(out, str(error))
                return None
            tries += 1

    async def _try(self, out: Out, *, again: bool) -> Sent:
        platform = self._platforms(out.action.channel)
        if platform is None:
            await self._arrival(out)
            raise RateLimited("the platform is not connected", retry_after=0)
        key = self._journal.key_for_platform(out)
        age = self._clock.now().timestamp() - out.made
        if again and age >= platform.dedupe_window / 2:
            found = await platform.find(key, out.action.channel)
            if found is not None:
                return found
        sent = await platform.perform(out.action, key)
        self._is_back(out)
        return sent

    async def _arrival(self, out: Out) -> None:
        name = platform_of(out.action.channel)
        if name not in self._away:
            self._away.add(name)
            log.info("replies wait for a platform that is not connected", platform=name)
        await self._arrived.wait()

    def _is_away(self, out: Out, error: Exception) -> None:
        """One line when a platform goes, one when it is back (log once)."""
        name = platform_of(out.action.channel)
        if name not in self._away:
            self._away.add(name)
            log.warning("platform does not take replies, they wait", platform=name, reason=str(error))

    def _is_back(self, out: Out) -> None:
        name = platform_of(out.action.channel)
        if name in self._away:
            self._away.discard(name)
            log.info("platform takes replies again", platform=name)
