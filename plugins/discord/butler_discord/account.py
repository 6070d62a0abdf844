"""Everything that serves one host on Discord, put together: what is heard, what is said, who is who."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import hikari
import structlog
from butler import Action, Channel, Persona, Receive, Scope, Sent

from butler_discord.answers import Answers
from butler_discord.asking import Asking
from butler_discord.before import Before
from butler_discord.bot import Bot
from butler_discord.direct import Directs
from butler_discord.doing import Doing
from butler_discord.guilds import Guilds
from butler_discord.happening import Happening
from butler_discord.hearing import Hearing
from butler_discord.homes import Homes
from butler_discord.ids import interaction_of, native
from butler_discord.invites import Invites
from butler_discord.listening import Listener
from butler_discord.moderating import Moderating
from butler_discord.offering import Offering
from butler_discord.opened import Opened
from butler_discord.pieces import Pieces
from butler_discord.polling import Polling
from butler_discord.private import Private
from butler_discord.reading import Reading
from butler_discord.seeking import Seeker
from butler_discord.sending import Sending
from butler_discord.settings import Settings
from butler_discord.voices import Voices

log = structlog.get_logger("butler.discord")

JSON = dict[str, Any]
Doer = Callable[[Action, str], Awaitable[Sent]]
WANTED = hikari.Intents.ALL_UNPRIVILEGED | hikari.Intents.GUILD_MEMBERS | hikari.Intents.MESSAGE_CONTENT
PRIVATE = hikari.Intents.DM_MESSAGES | hikari.Intents.DM_MESSAGE_REACTIONS | hikari.Intents.DM_MESSAGE_TYPING


class Account:
    """One host's presence on Discord."""

    def __init__(self, host: Any, settings: Settings, receive: Receive, scope: Scope) -> None:
        self.host = host
        self.settings = settings
        self.scope = scope
        self.guilds = Guilds(settings.owners)
        self.directs = Directs(host.db)
        self.homes = Homes(host)
        wanted = WANTED | (hikari.Intents.GUILD_PRESENCES if settings.presences else hikari.Intents.NONE)
        self.hearing: Hearing
        self.bot = self._bot(settings.token, wanted, self._hear)
        self.bots: Mapping[str, Bot] = {
            name: self._bot(token, PRIVATE | hikari.Intents.GUILDS, self._hear_of(name))
            for name, token in settings.bots.items()
        }
        self.voices = Voices(host, settings, self.bot, self.bots, self.guilds, self.directs)
        self.reading = Reading(host, self.voices, self.guilds, self.directs.meant)
        self.listener = Listener(receive, self.reading.since, scope)
        self.sending = Sending(host, self.voices, self.guilds)
        self.seeker = Seeker(host, self.sending, self.voices)
        opened = Opened(host.db, host.clock)
        self.answers = Answers(opened, self.bot, scope, Before(self.bot, self.seeker, host.serving.was_sent))
        self.offering = Offering(host, self.bot, self.guilds, scope)
        self.asking = Asking(host, self.bot, self.guilds, self.answers, self.offering, self.listener.take)
        self.invites = Invites(self.bot, self.guilds, self.listener.take)
        self.hearing = Hearing(self, Happening(Pieces(self.guilds, self.directs, host.clock)))
        self.polling = Polling(self.bot)
        self.doers = self._doers()

    def _bot(self, token: str, intents: hikari.Intents, hear: Any) -> Bot:
        self.host.keep_secret(token)
        return Bot(
            token, intents=intents, hear=hear, clock=self.host.clock, rest_url=self.settings.rest_url,
            shard_count=self.settings.shard_count, shards=self.settings.shards,
        )  # fmt: skip

    async def _hear(self, name: str, raw: JSON) -> None:
        await self.hearing.hear(name, raw)

    def _hear_of(self, persona: str) -> Any:
        return lambda name, raw: self.hearing.hear_of(persona, name, raw)

    def _doers(self) -> Mapping[str, Doer]:
        """Each kind of action, to what does it."""
        doing = Doing(self.bot, self.guilds, self.host.clock)
        people = Moderating(self.bot, self.guilds, self.host.clock)
        private = Private(self.bot, self.directs, self.sending, self.host.clock)
        return {
            "send": self._say, "reply": self._say, "file": self._say, "picture": self._say,
            "edit": self._edit, "delete": lambda action, key: self.sending.delete(action),
            "typing": lambda action, key: self.sending.typing(action),
            "acknowledge": lambda action, key: self.answers.acknowledge(action),
            "bulk_delete": doing.bulk_delete, "react": doing.react, "unreact": doing.unreact,
            "pin": doing.pin, "unpin": doing.unpin, "thread": doing.thread, "invite": doing.invite,
            "create_room": doing.create_room, "delete_room": doing.delete_room, "permissions": doing.permissions,
            "rename": doing.change, "topic": doing.change, "slowmode": doing.change,
            "lock": doing.lock, "unlock": doing.lock,
            "poll": self.polling.poll, "end_poll": self.polling.end_poll, "dm": private.dm,
            "roles": people.roles, "nickname": people.nickname, "timeout": people.timeout, "kick": people.kick,
            "ban": people.ban, "unban": people.unban, "voice_connect": people.voice_connect,
            "voice_mute": people.voice_mute, "voice_move": people.voice_move,
            "leave": self._leave,
        }  # fmt: skip

    async def begin(self) -> None:
        """Connect. Raises ``NotReady`` or ``PlatformError``."""
        await self.homes.load()
        await self.directs.load()
        await self.voices.load()
        await self.offering.load()
        seen = await self.host.serving.last_seen("discord")
        self.listener.last = {native(channel): native(message) for channel, message in seen.items()}
        await self.bot.start(self.scope)
        for bot in self.bots.values():
            await bot.start(self.scope)
        self.offering.changed()
        self.hearing.read_up_private()
        self.scope.task(self.hearing.watch(), "discord watch")
        self.scope.task(self.invites.run(), "discord invites")

    # --- what is done -------------------------------------------------------------------------------

    async def _say(self, action: Action, key: str) -> Sent:
        if interaction_of(action.reply.to if action.reply else "") is not None:
            return await self.answers.answer(action, key)
        return await self.sending.send(action, key)

    async def _edit(self, action: Action, key: str) -> Sent:
        if interaction_of(action.reply.to if action.reply else "") is not None:
            return await self.answers.answer(action, key)
        return await self.sending.edit(action)

    async def look_for(self, action: Action, key: str, since: dt.datetime) -> Sent | None:
        """What an action made, if it was done since then."""
        if action.kind in {"send", "reply", "file", "picture"}:
            if interaction_of(action.reply.to if action.reply else "") is not None:
                return await self.answers.find(action, key, since)
            return await self.seeker.find(action, key, since)
        if action.kind == "create_room":
            return self.hearing.room_called(action, since)
        return None

    async def _leave(self, action: Action, key: str) -> Sent:
        """Leave the guild ``target``."""
        await self.hearing.leave(native(action.target))
        return Sent(action.target)

    def takes_part(self, persona: Persona, channel: Channel) -> bool:
        """Whether a persona may speak in a channel."""
        if not channel.dm:
            return True
        private = self.directs.at(native(channel.id))
        if private is None or not (private.bot or private.persona):
            return bool(persona.name == self.host.main)
        return persona.name == (private.bot or private.persona)
