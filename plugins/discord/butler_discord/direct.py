"""Private channels: with whom, through which bot, and who speaks there (HOST-14)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import attrs
from attrs import define
from butler import Channel, Message, Person

from butler_discord.ids import native
from butler_discord.keeping import put
from butler_discord.tables import Direct

T = TypeVar("T")


class Database(Protocol):
    """What is needed of ``host.db``."""

    async def write(self, fn: Callable[[], T]) -> T: ...

    async def read(self, fn: Callable[[], T]) -> T: ...


@define(eq=False)
class Private:
    """One private channel."""

    channel: int
    person: str
    bot: str = ""
    persona: str = ""


class Directs:
    """All private channels that are known, in memory and in the store."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._channels: dict[int, Private] = {}
        self._people: dict[tuple[str, str], Private] = {}
        self._news: dict[int, Private] = {}

    async def load(self) -> None:
        """Read them."""

        def find() -> list[Private]:
            return [Private(int(r.channel), str(r.person), str(r.bot), str(r.persona)) for r in Direct.select()]

        for private in await self._db.read(find):
            self._take(private)

    def _take(self, private: Private) -> None:
        self._channels[private.channel] = private
        self._people[private.person, private.bot] = private

    @property
    def all(self) -> list[Private]:
        """All that are known."""
        return list(self._channels.values())

    def at(self, channel: int) -> Private | None:
        """A private channel by its id."""
        return self._channels.get(channel)

    def of(self, person: str, bot: str = "") -> Private | None:
        """Somebody's private channel with the host's bot, or with a persona's own."""
        return self._people.get((person, bot))

    def channel(self, channel: Channel, author: Person) -> Channel:
        """A private channel with a name, as whoever wrote there is called."""
        return channel if author.bot else attrs.evolve(channel, name=author.name)

    def met(self, channel: int, person: str, bot: str = "") -> None:
        """Somebody has a private channel; written with the next :meth:`keep`."""
        known = self._channels.get(channel)
        if known is None or known.person != person:
            private = Private(channel, person, bot, known.persona if known else "")
            self._take(private)
            self._news[channel] = private

    def forget(self, person: str) -> None:
        """Nothing is known of somebody until they write again."""
        for private in [each for each in self._channels.values() if each.person == person]:
            del self._channels[private.channel]
            self._people.pop((person, private.bot), None)
            self._news.pop(private.channel, None)

    def meant(self, message: Message) -> Message:
        """A private message, with whom it is for."""
        private = self._channels.get(native(message.channel.id))
        persona = (private.bot or private.persona) if private else ""
        return attrs.evolve(message, meant_for=persona) if persona and not message.author.bot else message

    async def speaks(self, person: str, persona: str) -> None:
        """From now on this persona speaks to somebody in private."""
        private = self._people.get((person, ""))
        if private is not None and private.persona != persona:
            private.persona = persona
            self._news[private.channel] = private
            await self.keep()

    async def keep(self) -> None:
        """Write what is new."""
        news, self._news = list(self._news.values()), {}
        if not news:
            return
        rows: list[dict[str, Any]] = [attrs.asdict(each) for each in news]
        await self._db.write(lambda: put(Direct, rows))
