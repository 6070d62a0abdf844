"""What happens is handed to the host in each channel's order, and what was missed is read from its history (PLAT-4).

A channel is *behind* while something in it was said that did not come over the gateway: after an outage, or when more
came than could be kept. What comes meanwhile waits until the history was handed over up to it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable

import structlog
from attrs import define, field
from butler import Event, Message, NotReady, PlatformError, RateLimited, Receive, Scope, StoreError

from butler_discord.ids import native
from butler_discord.pieces import Happened

log = structlog.get_logger("butler.discord")

AT_ONCE = 4
"""So many channels are read up at once."""
HELD = 200
"""So many messages wait for a channel that is behind; the others are read with the history."""
MOST = 20_000
"""So many things are on their way to the journal at most; messages beyond that are read back later."""
LONGEST_PAUSE = 30.0

Pages = Callable[[int, int], AsyncIterator[list[Message]]]
"""A channel and an id to all that was said after it, the oldest first."""


@define(eq=False)
class Gate:
    """What waits in a channel that is behind."""

    held: deque[Happened] = field(factory=deque)
    more: bool = False


class Listener:
    """Hands over what one bot hears. ``last`` holds the id of the last message of each channel that is journaled."""

    def __init__(self, receive: Receive, pages: Pages, scope: Scope) -> None:
        self._receive = receive
        self._pages = pages
        self._scope = scope
        self.last: dict[int, int] = {}
        self._gates: dict[int, Gate] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._on_their_way = 0

    @property
    def behind(self) -> int:
        """How many channels are being read up."""
        return len(self._gates)

    async def take(self, items: list[Happened]) -> None:
        """Hand these over. Called in the order in which things happened; the first step waits for nothing."""
        for item in items:
            channel = native(item.channel.id) if item.channel is not None else 0
            gate = self._gates.get(channel)
            if gate is not None:
                self._hold(gate, item)
            elif isinstance(item, Message) and self._on_their_way >= MOST:
                self.read_up(channel, self.last.get(channel, native(item.id) - 1))
            else:
                await self._hand_over(item, channel)

    def _hold(self, gate: Gate, item: Happened) -> None:
        if len(gate.held) < HELD:
            gate.held.append(item)
        elif isinstance(item, Message):
            gate.more = True
        else:
            log.warning("an event is lost, too much happened in a channel that is behind", kind=item.kind)

    async def _hand_over(self, item: Happened, channel: int) -> None:
        before = self.last.get(channel, 0)
        self._on_their_way += 1
        try:
            await self._receive(item)
        except StoreError as error:
            self._refused(item, channel, before, error)
        else:
            self._seen(item, channel)
        finally:
            self._on_their_way -= 1

    def _seen(self, item: Happened, channel: int) -> None:
        if isinstance(item, Message):
            self.last[channel] = max(self.last.get(channel, 0), native(item.id))

    def _refused(self, item: Happened, channel: int, before: int, error: StoreError) -> None:
        """The store is in trouble: a message is read again later, anything else is tried again for a while."""
        if isinstance(item, Message):
            self.read_up(channel, before or native(item.id) - 1)
        else:
            log.warning("an event could not be kept, tried again", kind=item.kind, reason=str(error))
            self._scope.task(self._again(item), "discord event")

    async def _again(self, item: Event) -> None:
        pause = 0.5
        for _ in range(8):
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)
            try:
                await self._receive(item)
            except StoreError:
                continue
            return
        log.error("an event is lost", kind=item.kind, id=item.id)

    # --- reading up ---------------------------------------------------------------------------------

    def read_up(self, channel: int, after: int) -> None:
        """Something may have been said in a channel after an id that was not heard."""
        if channel not in self._gates and not self._scope.closed:
            self._gates[channel] = gate = Gate()
            self._scope.task(self._catch_up(channel, after, gate), f"discord history {channel}")

    async def _catch_up(self, channel: int, after: int, gate: Gate) -> None:
        pause = 0.5
        while channel in self._gates:
            try:
                async with self._slots:
                    after = await self._history(channel, after)
                await self._release(channel, after, gate)
            except RateLimited as error:
                await asyncio.sleep(error.retry_after)
            except (StoreError, NotReady):
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE, pause * 2)

    async def _history(self, channel: int, after: int) -> int:
        """Hand over what was said after an id; returns the last id that was journaled."""
        after = max(after, self.last.get(channel, 0))
        read = 0
        try:
            async for page in self._pages(channel, after):
                for message in page:
                    await self._receive(message)
                    self.last[channel] = after = native(message.id)
                    read += 1
        except NotReady:
            raise
        except PlatformError as error:
            log.info("a channel's history cannot be read", channel=channel, reason=str(error))
        if read:
            log.info("missed messages were read", channel=channel, messages=read)
        return after

    async def _release(self, channel: int, after: int, gate: Gate) -> None:
        """Hand over what waited, then let the channel run; anew if more came than could wait."""
        while gate.held:
            item = gate.held[0]
            if not isinstance(item, Message) or native(item.id) > after:
                await self._receive(item)
                self._seen(item, channel)
            gate.held.popleft()
        if gate.more:
            gate.more = False
            return
        del self._gates[channel]
