"""Read receipts: the newest message that was taken in, room by room, when there is time for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from butler import PlatformError

from butler_luna_matrix.line import Line


class Receipts:
    """Collects what was read and tells the homeserver; of each room only the newest counts."""

    def __init__(self, line_in: Callable[[str], Line]) -> None:
        self._line_in = line_in
        self._newest: dict[str, str] = {}
        self._some = asyncio.Event()

    def note(self, room: str, event: str) -> None:
        """An event of a room is journaled."""
        self._newest[room] = event
        self._some.set()

    async def run(self) -> None:
        """Tell the homeserver until cancelled. A receipt that it does not take is dropped: the next covers it."""
        while True:
            await self._some.wait()
            self._some.clear()
            newest, self._newest = self._newest, {}
            for room, event in newest.items():
                try:
                    await self._line_in(room).ask("POST", "rooms", room, "receipt", "m.read", event, body={})
                except PlatformError:
                    continue
