"""Looking back: older messages of a channel, and what was already sent with a key."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

from butler import Message, Sent

from butler_luna_matrix.contents import events_of, inner
from butler_luna_matrix.ids import ours, room_and_root
from butler_luna_matrix.incoming import Incoming
from butler_luna_matrix.line import Line

JSON = dict[str, Any]

PAGE = 100
LOOKED_AT = 1000
"""So many events back a key is looked for; older ones the homeserver's own memory of keys covers."""


class History:
    """Reads rooms backwards, through one of our accounts that is in them."""

    def __init__(
        self, line_in: Callable[[str], Line], lines_in: Callable[[str], Iterable[Line]], incoming: Incoming
    ) -> None:
        self._line_in = line_in
        self._lines_in = lines_in
        self._incoming = incoming

    async def find(self, key: str, channel: str) -> Sent | None:
        """What one of ours sent with a key: homeservers show transaction ids to the device that chose them."""
        room, _ = room_and_root(channel)
        for line in self._lines_in(room):
            if (sent := await self._find(line, key, room)) is not None:
                return sent
        return None

    async def _find(self, line: Line, key: str, room: str) -> Sent | None:
        seen = 0
        which = {"senders": [line.user_id], "lazy_load_members": True}
        async for raw in self._backwards(line, room, "", which):
            if inner(raw, "unsigned").get("transaction_id") == key:
                return Sent(ours(str(raw["event_id"])))
            seen += 1
            if seen >= LOOKED_AT:
                break
        return None

    async def messages(self, channel: str, *, before: str, limit: int) -> list[Message]:
        """The last messages of a channel (before a message), newest last."""
        room, root = room_and_root(channel)
        line = self._line_in(room)
        start = ""
        if before:
            start = str((await line.ask("GET", "rooms", room, "context", before, query={"limit": "0"}))["start"])
        found: list[Message] = []
        async for raw in self._backwards(
            line, room, start, {"types": ["m.room.message", "m.sticker", "m.room.encrypted"], "lazy_load_members": True}
        ):
            message = await self._incoming.recall(room, raw)
            if message is not None and message.id != ours(before) and room_and_root(message.channel.id)[1] == root:
                found.append(message)
            if len(found) >= limit:
                break
        return found[::-1]

    async def _backwards(self, line: Line, room: str, start: str, which: JSON) -> AsyncIterator[JSON]:
        query = {"dir": "b", "limit": str(PAGE), "filter": json.dumps(which)}
        if start:
            query["from"] = start
        while True:
            page = await line.ask("GET", "rooms", room, "messages", query=query)
            for raw in events_of(page, "chunk"):
                yield raw
            if not page.get("chunk") or not isinstance(page.get("end"), str):
                return
            query["from"] = page["end"]
