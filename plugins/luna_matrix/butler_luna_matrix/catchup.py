"""What an application service was not told is read from the rooms, from the last known event on (LUNA-2, LUNA-5).

A homeserver that stops forgets what it had not delivered yet; Synapse keeps a transaction, but not what waits for one.
So when it was away, and at the host's start, each room is read back to the last event that was taken in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Container, Iterable

import structlog
from butler import NotReady, PlatformError

from butler_luna_matrix.contents import events_of, inner
from butler_luna_matrix.line import JSON, Line
from butler_luna_matrix.memory import Memory
from butler_luna_matrix.timelines import Timelines

log = structlog.get_logger("butler.luna_matrix")

PAGE = 100
MOST = 5_000
"""So many events of a room are made up for; of a longer silence the rest stays unheard, which is said."""
SIDE_BY_SIDE = 16


class CatchUp:
    """Knows the last event of each room that was taken in."""

    def __init__(self, memory: Memory, timelines: Timelines, own: Container[str]) -> None:
        self._memory = memory
        self._timelines = timelines
        self._own = own
        self._last: dict[str, str] = {}
        self._slots = asyncio.Semaphore(SIDE_BY_SIDE)

    async def begin(self) -> None:
        """Read what is kept."""
        self._last = await self._memory.marks()

    async def took(self, token: str, events: Iterable[JSON]) -> None:
        """These were journaled, in their order; returns after that is kept."""
        new = {
            str(raw["room_id"]): str(raw["event_id"])
            for raw in events
            if isinstance(raw.get("room_id"), str) and isinstance(raw.get("event_id"), str)
        }
        self._last |= new
        await self._memory.settle(token, new)

    async def run(self, lines: Iterable[tuple[str, Line]]) -> None:
        """Hand over what is missing of these rooms. Raises ``NotReady`` when the homeserver goes away again."""
        for outcome in await asyncio.gather(*(self._room(*each) for each in lines), return_exceptions=True):
            if outcome is not None:
                raise outcome

    async def _room(self, room: str, line: Line) -> None:
        async with self._slots:
            try:
                missing = await self._missing(room, line)
                for raw in missing:
                    await self._timelines.hand_over(room, raw)
            except NotReady:
                raise
            except PlatformError as error:  # we are not in it any more
                log.info("a room cannot be read", room=room, reason=error.args[0])
                return
            if missing:
                log.info("made up for what was not told", room=room, events=len(missing))
                await self.took("", [{**missing[-1], "room_id": room}])

    async def _missing(self, room: str, line: Line) -> list[JSON]:
        """Behind the last known event, oldest first; of a room that is new to us, behind our coming."""
        found: list[JSON] = []
        query = {"dir": "b", "limit": str(PAGE)}
        while len(found) < MOST:
            page = await line.ask("GET", "rooms", room, "messages", query=query)
            for raw in events_of(page, "chunk"):
                if raw.get("event_id") == self._last.get(room):
                    return found[::-1]
                found.append(raw)
                if room not in self._last and self._is_ours(raw):
                    return found[::-1]
            if not page.get("chunk") or not isinstance(page.get("end"), str):
                return found[::-1]
            query["from"] = page["end"]
        log.warning("a room was silent for too long, what lies before is not heard", room=room, events=MOST)
        return found[::-1]

    def _is_ours(self, raw: JSON) -> bool:
        joins = inner(raw, "content").get("membership") == "join"
        return raw.get("type") == "m.room.member" and raw.get("state_key") in self._own and joins
