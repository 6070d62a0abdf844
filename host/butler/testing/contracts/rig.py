"""How a platform is set up for the contract: a channel with somebody else in it, and eyes to see what is shown."""

from __future__ import annotations

import abc
import asyncio
from typing import Any

from attrs import frozen

from butler.errors import Unsupported
from butler.model import Action, Channel, Event, Message, Reply, Sent
from butler.platform import Platform

TEXTS = (
    "hello", "two\nlines", "  spaces  inside", "ünïcödé 咖啡 עברית", "🏳️‍🌈👩‍👩‍👧", "a" * 4000, "1 < 2 & 3 > 2",
    "<b>no html</b>", "a\u0301\u0302\u0303zalgo", "\u202eright to left\u202c", r"back\slash",
)  # fmt: skip
"""Texts that are shown as they are."""
ODD = ("nul \x00 inside", "lone \ud800 surrogate", "\x1b[31mred\x1b[0m", "\u200b", "```\nunclosed", "@" * 200)
"""Texts that are shown somehow."""
LOUD = "@everyone @here @room @channel <!everyone> <@&1> hello"
"""A text that would wake everybody up where it is not made harmless."""


@frozen
class Seen:
    """Something of ours as people see it: its id and text, and whom it woke (``"*"``: everybody)."""

    id: str
    text: str
    notified: tuple[str, ...] = ()


class Rig(abc.ABC):
    """One platform with a channel in which somebody else is, too. Made anew for each test."""

    platform: Platform
    channel: Channel
    person: str = ""
    """The id of that somebody; empty where nobody can be mentioned."""

    @abc.abstractmethod
    async def hear(self, text: str) -> None:
        """Somebody else says something there."""

    @abc.abstractmethod
    async def shown(self) -> list[Seen]:
        """What we said there, as people see it now; deleted things left out."""

    async def reactions(self, identifier: str) -> list[str]:
        """The reactions on something that we said."""
        return []


class Started:
    """A rig whose platform runs, and what was received from it."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.messages: list[Message] = []
        self._news = asyncio.Event()

    async def receive(self, item: Message | Event) -> bool:
        """Takes what the platform hands over; what it hands over twice is news once."""
        if not isinstance(item, Message) or any(item.id == known.id for known in self.messages):
            return not isinstance(item, Message)
        self.messages.append(item)
        self._news.set()
        return True

    async def message(self, text: str) -> Message:
        """Wait for a message with that text."""
        while True:
            for message in self.messages:
                if message.text == text:
                    return message
            self._news.clear()
            await self._news.wait()

    async def send(self, text: str, key: str, **options: Any) -> Sent:
        """Have the platform say something in the channel."""
        return await self.do("send", key, reply=Reply(text, **options))

    async def do(self, kind: str, key: str, **fields: Any) -> Sent:
        """Have the platform do something there."""
        return await self.rig.platform.perform(Action(kind, self.rig.channel.id, **fields), key)

    async def can(self, kind: str, **fields: Any) -> bool:
        """Do it if the platform says that it can; else it has to refuse. Returns whether it was done."""
        if self.rig.platform.can(kind, self.rig.channel):
            await self.do(kind, f"k-{kind}", **fields)
            return True
        try:
            await self.do(kind, f"k-{kind}", **fields)
        except Unsupported:
            return False
        raise AssertionError(f"can({kind!r}) is false, and it was done all the same")
