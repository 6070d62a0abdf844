"""A silence is broken: TheButler says something fitting to the last message, if a person wrote it (CORE-25)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from butler import Channel, Guild, Message

from butler_core.interjecting import Interjecting

MARK = "poke"
LATE = dt.timedelta(minutes=15)
"""A silence that is longer by so much was not waited for: the host was down, or poking was off."""
MOST = 5_000


class Poke:
    """Knows the last message of each channel in which a silence may be broken."""

    def __init__(self, plugin: Any) -> None:
        self._plugin = plugin
        self._host = plugin.host
        self._last: dict[str, Message] = {}
        self._looked: set[str] = set()

    def hear(self, message: Message) -> None:
        """A person's word begins a silence, a machine's ends the waiting."""
        if message.kind == "nudge":
            return
        self._last.pop(message.channel.id, None)
        if not message.author.bot and self._after(message.channel):
            self._last[message.channel.id] = message
            if len(self._last) > MOST:
                del self._last[next(iter(self._last))]

    async def tick(self, now: dt.datetime, guild: Guild) -> None:
        """Break the silences of a guild that have lasted long enough, each once."""
        if guild.id not in self._looked:
            self._looked.add(guild.id)
            await self._look(guild)
        for message in [each for each in self._last.values() if each.guild.id == guild.id]:
            after = self._after(message.channel)
            if after and now - message.at >= after:
                del self._last[message.channel.id]
                if now - message.at <= after + LATE:
                    await self._break(message, after)

    async def _look(self, guild: Guild) -> None:
        """After a start: what was said last where a silence may be broken."""
        there = [each for each in self._host.channels if each.guild.id == guild.id and self._after(each)]
        for channel in there[:MOST]:
            said = [each for each in await self._host.history(channel, limit=5) if each.kind == "message"]
            if said and channel.id not in self._last:
                self.hear(said[-1])

    async def _break(self, message: Message, after: dt.timedelta) -> None:
        if self._host.sessions.of(message.channel.id) is not None or not self._host.models.has():
            return
        minutes = round(after.total_seconds() / 60)
        nudge = (
            f"Nobody has said anything here for {minutes} minutes. Say something short that is fitting to what was "
            "said last, or a question about it; nobody asked you to, so do not insist."
        )
        self._plugin.feature(Interjecting).hush.spoke(message.channel)
        await self._host.speak(self._host.main, message.channel, nudge, f"{MARK} {message.id}")

    def _after(self, channel: Channel) -> dt.timedelta:
        after: dt.timedelta = self._plugin.settings_for(channel).poke_after
        return self._plugin.feature(Interjecting).hush.slower(after, channel.id)  # type: ignore[no-any-return]
