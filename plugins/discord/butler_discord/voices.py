"""Who speaks: the host's bot, a persona through a webhook with its name and picture, or a bot of its own (HOST-14)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import structlog
from attrs import frozen
from butler import Lost, NotReady, Persona, PlatformError

from butler_discord.bot import Bot
from butler_discord.direct import Database, Directs
from butler_discord.guilds import Guilds
from butler_discord.keeping import put
from butler_discord.known import THREADS
from butler_discord.permissions import BITS
from butler_discord.refusals import understood
from butler_discord.settings import Settings
from butler_discord.tables import Hook

log = structlog.get_logger("butler.discord")

HOOK_NAME = "Butler"
_FORBIDDEN = re.compile(r"discord|clyde|```", re.IGNORECASE)


@frozen
class Voice:
    """How something is said somewhere."""

    bot: Bot
    webhook: int = 0
    token: str = ""
    name: str = ""
    """The name that the webhook shows, or that stands before the text where the bot speaks for a persona."""
    picture: str = ""
    own: bool = False
    """A persona's own bot."""


class Voices:
    """Knows the bots, the webhooks, and who speaks through which."""

    def __init__(
        self, host: Any, settings: Settings, bot: Bot, others: Mapping[str, Bot], guilds: Guilds, directs: Directs
    ) -> None:
        self._host = host
        self._db: Database = host.db
        self._settings = settings
        self.main = bot
        self.others = others
        self._guilds = guilds
        self._directs = directs
        self._hooks: dict[int, tuple[int, str]] = {}
        self.members: dict[str, set[int]] = {name: set() for name in others}
        """In which guilds a persona's own bot is."""

    async def load(self) -> None:
        """Read the webhooks that were made before."""

        def find() -> dict[int, tuple[int, str]]:
            return {int(row.channel): (int(row.webhook), str(row.token)) for row in Hook.select()}

        self._hooks = await self._db.read(find)

    @property
    def accounts(self) -> frozenset[int]:
        """The ids of our own bots."""
        return frozenset([self.main.me, *(each.me for each in self.others.values())])

    def is_ours(self, author: int, application: int, webhook: int) -> bool:
        """Whether a message is one of our own, by whatever way it was sent."""
        if author in self.accounts or (application and application == self.main.application):
            return True
        return bool(webhook) and any(webhook == known for known, _ in self._hooks.values())

    def persona(self, name: str) -> Persona | None:
        """A persona by name."""
        return next((each for each in self._host.personas if each.name == name), None)

    def bot_at(self, channel: int) -> Bot:
        """Whose private channel it is; the main bot's for all others."""
        private = self._directs.at(channel)
        return self.others.get(private.bot, self.main) if private is not None else self.main

    async def voice(self, persona: str, channel: int) -> Voice:
        """How a persona (``""``: the host itself) speaks in a channel."""
        known = self._guilds.rooms.get(channel)
        if known is None:
            bot = self.bot_at(channel)
            plain = not persona or bot is not self.main or persona == self._host.main
            return Voice(bot, name="" if plain else self._label(persona))
        if not persona or persona == self._host.main:
            return Voice(self.main)
        own = self.others.get(persona)
        if own is not None and known.id in self.members[persona]:
            return Voice(own, own=True)
        return await self._by_webhook(persona, channel)

    def _label(self, name: str) -> str:
        persona = self.persona(name)
        return persona.label if persona else name

    async def _by_webhook(self, persona: str, channel: int) -> Voice:
        """A webhook of the channel, or (no permission, no room for one) the bot with the name before the text."""
        known = self._guilds.rooms[channel]
        room = known.rooms[channel]
        place = room.parent if room.kind in THREADS else channel
        label = self._label(persona)
        if not self._settings.webhooks or not self._guilds.may(place) & BITS["manage_webhooks"]:
            return Voice(self.main, name=label)
        try:
            webhook, token = self._hooks.get(place) or await self._made(place)
        except NotReady:
            raise
        except PlatformError as error:
            log.info("a channel has no room for a webhook", channel=channel, reason=str(error))
            return Voice(self.main, name=label)
        found = self.persona(persona)
        picture = found.picture if found and found.picture.startswith("https://") else ""
        return Voice(self.main, webhook, token, shown_name(label), picture)

    async def _made(self, channel: int) -> tuple[int, str]:
        """The webhook of ours that is there, or a new one; written down."""
        with understood():
            there = await self.main.rest.fetch_channel_webhooks(channel)
            mine = [
                each for each in there if getattr(each, "token", None) and each.application_id == self.main.application
            ]
            hook: Any = mine[0] if mine else await self.main.rest.create_webhook(channel, HOOK_NAME)
        found = self._hooks[channel] = (int(hook.id), str(hook.token))
        row = {"channel": channel, "webhook": found[0], "token": found[1]}
        await self._db.write(lambda: put(Hook, [row]))
        return found

    async def lost(self, voice: Voice, error: Lost) -> bool:
        """Somebody deleted the webhook: forget it. Returns whether that was why."""
        channels = [channel for channel, (webhook, _) in self._hooks.items() if webhook == voice.webhook]
        if not voice.webhook or not channels or "10015" not in str(error):
            return False
        for channel in channels:
            del self._hooks[channel]
        await self._db.write(lambda: Hook.delete().where(Hook.channel.in_(channels)).execute())
        return True


def shown_name(label: str) -> str:
    """A name that Discord takes for a webhook: 1 to 80 characters, none of the words that it forbids."""
    return _FORBIDDEN.sub(lambda found: f"{found[0][0]}\u200b{found[0][1:]}", label.strip())[:80] or "persona"
