"""Seeing that the homeserver reaches an application service, when it goes and when it is back (LUNA-5)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from butler import PlatformError, StoreError

from butler_luna_matrix.line import Line, Request

log = structlog.get_logger("butler.luna_matrix")

PING_EVERY = 60.0
"""Seconds between two pings."""
LOOK_EVERY = 1.0
"""Seconds between two looks whether the homeserver is there. They ask for what costs it nothing."""


class Watch:
    """Pings, and sees when the homeserver goes and comes.

    ``ping`` raises ``NotReady`` where the homeserver cannot reach us. ``gone`` is called when it went away,
    ``back`` when it is there again: what it raises is tried again.
    """

    def __init__(
        self,
        line: Line,
        *,
        ping: Callable[[], Awaitable[None]],
        gone: Callable[[], None],
        back: Callable[[], Awaitable[None]],
    ) -> None:
        self._line = line
        self._ping = ping
        self._gone = gone
        self._back = back
        self.trouble = ""
        """Why the homeserver does not reach us, or ``""``."""

    async def regularly(self) -> None:
        """Ping each minute, until cancelled: what the homeserver kept back is brought."""
        while True:
            await asyncio.sleep(PING_EVERY)
            await self.look()

    async def look(self) -> None:
        """Ping; one line when the homeserver reaches us no more, one when it does again."""
        try:
            await self._ping()
        except PlatformError as error:
            if not self.trouble:
                log.warning("matrix is not heard", reason=str(error))
            self.trouble = str(error)
        else:
            if self.trouble:
                log.info("matrix is heard again")
            self.trouble = ""

    async def closely(self) -> None:
        """Look each second, until cancelled, whether it is there: no homeserver starts again as fast as that."""
        away = False
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self._line.request(Request("GET", "/_matrix/client/versions"))
                if away:
                    await self._back()
                    away = False
                    await self.look()
            except (PlatformError, StoreError) as error:
                if not away:
                    log.debug("the homeserver is away", reason=str(error))
                    away = True
                    self._gone()
