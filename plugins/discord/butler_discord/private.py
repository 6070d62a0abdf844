"""Speaking to somebody alone; private channels are opened slowly, as Discord wants it (PLAT-2, HOST-14)."""

from __future__ import annotations

import asyncio
from collections import deque

import attrs
import hikari
from butler import Action, Channel, Clock, PlatformError, RateLimited, Sent

from butler_discord.bot import Bot
from butler_discord.direct import Directs
from butler_discord.guilds import channel_of
from butler_discord.ids import native, ours
from butler_discord.refusals import understood
from butler_discord.sending import Sending

OPENED, WITHIN = 10, 60.0
"""So many new private channels are opened within so many seconds; bots that open many are locked out."""


class Private:
    """Opens private channels and speaks there."""

    def __init__(self, bot: Bot, directs: Directs, sending: Sending, clock: Clock) -> None:
        self._bot = bot
        self._directs = directs
        self._sending = sending
        self._clock = clock
        self._opened: deque[float] = deque(maxlen=OPENED)
        self._turn = asyncio.Lock()

    async def dm(self, action: Action, key: str) -> Sent:
        """Open the private channel with ``target``, and say ``reply`` there if there is one. The id is the channel's.

        ``data["persona"]``: who speaks to them there from now on.
        """
        channel = await self._channel(action.target)
        if persona := str(action.data.get("persona", "")):
            await self._directs.speaks(action.target, persona)
        if action.reply is not None:
            await self._sending.send(attrs.evolve(action, channel=channel.id), key)
        return Sent(channel.id)

    async def _channel(self, person: str) -> Channel:
        known = self._directs.of(person)
        if known is not None:
            return channel_of({"id": known.channel})
        async with self._turn:
            known = self._directs.of(person)
            if known is None:
                await self._open(person)
                known = self._directs.of(person)
        if known is None:
            raise PlatformError("the private channel is not there")
        return channel_of({"id": known.channel})

    async def _open(self, person: str) -> None:
        now = self._clock.monotonic()
        if len(self._opened) == OPENED and (left := self._opened[0] + WITHIN - now) > 0:
            raise RateLimited("private channels are opened slowly", retry_after=left)
        with understood():
            made: hikari.DMChannel = await self._bot.rest.create_dm_channel(native(person))
        self._opened.append(now)
        self._directs.met(int(made.id), ours(native(person)))
        await self._directs.keep()
