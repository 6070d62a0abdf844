"""What was said in a channel before, and who is there: read from Discord when asked for (PLAT-2)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import hikari
from butler import Channel, Lost, Message, Person

from butler_discord import said
from butler_discord.guilds import Guilds, channel_of
from butler_discord.ids import native, ours
from butler_discord.known import Known
from butler_discord.refusals import understood
from butler_discord.voices import Voices

JSON = dict[str, Any]
PAGE = 100
MOST_MEMBERS = 10_000


class Reading:
    """Reads for one account."""

    def __init__(self, host: Any, voices: Voices, guilds: Guilds, meant: Callable[[Message], Message]) -> None:
        """``meant`` says of a private message whom it is for."""
        self._host = host
        self._voices = voices
        self._guilds = guilds
        self._meant = meant

    async def since(self, channel: int, after: int) -> AsyncIterator[list[Message]]:
        """Pages of what was said after an id, oldest first, our own words left out."""
        page: list[Message] = []
        with understood():
            rest = self._voices.bot_at(channel).rest
            async for told in rest.fetch_messages(channel, after=hikari.Snowflake(after)):
                raw = said.raw_of(told)
                if raw["type"] in said.SPOKEN and not self.is_own(raw):
                    page.append(await self._told(raw, channel))
                if len(page) == PAGE:
                    yield page
                    page = []
        if page:
            yield page

    async def history(self, channel: str, *, before: str, limit: int) -> Sequence[Message]:
        """Older messages, newest last, our own included."""
        identifier, found = native(channel), []
        end = hikari.Snowflake(native(before)) if before else hikari.UNDEFINED
        with understood():
            async for told in self._voices.bot_at(identifier).rest.fetch_messages(identifier, before=end).limit(limit):
                raw = said.raw_of(told)
                if raw["type"] in said.SPOKEN:
                    found.append(await self._told(raw, identifier))
        return found[::-1]

    async def pinned(self, channel: str) -> Sequence[str]:
        """Ids of what is pinned in a channel."""
        identifier = native(channel)
        with understood():
            pins = self._voices.bot_at(identifier).rest.fetch_pins(identifier)
            return [ours(int(pin.message.id)) async for pin in pins]

    async def members(self, channel: str) -> Sequence[Person]:
        """Who is in the guild of a channel, at most ten thousand."""
        known = self._guilds.rooms.get(native(channel))
        if known is None:
            return ()
        with understood():
            found = self._voices.main.rest.fetch_members(known.id).limit(MOST_MEMBERS)
            return [self._person(member, known) async for member in found]

    async def member(self, guild: str, person: str) -> Person | None:
        """A member as they are just now; ``None`` if they are none."""
        known = self._guilds.known.get(native(guild))
        if known is None:
            return None
        try:
            with understood():
                return self._person(await self._voices.main.rest.fetch_member(known.id, native(person)), known)
        except Lost:
            return None

    def _person(self, member: hikari.Member, known: Known) -> Person:
        roles = [str(int(role)) for role in member.role_ids if int(role) != known.id]
        told = {"nick": member.nickname, "roles": roles, "pending": member.is_pending}
        return self._guilds.person(said.raw_user(member.user), told, known)

    def is_own(self, raw: JSON) -> bool:
        """Whether we said it ourselves, by whatever way."""
        author, application = int(raw["author"]["id"]), int(raw.get("application_id") or 0)
        return self._voices.is_ours(author, application, int(raw.get("webhook_id") or 0))

    async def _told(self, raw: JSON, channel: int) -> Message:
        """A message out of the history, its author as the host knows them."""
        known = self._guilds.rooms.get(channel)
        where: Channel = self._guilds.channel(channel) or channel_of({"id": channel})
        made = said.message(raw, where, await self._author(raw, known))
        return self._meant(made) if known is None else made

    async def _author(self, raw: JSON, known: Known | None) -> Person:
        """History says nothing of roles: what was known of somebody before holds."""
        if known is None or "webhook_id" in raw:
            return said.author(raw, self._guilds, known)
        identifier = int(raw["author"]["id"])
        there = self._guilds.remembered(identifier, known)
        if there is not None:
            return there
        found: Person = await self._host.person(ours(identifier), known.guild())
        named = found.name != str(identifier)
        return found if named else self._guilds.person(raw["author"], None, known)
