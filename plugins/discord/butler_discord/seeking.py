"""What may have been sent before a crash is looked for in the channel before it is sent again (HOST-5).

A nonce holds for minutes, webhooks and interactions have none: so a message is known by what it says. One of ours that
was sent since the row was made, says the same, and that the host has not noted as sent, is the one.
"""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from typing import Any

import hikari
from butler import Action, Sent

from butler_discord.ids import first_at, ours
from butler_discord.refusals import understood
from butler_discord.render import alike, print_of, print_seen
from butler_discord.sending import Letter, Sending
from butler_discord.voices import Voices

SLACK = dt.timedelta(seconds=60)
"""Discord's clock and ours may differ by so much."""
FAR = 500
"""So many messages are looked at."""
MOST_KEYS = 5_000


class Seeker:
    """Finds what was sent."""

    def __init__(self, host: Any, sending: Sending, voices: Voices) -> None:
        self._host = host
        self._sending = sending
        self._voices = voices
        self._claimed: OrderedDict[str, None] = OrderedDict()
        self._keys: OrderedDict[tuple[str, str], Sent] = OrderedDict()

    def note(self, key: str, channel: str, sent: Sent) -> None:
        """Something was sent with a key, in this run."""
        if sent.id:
            self._keys[key, channel] = sent
            if len(self._keys) > MOST_KEYS:
                self._keys.popitem(last=False)

    def by_key(self, key: str, channel: str) -> Sent | None:
        """What was sent with a key, in this run."""
        return self._keys.get((key, channel))

    async def find(self, action: Action, key: str, since: dt.datetime) -> Sent | None:
        """The message that an action sent, if it did."""
        known = self.by_key(key, action.channel)
        if known is not None:
            return known
        letter = await self._sending.letter(action)
        return await self.like(letter.channel, letter.voice.bot.rest, since, self._fits(letter))

    def _fits(self, letter: Letter) -> Any:
        wanted = print_of(letter.text, letter.reply)

        def fits(message: hikari.Message) -> bool:
            named = not letter.voice.webhook or message.author.username == letter.voice.name
            return named and alike(wanted, print_seen(message))

        return fits

    async def like(self, channel: int, rest: hikari.api.RESTClient, since: dt.datetime, fits: Any) -> Sent | None:
        """The first message of ours since then that fits and is not noted yet."""
        seen = 0
        with understood():
            async for message in rest.fetch_messages(channel, after=hikari.Snowflake(first_at(since - SLACK))):
                seen += 1
                if seen > FAR:
                    break
                if self._mine(message) and fits(message) and await self._is_new(ours(int(message.id))):
                    return Sent(ours(int(message.id)), message.created_at)
        return None

    def _mine(self, message: hikari.Message) -> bool:
        author, application = int(message.author.id), int(message.application_id or 0)
        return self._voices.is_ours(author, application, int(message.webhook_id or 0))

    async def _is_new(self, identifier: str) -> bool:
        if identifier in self._claimed or await self._host.serving.was_sent(identifier):
            return False
        self._claimed[identifier] = None
        if len(self._claimed) > MOST_KEYS:
            self._claimed.popitem(last=False)
        return True
