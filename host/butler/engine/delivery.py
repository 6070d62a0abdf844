"""Replies reach their platform once, in order, whatever happens in between (HOST-5).

A row of the outbox is tried until the platform took it or refused it for good. Rows of one voice in one
channel go one after the other. A row that may have been sent before (after a crash, or when a try ended
without an answer and the platform's own memory for keys runs out) is first looked for in the channel.
A platform is a plugin's code and runs behind the fence: what it raises besides ``PlatformError`` is a fault,
and after some of them the row is given up.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import attrs
import structlog
from attrs import define, field

from butler.clock import Clock
from butler.engine.faults import Fault
from butler.errors import NotReady, PlatformError, RateLimited, StoreError
from butler.model import Sent, platform_of
from butler.platform import Platform
from butler.scope import Scope
from butler.store.journal import Journal
from butler.store.marks import Out

log = structlog.get_logger("butler.delivery")

LONGEST_PAUSE = 5.0
"""Seconds between two tries when a platform is away."""
DEADLINE = 120.0
"""Seconds that a platform may take for one try."""
MOST_FAULTS = 5
"""After so many faults of its platform a row is given up."""

PACING = 30.0
"""Up to so many seconds a wait is pacing (the time that typing takes), and what follows waits as well."""

Delivered = Callable[[Out, Sent | PlatformError], Awaitable[None]]
"""Called after each row: what the platform said, or why it was given up."""


class Guarded(Protocol):
    """The dispatcher's fence around a single call."""

    async def __call__(
        self,
        plugin: str,
        what: str,
        fn: Callable[..., Awaitable[Any]],
        *args: Any,
        guild: str,
        deadline: float,
        expected: tuple[type[Exception], ...],
        counts: bool,
    ) -> tuple[Any, Fault | None]: ...


class Faulty(NotReady):
    """The platform's code failed."""


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
        guarded: Guarded,
    ) -> None:
        self._journal = journal
        self._platforms = platforms
        self._clock = clock
        self._delivered = delivered
        self._scope = scope
        self._guarded = guarded
        self._lanes: dict[tuple[str, str], _Lane] = {}
        self._away: set[str] = set()
        self._arrived = asyncio.Event()
        self._jobs: dict[int, _Job] = {}
        self.to_people: Callable[[Out], asyncio.Future[bool]]
        """Takes what people are told unasked."""

    @property
    def waiting(self) -> int:
        """How many rows are on their way."""
        return len(self._jobs)

    def due(self, by: float) -> int:
        """How many of them are to be sent by then (seconds since 1970)."""
        return sum(job.out.not_before <= by for job in self._jobs.values())

    def offer(self, out: Out) -> asyncio.Future[bool]:
        """Send a committed row. The future is true when it was sent, false when it was given up."""
        if out.action.kind == "push":
            return self.to_people(out)
        known = self._jobs.get(out.id)
        if known is not None:
            return known.done
        job = self._jobs[out.id] = _Job(out, asyncio.get_running_loop().create_future())
        key = (out.action.channel, self._voice(out))
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = _Lane()
            self._scope.task(self._run(key, lane), f"delivery {out.action.channel}")
        lane.jobs.append(job)
        return job.done

    def _voice(self, out: Out) -> str:
        """Rows of one voice wait for each other; one that waits for long stands by itself, so that it holds up none."""
        voice = out.action.reply.persona if out.action.reply else ""
        later = out.not_before - self._clock.now().timestamp() > PACING
        return f"{voice} at {out.not_before}" if later else voice

    def words_of(self, seq: int) -> list[asyncio.Future[bool]]:
        """What personas said to a message and is still on its way."""
        return [job.done for job in self._jobs.values() if job.out.seq == seq and _is_spoken(job.out)]

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
            sent = await self._seen_through(job.out)
            lane.jobs.popleft()
            del self._jobs[job.out.id]
            if not job.done.cancelled():
                job.done.set_result(sent is not None)
        del self._lanes[key]

    async def _seen_through(self, out: Out) -> Sent | None:
        try:
            came = await self._deliver(out)
            if isinstance(came, PlatformError):
                log.warning("reply given up", out=out.id, channel=out.action.channel, reason=str(came))
            await self._delivered(out, came)
        except StoreError as error:
            log.error("reply is not marked as sent, it is looked at after a restart", out=out.id, reason=str(error))
            return None
        return came if isinstance(came, Sent) else None

    async def _deliver(self, out: Out) -> Sent | PlatformError:
        if (pause := out.not_before - self._clock.now().timestamp()) > 0:
            await asyncio.sleep(pause)
        tries = faults = 0
        while True:
            try:
                return await self._try(out, again=out.recovered or tries > 0)
            except RateLimited as error:
                await asyncio.sleep(error.retry_after)
            except Faulty as error:
                faults += 1
                if faults == MOST_FAULTS:
                    return error
                await asyncio.sleep(_pause(tries))
            except NotReady as error:
                self._is_away(out, error)
                await asyncio.sleep(_pause(tries))
            except PlatformError as error:
                return error
            tries += 1

    async def _try(self, out: Out, *, again: bool) -> Sent:
        platform = self._platforms(out.action.channel)
        if platform is None:
            await self._arrival(out)
            raise RateLimited("the platform is not connected", retry_after=0)
        key = self._journal.key_for_platform(out)
        age = self._clock.now().timestamp() - out.made
        shown = Sent(out.shown) if out.shown else None
        if shown is None and (out.drafted or (again and age >= platform.remembers(out.action) / 2)):
            since = dt.datetime.fromtimestamp(out.made, dt.UTC)
            found = await self.asked(platform, platform.look_for, out.action, key, since)
            if isinstance(found, Sent) and not out.drafted:
                return found
            shown = found
        action = attrs.evolve(out.action, kind="edit", target=shown.id) if shown else out.action
        sent = await self.asked(platform, platform.perform, action, f"{key}w" if shown else key)
        if not isinstance(sent, Sent):
            raise Faulty(f"{platform.name} answered with {type(sent).__name__}, expected Sent")
        self._is_back(out)
        return shown or sent

    async def asked(self, platform: Platform, fn: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        """Call a platform behind the fence. Raises ``PlatformError``; a fault of its code is a ``NotReady``."""
        answer, fault = await self._guarded(
            platform.name, fn.__name__, fn, *args,
            guild="", deadline=DEADLINE, expected=(PlatformError,), counts=False,
        )  # fmt: skip
        if fault is not None:
            raise Faulty(f"{fault.kind}: {fault.error} ({fault.id})")
        return answer

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


def _is_spoken(out: Out) -> bool:
    """Whether it is a persona's turn that says it."""
    reply = out.action.reply
    return bool(out.turn and out.action.kind == "send" and reply is not None and reply.persona)


def _pause(tries: int) -> float:
    return min(LONGEST_PAUSE, 0.1 * float(2 ** min(tries, 10)))
