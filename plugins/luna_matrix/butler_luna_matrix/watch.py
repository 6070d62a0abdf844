"""Seeing that the homeserver reaches an application service: when it was away, when it was silent, after a refusal."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from butler import PlatformError

from butler_luna_matrix.line import Line

log = structlog.get_logger("butler.luna_matrix")

PING_EVERY = 60.0
"""Seconds between two pings."""
WAIT = 30.0
"""Seconds that a request waits which only watches whether the homeserver is there."""
RETRY = 0.5
"""Seconds between two looks while it is away, and between a refusal and the ping that has it made good at once."""


class Watch:
    """Pings and knocks. ``ping`` raises ``NotReady`` where the homeserver cannot reach us."""

    def __init__(self, line: Line, ping: Callable[[], Awaitable[None]], knock: Callable[[], Awaitable[None]]) -> None:
        self._line = line
        self._ping = ping
        self._knock = knock
        self.trouble = ""
        """Why the homeserver does not reach us, or ``""``."""

    async def regularly(self) -> None:
        """Each minute, until cancelled: what the homeserver kept back is brought."""
        while True:
            await asyncio.sleep(PING_EVERY)
            await self.look()

    async def look(self) -> None:
        """Ping and knock; one line when the homeserver reaches us no more, one when it does again."""
        try:
            await self._ping()
            await self._knock()
        except PlatformError as error:
            if not self.trouble:
                log.warning("matrix is not heard", reason=str(error))
            self.trouble = str(error)
        else:
            if self.trouble:
                log.info("matrix is heard again")
            self.trouble = ""

    async def closely(self) -> None:
        """A request that waits, until cancelled: it breaks when the homeserver stops, and tells when it is back."""
        nothing: Mapping[str, Any] = {
            "room": {"rooms": []},
            "presence": {"types": []},
            "account_data": {"types": []},
        }
        query = {"filter": json.dumps(nothing), "timeout": str(int(WAIT * 1000))}
        away = False
        while True:
            try:
                news = await self._line.ask("GET", "sync", query=query, wait=WAIT)
            except PlatformError:
                away = True
                query.pop("since", None)
                await asyncio.sleep(RETRY)
                continue
            query["since"] = str(news.get("next_batch", ""))
            if away:
                away = False
                await self.look()

    async def after_refusal(self) -> None:
        """Have what was refused sent again at once, and look whether something was left behind."""
        await asyncio.sleep(RETRY)  # the homeserver has to note the refusal first
        with contextlib.suppress(PlatformError):
            await self._ping()
        await asyncio.sleep(4 * RETRY)
        with contextlib.suppress(PlatformError):
            await self._knock()
