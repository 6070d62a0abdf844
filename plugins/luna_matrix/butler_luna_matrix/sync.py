"""Listening: from the last known point on, without a gap, each event handed over before the point moves (LUNA-2).

The promise. ``receive`` returns once an event is journaled, and drops what it knows by id. The sync token
is written only after every event that it covers was received. So the token is never ahead of the messages:
a crash in between delivers some of them again, which the journal drops, and none is lost.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, Protocol

import structlog
from butler.clock import Clock
from butler.errors import NotReady, PlatformError, RateLimited
from butler.platform import Receive

from butler_luna_matrix.connection import Connection, TokenRejected
from butler_luna_matrix.incoming import Incoming
from butler_luna_matrix.invites import Invites
from butler_luna_matrix.rooms import Rooms
from butler_luna_matrix.settings import Settings

log = structlog.get_logger("butler.luna_matrix")

JSON = dict[str, Any]

LONGEST_PAUSE = 5.0
"""Seconds between two tries while the homeserver is away."""
REFUSED_PAUSE = 60.0
"""Seconds between two tries after it refused the login for good."""
PAGE = 250
"""Events in one page of a gap."""
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
        connection: Connection,
        settings: Settings,
        clock: Clock,
        rooms: Rooms,
        incoming: Incoming,
        invites: Invites,
        point: Point,
        receive: Receive,
        relogin: Callable[[], Awaitable[None]],
        read: Callable[[str, str], None] | None = None,
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._clock = clock
        self._rooms = rooms
        self._incoming = incoming
        self._invites = invites
        self._point = point
        self._receive = receive
        self._relogin = relogin
        self._read = read
        self._slots = asyncio.Semaphore(SIDE_BY_SIDE)
        self._token = ""
        self._typing: dict[str, set[str]] = {}
        self.trouble = ""
        """Why it does not listen now, or ``""``."""

    async def begin(self) -> None:
        """Read which rooms there are and where to go on. The first time that is now: what was said before stays unanswered.

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
        tries, gone_at = 0, 0.0
        while True:
            try:
                await self._once()
            except PlatformError as error:
                if not self.trouble:
                    gone_at = self._clock.monotonic()
                    log.warning("matrix is away", reason=str(error))
                self.trouble = str(error)
                await asyncio.sleep(await self._recover(error, tries))
                tries += 1
                continue
            if self.trouble:
                log.info("matrix is back", seconds=round(self._clock.monotonic() - gone_at, 1))
            tries, self.trouble = 0, ""

    async def _recover(self, error: PlatformError, tries: int) -> float:
        """How long to wait before the next try; a rejected token is renewed at once."""
        if isinstance(error, TokenRejected):
            try:
                await self._relogin()
            except NotReady:
                return LONGEST_PAUSE
            except PlatformError as refused:
                if self.trouble != str(refused):
                    log.error("matrix lets us in no more", reason=str(refused))
                self.trouble = str(refused)
                return REFUSED_PAUSE
            return 0.0
        if isinstance(error, RateLimited):
            return error.retry_after
        return min(LONGEST_PAUSE, 0.1 * 2 ** min(tries, 10))

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
        for item in _events(news.get("account_data")):
            if item.get("type") == "m.direct":
                self._direct(item.get("content"))
        rooms = news.get("rooms") or {}
        self._rooms.joined |= set(rooms.get("join") or ())
        await self._invited(news)
        parts = [(room, part, False) for room, part in (rooms.get("leave") or {}).items()]
        parts += [(room, part, True) for room, part in (rooms.get("join") or {}).items()]
        outcomes = await asyncio.gather(*(self._room(*part) for part in parts), return_exceptions=True)
        for outcome in outcomes:
            if outcome is not None:
                raise outcome
        await self._settle(news)

    async def _settle(self, news: JSON) -> None:
        token = news.get("next_batch")
        if not isinstance(token, str):
            raise NotReady("the homeserver answered a sync with something else")
        if token != self._token:
            await self._point.settle(token)
            self._token = token

    async def _room(self, room_id: str, part: JSON, member: bool) -> None:
        async with self._slots:
            timeline = part.get("timeline") or {}
            events = _events(timeline)
            try:
                if member or room_id in self._rooms.joined:
                    await self._timeline(room_id, timeline, events, _events(part.get("state")))
                await self._typers(room_id, _events(part.get("ephemeral")))
            except NotReady:
                raise
            except PlatformError as error:
                # we were put out, or the room is broken: the others must not wait for it
                log.warning("a room cannot be read", room=room_id, reason=str(error))
            if not member:
                self._rooms.joined.discard(room_id)
                self._rooms.forget(room_id)

    async def _timeline(self, room_id: str, timeline: JSON, events: list[JSON], state: list[JSON]) -> None:
        joined = self._own_join(events)
        if joined is not None:
            self._rooms.forget(room_id)
            events = events[joined:]
        elif timeline.get("limited"):
            await self._gap(room_id, str(timeline.get("prev_batch", "")))
            room = self._rooms.known(room_id)
            for item in state if room else ():
                room.apply(item)
        for raw in events:
            await self._hand_over(room_id, raw)
        if events and self._read is not None and isinstance(events[-1].get("event_id"), str):
            self._read(room_id, events[-1]["event_id"])

    async def _gap(self, room_id: str, until: str) -> None:
        """Hand over what lies between the last sync and this one's timeline, oldest first, page by page."""
        joined = ""
        own = {"types": ["m.room.member"], "senders": [self._connection.user_id], "lazy_load_members": True}
        async for page in self._pages(room_id, "b", until, self._token, own):
            found = self._own_join(list(reversed(page)))
            if found is not None:
                joined = page[-1 - found]["event_id"]
                break
        async for page in self._pages(room_id, "f", self._token, until, {"lazy_load_members": True}):
            for raw in page:
                if joined and raw.get("event_id") != joined:
                    continue  # from before we came
                joined = ""
                await self._hand_over(room_id, raw)

    async def _pages(
        self, room_id: str, direction: str, start: str, end: str, which: JSON
    ) -> AsyncIterator[list[JSON]]:
        while True:
            query = {"dir": direction, "from": start, "to": end, "limit": str(PAGE), "filter": json.dumps(which)}
            page = await self._connection.ask("GET", "rooms", room_id, "messages", query=query)
            chunk = [item for item in page.get("chunk", ()) if isinstance(item, dict)]
            if chunk:
                yield chunk
            if not isinstance(page.get("end"), str) or page["end"] in {start, end}:
                return
            start = page["end"]

    def _own_join(self, events: list[JSON]) -> int | None:
        """Where in a row of events we came into the room, the last time."""
        for index in range(len(events) - 1, -1, -1):
            raw = events[index]
            if raw.get("type") == "m.room.member" and raw.get("state_key") == self._connection.user_id:
                before = ((raw.get("unsigned") or {}).get("prev_content") or {}).get("membership")
                if (raw.get("content") or {}).get("membership") == "join" and before != "join":
                    return index
        return None

    async def _hand_over(self, room_id: str, raw: JSON) -> None:
        for item in await self._incoming.happened(room_id, raw):
            await self._receive(item)

    async def _typers(self, room_id: str, ephemeral: Iterable[JSON]) -> None:
        for item in ephemeral:
            if item.get("type") == "m.typing":
                users = set((item.get("content") or {}).get("user_ids") or ())
                begun = users - self._typing.pop(room_id, set())
                if users:
                    self._typing[room_id] = users
                for event in await self._incoming.typing(room_id, sorted(begun), self._clock.now()):
                    await self._receive(event)

    async def _invited(self, news: JSON) -> None:
        for room_id, part in ((news.get("rooms") or {}).get("invite") or {}).items():
            event = await self._invites.decide(room_id, _events(part.get("invite_state")), self._clock.now())
            if event is not None:
                await self._receive(event)

    def _direct(self, content: Any) -> None:
        lists = content.values() if isinstance(content, dict) else ()
        self._rooms.direct = {
            room for rooms in lists if isinstance(rooms, list) for room in rooms if isinstance(room, str)
        }

    async def _account_data(self, kind: str) -> Any:
        try:
            return await self._connection.ask("GET", "user", self._connection.user_id, "account_data", kind)
        except NotReady:
            raise
        except PlatformError:  # never set
            return {}


def _events(part: Any) -> list[JSON]:
    events = part.get("events") if isinstance(part, dict) else None
    return [item for item in events if isinstance(item, dict)] if isinstance(events, list) else []
