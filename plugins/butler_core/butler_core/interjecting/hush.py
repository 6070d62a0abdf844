"""What nobody answers is said half as often; what is answered, twice as often, up to the settings."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from attrs import define
from butler import Channel, Message

from butler_core.interjecting import tables

LEAST = 1 / 16


@define
class Hushed:
    """A channel."""

    rate: float = 1.0
    spoke: float = 0.0
    waits: bool = False
    looked: float = 0.0


class Hush:
    """Answers from memory."""

    def __init__(self, plugin: Any) -> None:
        self._plugin = plugin
        self._host = plugin.host
        self._known: dict[str, Hushed] = {}

    async def start(self) -> None:
        """Read it."""
        for row in await self._host.db.read(tables.everything):
            self._known[row.channel] = Hushed(row.rate, row.spoke, row.waits, row.looked)

    def of(self, channel: str) -> Hushed:
        """How it is in a channel."""
        return self._known.get(channel) or Hushed()

    def slower(self, length: dt.timedelta, channel: str) -> dt.timedelta:
        """So long it takes in a channel until something unasked is said again."""
        return length / self.of(channel).rate

    def spoke(self, channel: Channel) -> None:
        """Something unasked was said. If the last was not answered either, that counts first."""
        known = self._open(channel)
        if known.waits:
            known.rate = max(LEAST, known.rate / 2)
        known.spoke, known.waits = self._now(), True
        self._save(channel.id)

    def looked(self, channel: Channel) -> None:
        """A model was asked."""
        self._open(channel).looked = self._now()
        self._save(channel.id)

    def hear(self, message: Message) -> None:
        """A person speaks: that answers what was said unasked, if it was lately."""
        known = self._known.get(message.channel.id)
        if known is None or not known.waits:
            return
        self.overdue(message.channel)
        if known.waits:
            known.rate, known.waits = min(1.0, known.rate * 2), False
            self._save(message.channel.id)

    def overdue(self, channel: Channel) -> None:
        """Nobody answered in time."""
        known = self._known.get(channel.id)
        after: dt.timedelta = self._plugin.settings_for(channel).hush_after
        if known is not None and known.waits and self._now() - known.spoke > after.total_seconds():
            known.rate, known.waits = max(LEAST, known.rate / 2), False
            self._save(channel.id)

    def reset(self, channel: Channel) -> None:
        """As often as the settings say."""
        known = self._open(channel)
        known.rate, known.waits = 1.0, False
        self._save(channel.id)

    @property
    def waiting(self) -> list[str]:
        """Channels in which it is not known yet whether anybody answers."""
        return [channel for channel, known in self._known.items() if known.waits]

    def _open(self, channel: Channel) -> Hushed:
        return self._known.setdefault(channel.id, Hushed())

    def _now(self) -> float:
        now: float = self._host.clock.now().timestamp()
        return now

    def _save(self, channel: str) -> None:
        known = self._known[channel]
        write = partial(tables.save, channel, known.rate, known.spoke, waits=known.waits, looked=known.looked)
        self._host.db.defer(write)
