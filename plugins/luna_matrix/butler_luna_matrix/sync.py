"""Listening: from the last known point on, each event handed over before the point moves (LUNA-2).

The promise. ``receive`` returns once an event is journaled, and drops what it knows by id. The sync token
is written only after every event that it covers was received. So the token is never ahead of the messages:
a crash in between delivers some of them again, which the journal drops, and none is lost.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import structlog
from butler import Clock, NotReady, PlatformError, RateLimited, Receive, StoreError

from butler_luna_matrix.connection import Connection, TokenRejected
from butler_luna_matrix.contents import events_of, inner, texts
from butler_luna_matrix.invites import Invites
from butler_luna_matrix.rooms import Rooms
from butler_luna_matrix.settings import Settings
from butler_luna_matrix.timelines import Timelines

log = structlog.get_logger("butler.luna_matrix")

JSON = dict[str, Any]

LONGEST_PAUSE = 5.0
"""Seconds between two tries while the homeserver is away."""
REFUSED_PAUSE = 60.0
"""Seconds between two tries after it refused the login for good."""
SIDE_BY_SIDE = 16
"""So many rooms are worked off at once; within a room one event after the other."""


class Point(Protocol):
    """Where the sync goes on after a restart."""

    async def token(self) -> str:
        """The token of the last sync whose events are all journaled; ``""`` before the first."""

    async def settle(self, token: str) -> None:
        """Keep it: everything up to there is journaled."""


class Sync:
    """The loop that listens for one account. :meth:`begin` finds the point to go on from, :meth:`run` never ends."""

    def __init__(
        self,
        *,
        connection: Connection,
        settings: Settings,
        clock: Clock,
        rooms: Rooms,
        timelines: Timelines,
        invites: Invites,
        point: Point,
        receive: Receive,
        relogin: Callable[[], Awaitable[None]],
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._clock = clock
        self._rooms = rooms
        self._timelines = timelines
        self._invites = invites
        self._point = point
        self._receive = receive
        self._relogin = relogin
        self._slots = asyncio.Semaphore(SIDE_BY_SIDE)
        self._token = ""
        self._since = 0.0
        self.trouble = ""
        """Why it does not listen now, or ``""``."""

    async def begin(self) -> None:
        """Read which rooms there are and where to go on: the first time now, what was said before stays unanswered.

        Raises ``NotReady`` or ``PlatformError``.
        """
        self._rooms.joined |= set((await self._connection.ask("GET", "joined_rooms")).get("joined_rooms", ()))
        self._direct(await self._account_data("m.direct"))
        self._token = await self._point.token()
        if not self._token:
            nothing = {"room": {"timeline": {"limit": 1}, "state": {"types": []}, "ephemeral": {"types": []}}}
            news = await self._connection.ask("GET", "sync", query={"filter": json.dumps(nothing)})
            await self._invited(news)
            await self._settle(news)

    async def run(self) -> None:
        """Listen until cancelled; one line when the homeserver goes away, one when it is back."""
        tries = 0
        while True:
            try:
                await self._once()
            except (PlatformError, StoreError) as error:
                await asyncio.sleep(await self._fell(error, tries))
                tries += 1
            else:
                self._stands()
                tries = 0

    async def _fell(self, error: PlatformError | StoreError, tries: int) -> float:
        """Say that it does not listen, once; returns how long to wait before the next try."""
        if isinstance(error, TokenRejected):
            return await self._renew()
        if not self.trouble:
            self._since = self._clock.monotonic()
            log.warning("matrix is not listened to", reason=str(error))
        self.trouble = str(error)
        return error.retry_after if isinstance(error, RateLimited) else min(LONGEST_PAUSE, 0.1 * 2 ** min(tries, 10))

    def _stands(self) -> None:
        if self.trouble:
            log.info("matrix is listened to again", seconds=round(self._clock.monotonic() - self._since, 1))
        self.trouble = ""

    async def _renew(self) -> float:
        """The homeserver forgot our token: log in again, at once."""
        if not self.trouble:
            self._since = self._clock.monotonic()
            log.warning("access token rejected, logging in again", user=self._settings.user)
        try:
            await self._relogin()
        except NotReady as error:
            self.trouble = str(error)
            return LONGEST_PAUSE
        except PlatformError as error:
            if self.trouble != str(error):
                log.error("matrix lets us in no more", reason=str(error))
            self.trouble = str(error)
            return REFUSED_PAUSE
        return 0.0

    async def _once(self) -> None:
        wait = 0.0 if self.trouble else self._settings.poll_timeout
        which = {
            "presence": {"types": []},
            "room": {
                "timeline": {"limit": self._settings.timeline_limit},
                "state": {"lazy_load_members": True},
                "ephemeral": {"types": ["m.typing"]},
                "account_data": {"types": []},
            },
        }
        query = {"since": self._token, "timeout": str(int(wait * 1000)), "filter": json.dumps(which)}
        await self._digest(await self._connection.ask("GET", "sync", query=query, wait=wait))

    async def _digest(self, news: JSON) -> None:
        if self._connection.crypto is not None:
            await self._connection.crypto.absorb(news)
        for item in events_of(news.get("account_data")):
            if item.get("type") == "m.direct":
                self._direct(item.get("content"))
        joined, left = inner(news, "rooms", "join"), inner(news, "rooms", "leave")
        self._rooms.joined |= set(joined)
        await self._invited(news)
        work = [self._in_turn(self._timelines.left, room, part) for room, part in left.items()]
        work += [self._in_turn(self._timelines.joined, room, part) for room, part in joined.items()]
        for outcome in await asyncio.gather(*work, return_exceptions=True):
            if outcome is not None:
                raise outcome
        await self._settle(news)

    async def _in_turn(self, work: Callable[[str, JSON, str], Awaitable[None]], room: str, part: JSON) -> None:
        async with self._slots:
            await work(room, part, self._token)

    async def _settle(self, news: JSON) -> None:
        token = news.get("next_batch")
        if not isinstance(token, str):
            raise NotReady("the homeserver answered a sync with something else")
        if token != self._token:
            await self._point.settle(token)
            self._token = token

    async def _invited(self, news: JSON) -> None:
        for room_id, part in inner(news, "rooms", "invite").items():
            event = await self._invites.decide(room_id, events_of(part.get("invite_state")), self._clock.now())
            if event is not None:
                await self._receive(event)

    def _direct(self, content: Any) -> None:
        lists = content.values() if isinstance(content, dict) else ()
        self._rooms.direct = {room for rooms in lists for room in texts(rooms)}

    async def _account_data(self, kind: str) -> Any:
        try:
            return await self._connection.ask("GET", "user", self._connection.user_id, "account_data", kind)
        except NotReady:
            raise
        except PlatformError:  # never set
            return {}
