"""What one sync says about a room, handed over in order and without a gap (LUNA-2)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any

import structlog
from butler import Clock, NotReady, PlatformError, Receive

from butler_luna_matrix.contents import events_of, inner, texts
from butler_luna_matrix.incoming import Happened, Incoming
from butler_luna_matrix.line import Line
from butler_luna_matrix.rooms import Rooms

log = structlog.get_logger("butler.luna_matrix")

JSON = dict[str, Any]
Seen = Callable[[str, str], None]
"""Told the room and the last event of it that is journaled."""
Noticed = Callable[[str, JSON], Awaitable[None]]
"""Told the room and each raw event of it, before the host is."""

PAGE = 250
"""Events in one page of a gap."""


class Timelines:
    """Hands the events of rooms to the host, each after the one before it is journaled."""

    def __init__(
        self,
        *,
        line: Line,
        rooms: Rooms,
        incoming: Incoming,
        receive: Receive,
        clock: Clock,
        seen: Seen | None,
        noticed: Noticed,
    ) -> None:
        self._line = line
        self._rooms = rooms
        self._incoming = incoming
        self._receive = receive
        self._clock = clock
        self._seen = seen
        self._noticed = noticed
        self._typing: dict[str, set[str]] = {}

    async def joined(self, room_id: str, part: JSON, since: str) -> None:
        """A room that we are in. Raises ``NotReady`` when the homeserver does not answer in between."""
        try:
            await self._timeline(room_id, part, since)
            await self.typers(room_id, events_of(part.get("ephemeral")))
        except NotReady:
            raise
        except PlatformError as error:
            # we were put out just now, or the room is broken: the others must not wait for it
            log.warning("a room cannot be read", room=room_id, reason=str(error))

    async def left(self, room_id: str, part: JSON, since: str) -> None:
        """A room that we left or were put out of: what was said before that. Declining an invitation says nothing."""
        ours = [item for item in events_of(part.get("timeline")) if self._is_own_membership(item)]
        if any(_membership_before(item) == "join" for item in ours):
            await self.joined(room_id, part, since)
        self._rooms.joined.discard(room_id)
        self._rooms.forget(room_id)
        self._typing.pop(room_id, None)

    async def _timeline(self, room_id: str, part: JSON, since: str) -> None:
        timeline = inner(part, "timeline")
        events = events_of(timeline)
        joined = self._own_join(events)
        if joined is not None:
            self._rooms.forget(room_id)
            events = events[joined:]
        elif timeline.get("limited"):
            await self._gap(room_id, since, str(timeline.get("prev_batch", "")))
            room = self._rooms.known(room_id)
            if room is not None:
                for item in events_of(part.get("state")):
                    room.apply(item)
        for raw in events:
            await self.hand_over(room_id, raw)
        if events and self._seen is not None and isinstance(events[-1].get("event_id"), str):
            self._seen(room_id, events[-1]["event_id"])

    async def _gap(self, room_id: str, since: str, until: str) -> None:
        """What lies between the last sync and this one's timeline, oldest first; not what was before we came."""
        joined = await self._joined_between(room_id, since, until)
        async for page in self._pages(room_id, "f", since, until, {"lazy_load_members": True}):
            for raw in page:
                if joined and raw.get("event_id") != joined:
                    continue
                joined = ""
                await self.hand_over(room_id, raw)

    async def _joined_between(self, room_id: str, since: str, until: str) -> str:
        """The event by which we came into the room in a gap, or ``""`` when we were in it before."""
        own = {"types": ["m.room.member"], "senders": [self._line.user_id], "lazy_load_members": True}
        async for page in self._pages(room_id, "b", until, since, own):
            found = self._own_join(page[::-1])
            if found is not None:
                return str(page[::-1][found]["event_id"])
        return ""

    async def _pages(
        self, room_id: str, direction: str, start: str, end: str, which: JSON
    ) -> AsyncIterator[list[JSON]]:
        while True:
            query = {"dir": direction, "from": start, "to": end, "limit": str(PAGE), "filter": json.dumps(which)}
            page = await self._line.ask("GET", "rooms", room_id, "messages", query=query)
            chunk = events_of(page, "chunk")
            if chunk:
                yield chunk
            if not isinstance(page.get("end"), str) or page["end"] in {start, end}:
                return
            start = page["end"]

    def _own_join(self, events: list[JSON]) -> int | None:
        """Where in a row of events we came into the room, the last time."""
        for index in range(len(events) - 1, -1, -1):
            raw = events[index]
            joins = inner(raw, "content").get("membership") == "join"
            if joins and self._is_own_membership(raw) and _membership_before(raw) != "join":
                return index
        return None

    def _is_own_membership(self, raw: JSON) -> bool:
        return raw.get("type") == "m.room.member" and raw.get("state_key") == self._line.user_id

    async def hand_over(self, room_id: str, raw: JSON) -> None:
        """One event; returns once it is journaled."""
        await self._noticed(room_id, raw)
        for item in await self._understood(room_id, raw):
            await self._receive(item)

    async def _understood(self, room_id: str, raw: JSON) -> list[Happened]:
        try:
            return await self._incoming.happened(room_id, raw)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # anybody may send anything as the content of an event: one that is no event must not stop the rest
            log.warning("an event makes no sense", room=room_id, id=raw.get("event_id"), error=repr(error))
            return []

    async def typers(self, room_id: str, ephemeral: Iterable[JSON]) -> None:
        """Who began to type."""
        for item in ephemeral:
            if item.get("type") == "m.typing":
                users = set(texts(inner(item, "content").get("user_ids")))
                begun = users - self._typing.pop(room_id, set())
                if users:
                    self._typing[room_id] = users
                for event in await self._incoming.typing(room_id, sorted(begun), self._clock.now()):
                    await self._receive(event)


def _membership_before(raw: JSON) -> Any:
    return inner(raw, "unsigned", "prev_content").get("membership")
