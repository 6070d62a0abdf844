"""Pushes to people: rows of the outbox that wait until they may be said, then go the way of every reply (CORE-4)."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import heapq
from collections.abc import Callable

import structlog

from butler.clock import Clock
from butler.config.hours import over_at
from butler.engine.delivery import MOST_FAULTS, Faulty
from butler.errors import NotReady, PlatformError, RateLimited
from butler.model import platform_of
from butler.scope import Scope
from butler.services.pushes.contacts import Contacts
from butler.services.pushes.line import MINUTE, Line, Waiting
from butler.services.pushes.quiet import Quiet
from butler.services.pushes.telling import Telling
from butler.services.settings import Settings
from butler.store.journal import Journal
from butler.store.marks import Out

log = structlog.get_logger("butler.pushes")

PATIENCE = 5.0
"""Seconds until a platform that is away is asked again."""

Offer = Callable[[Out], "asyncio.Future[bool]"]


class Pushes:
    """Tells people what plugins have for them, in its time."""

    def __init__(
        self,
        *,
        journal: Journal,
        clock: Clock,
        scope: Scope,
        settings: Settings,
        contacts: Contacts,
        quiet: Quiet,
        telling: Telling,
        send: Offer,
    ) -> None:
        """``send`` delivers a row."""
        self._journal = journal
        self._clock = clock
        self._scope = scope
        self._settings = settings
        self._contacts = contacts
        self._quiet = quiet
        self._telling = telling
        self._send = send
        self._lines: dict[tuple[str, bool], Line] = {}
        self._known: dict[int, Waiting] = {}
        self._later: list[tuple[float, int]] = []
        self._woken = asyncio.Event()
        self._sleeps = False

    @property
    def waiting(self) -> int:
        """How many pushes are on their way."""
        return len(self._known)

    def offer(self, out: Out) -> asyncio.Future[bool]:
        """Take a committed row. The future is true when it was said, here or elsewhere."""
        known = self._known.get(out.id)
        if known is not None:
            return known.done
        guild = str(out.action.data.get("guild", ""))
        waiting = Waiting(out, out.action.target, guild, asyncio.get_running_loop().create_future())
        self._known[out.id] = waiting
        self._queue(waiting)
        return waiting.done

    def _queue(self, waiting: Waiting) -> None:
        ready = self._ready_at(waiting)
        if ready > self._clock.now().timestamp():
            heapq.heappush(self._later, (ready, waiting.out.id))
            self._woken.set()
            if not self._sleeps:
                self._sleeps = True
                self._scope.task(self._sleep(), "pushes that wait")
            return
        self._line(waiting).put(waiting)
        self._run_line(waiting)

    def _ready_at(self, waiting: Waiting) -> float:
        """When it may be said: not before its time, nor in somebody's night."""
        data, now = waiting.out.action.data, self._clock.now()
        ready = waiting.out.not_before
        if not data.get("asked") and not data.get("at_night"):
            told = self._settings.for_("host", waiting.guild, "", waiting.person)
            at = max(now, dt.datetime.fromtimestamp(ready, dt.UTC))
            over = over_at(told.quiet_hours, at, self._settings.zone(waiting.guild, "", waiting.person))
            ready = over.timestamp() if over else ready
        return ready

    async def _sleep(self) -> None:
        try:
            while self._later:
                self._woken.clear()
                pause = self._later[0][0] - self._clock.now().timestamp()
                if pause > 0:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(pause):
                            await self._woken.wait()
                    continue
                _, number = heapq.heappop(self._later)
                if number in self._known:
                    self._queue(self._known[number])
        finally:
            self._sleeps = False

    # --- lines ----------------------------------------------------------------------------------

    def _key(self, waiting: Waiting) -> tuple[str, bool]:
        contact = self._contacts.of(waiting.person)
        return platform_of(waiting.person), not contact.channel

    def _line(self, waiting: Waiting) -> Line:
        key = self._key(waiting)
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = Line()
            since = self._clock.now().timestamp() - MINUTE
            there = [each for each in self._contacts if platform_of(each.person) == key[0]]
            times = [each.opened if key[1] else each.pushed for each in there]
            line.told.extend(sorted(time for time in times if time > since))
        return line

    def _run_line(self, waiting: Waiting) -> None:
        key, line = self._key(waiting), self._line(waiting)
        if not line.running:
            line.running = True
            self._scope.task(self._run(key, line), f"pushes {key[0]}")

    async def _run(self, key: tuple[str, bool], line: Line) -> None:
        try:
            while line.guilds:
                told = self._settings.for_("host")
                most = told.push_new_per_minute if key[1] else told.push_per_minute
                pause = line.room_in(self._clock.now().timestamp(), most)
                if pause > 0:
                    await asyncio.sleep(pause)
                elif waiting := line.take():
                    await self._one(waiting, line, opens=key[1])
        finally:
            line.running = False

    async def _one(self, waiting: Waiting, line: Line, *, opens: bool) -> None:
        if reason := self._unwanted(waiting):
            await self._leave_out(waiting, reason)
        elif self._ready_at(waiting) > self._clock.now().timestamp() or (
            opens and self._contacts.of(waiting.person).channel
        ):
            self._queue(waiting)
        else:
            await self._tell(waiting, line)

    def _unwanted(self, waiting: Waiting) -> str:
        if not waiting.out.action.data.get("asked") and self._quiet.is_wanted(waiting.person):
            return "they want to be told nothing that they did not ask for"
        return ""

    # --- one push -------------------------------------------------------------------------------

    async def _tell(self, waiting: Waiting, line: Line) -> None:
        now = self._clock.now().timestamp()
        line.told.append(now)  # platforms count what they refuse, too
        try:
            channel = await self._telling.channel(waiting.out, waiting.guild)
        except NotReady as error:
            waiting.faults += isinstance(error, Faulty)
            if waiting.faults < MOST_FAULTS:
                line.paused = now + (error.retry_after if isinstance(error, RateLimited) else PATIENCE)
                line.put(waiting, first=True)
            else:
                await self.failed(waiting.out, error)
            return
        except PlatformError as error:
            await self.failed(waiting.out, error)
            return
        self._contacts.pushed(waiting.person)
        out = await self._telling.ready(waiting.out, channel)
        self._send(out).add_done_callback(lambda sent: self._sent(waiting, sent))

    def _sent(self, waiting: Waiting, sent: asyncio.Future[bool]) -> None:
        self._known.pop(waiting.out.id, None)
        if not waiting.done.done() and not sent.cancelled():
            waiting.done.set_result(sent.result())

    async def _leave_out(self, waiting: Waiting, reason: str) -> None:
        log.info("push left out", plugin=waiting.out.owner, reason=reason)
        await self._journal.given_up(waiting.out, reason)
        self._end(waiting, said=False)

    def _end(self, waiting: Waiting, *, said: bool) -> None:
        self._known.pop(waiting.out.id, None)
        if not waiting.done.done():
            waiting.done.set_result(said)

    async def failed(self, out: Out, error: PlatformError) -> None:
        """A person cannot be told: that is no fault. It is said elsewhere where that is wanted, and not tried again."""
        said = await self._telling.unreachable(out, error)
        waiting = self._known.get(out.id)
        if waiting is not None:
            self._end(waiting, said=said)

    async def export_person(self, person: str) -> list[str]:
        """How many things wait to be said to an account."""
        return [each.out.key for each in self._known.values() if each.person == person]

    async def forget_person(self, person: str, _: str) -> int:
        """What waits for an account is not said any more; its rows go with the outbox."""
        mine = [each for each in self._known.values() if each.person == person]
        for line in self._lines.values():
            line.drop(person)
        for waiting in mine:
            self._end(waiting, said=False)
        return len(mine)
