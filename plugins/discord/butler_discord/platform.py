"""Discord as the host sees it: what comes in, what goes out, whether it works (PLAT-1, 2, 3, 4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import structlog
from butler import (
    Action,
    Channel,
    Check,
    Message,
    NotReady,
    Person,
    Persona,
    Platform,
    PlatformError,
    PollResult,
    Receive,
    Scope,
    Sent,
    Unsupported,
)

from butler_discord.ids import interaction_of, made_at, native, ours
from butler_discord.settings import Settings

if TYPE_CHECKING:
    from butler_discord.account import Account

log = structlog.get_logger("butler.discord")

NONCE_WINDOW = 120.0
"""Discord drops a second message with the same nonce "for a few minutes"."""
ALWAYS = 1e12
"""Doing it twice does no harm."""
CLOSE_WITHIN = 3.0
SPOKEN = frozenset({"send", "reply", "file", "picture"})


class Discord(Platform):
    """One bot, and the personas that speak through it or through bots of their own."""

    name: ClassVar[str] = "discord"
    settings: ClassVar[type] = Settings
    command_prefix: ClassVar[str] = ""
    dedupe_window: ClassVar[float] = NONCE_WINDOW
    text_limit: ClassVar[int] = 1850
    """Discord takes 2000 characters; the rest is for the line that quotes, and for names."""

    def __init__(self, host: Any, config: Settings) -> None:
        super().__init__(host, config)
        self._scope: Scope | None = None
        self._account: Account | None = None

    @classmethod
    async def greet(cls, config: Settings) -> Sequence[str]:
        """Whose the token is, which intents are to be switched on, and the link that lets the bot in."""
        from butler_discord.greeting import greeting  # noqa: PLC0415 - it needs hikari

        return await greeting(config)

    async def start(self, receive: Receive) -> None:
        """Connect, and listen. Raises ``NotReady`` or ``PlatformError``, with nothing left open."""
        from butler_discord.account import Account  # noqa: PLC0415 - hikari takes most of a second to import

        if not self.config.token:
            raise PlatformError(
                "discord has no token", remedy='set token = "env:BUTLER_DISCORD_TOKEN" under [platforms.discord]'
            )
        scope = Scope("discord", grace=CLOSE_WITHIN)
        account = Account(self.host, self.config, receive, scope)
        try:
            await account.begin()
        except BaseException:
            await scope.close()
            raise
        self.account = ours(account.bot.me)
        self._scope, self._account = scope, account

    async def stop(self) -> None:
        """Stop listening and let go of the connection."""
        scope, self._scope, self._account = self._scope, None, None
        if scope is not None and (left := await scope.close()):
            log.warning("discord left something open", left=left)

    def can(self, action: str, channel: Channel | None = None) -> bool:
        """Whether an action can be done (there), as far as the bot's permissions go."""
        from butler_discord.abilities import NEEDED, can  # noqa: PLC0415 - kept out of the plugin's import

        return can(action, channel, self._account.guilds) if self._account is not None else action in NEEDED

    def takes_part(self, persona: Persona, channel: Channel) -> bool:
        """In private only the one speaks whose channel it is; in guilds webhooks speak for everybody."""
        return self._account is None or self._account.takes_part(persona, channel)

    async def perform(self, action: Action, key: str) -> Sent:
        """Do it; what each kind needs is said in :mod:`butler_discord.doing` and :mod:`butler_discord.moderating`."""
        account = self._ready()
        doer = account.doers.get(action.kind)
        if doer is None:
            raise Unsupported(f"Discord cannot do {action.kind!r}", remedy=f"it can {', '.join(sorted(account.doers))}")
        sent = await doer(action, key)
        if action.kind in SPOKEN:
            account.seeker.note(key, action.channel, sent)
        return sent

    async def find(self, key: str, channel: str) -> Sent | None:
        """What was sent with a key in this run."""
        return self._ready().seeker.by_key(key, channel)

    async def look_for(self, action: Action, key: str, since: dt.datetime) -> Sent | None:
        """What an action sent, if it was sent since then: by what it says, for nothing else tells for ever."""
        return await self._ready().look_for(action, key, since)

    def remembers(self, action: Action) -> float:
        """A nonce holds for a while; webhooks and interactions have none; what is no message may be done twice."""
        if action.kind == "create_room":
            return 0.0
        if action.kind not in {*SPOKEN, "poll"}:
            return ALWAYS
        reply = action.reply
        keyless = reply is not None and (reply.persona or interaction_of(reply.to) is not None)
        return 0.0 if keyless else NONCE_WINDOW

    async def commands_changed(self, guild: str) -> None:
        """Offer what is there now."""
        if self._account is not None:
            changed = guild if guild.startswith("discord:") else ""
            await self._account.hearing.look_again(changed)
            self._account.offering.changed(changed)

    async def history(self, channel: str, *, before: str = "", limit: int = 100) -> Sequence[Message]:
        """Older messages of a channel, newest last; ``before`` is a message's id."""
        return await self._ready().reading.history(channel, before=before, limit=limit)

    async def pinned(self, channel: str) -> Sequence[str]:
        """Ids of what is pinned in a channel."""
        return await self._ready().reading.pinned(channel)

    async def facts(self, guild: str) -> Mapping[str, int]:
        """How many are in a guild, and how often it is boosted."""
        known = self._ready().guilds.known.get(native(guild))
        return {"members": known.members, "boosts": known.boosts} if known is not None else {}

    async def roles(self, guild: str) -> Mapping[str, str]:
        """A guild's roles, the highest first; everybody's own is none."""
        known = self._ready().guilds.known.get(native(guild))
        if known is None:
            return {}
        high = sorted(known.role_names, key=lambda role: (-known.role_places.get(role, 0), role))
        return {ours(role): known.role_names[role] for role in high if role != known.id}

    async def member(self, guild: str, person: str) -> Person | None:
        """A member as they are just now."""
        return await self._ready().reading.member(guild, person)

    def channel(self, identifier: str) -> Channel | None:
        """A channel of a guild that the bot sees."""
        if self._account is None or not identifier.removeprefix("discord:").isdecimal():
            return None
        return self._account.guilds.channel(native(identifier))

    def channels(self, guild: str) -> Sequence[Channel]:
        """The text channels of a guild that the bot sees, in their order."""
        if self._account is None or not guild.removeprefix("discord:").isdecimal():
            return ()
        guilds = self._account.guilds
        known = guilds.known.get(native(guild))
        rooms = () if known is None else [room for room in known.rooms.values() if room.kind in (0, 5)]
        return [guilds.shown(known, room) for room in rooms if known is not None]

    def made_at(self, person: str) -> dt.datetime:
        """When an account was made: its id tells."""
        return made_at(native(person))

    async def poll(self, channel: str, message: str, *, voters: bool = False) -> PollResult | None:
        """How one of Discord's own polls stands."""
        return await self._ready().polling.result(channel, message, voters=voters)

    async def members(self, channel: str) -> Sequence[Person]:
        """Who is in the guild of a channel. Needs the members intent."""
        return await self._ready().reading.members(channel)

    async def create_account(self, persona: Persona) -> str:
        """Personas speak through webhooks of the host's bot, or through a bot that the operator made for them."""
        bot = self._account.bots.get(persona.name) if self._account is not None else None
        if bot is None:
            raise Unsupported(
                "personas need no account on Discord: they speak through webhooks",
                remedy="for a bot of its own put its token under [platforms.discord.bots]",
            )
        return ours(bot.me)

    async def remove_account(self, persona: Persona) -> None:
        """There is nothing to take away: bots are made and deleted in the developer portal."""

    async def health(self) -> list[Check]:
        """The token, the privileged intents, the shards and their latency, the permissions in each guild."""
        if self._account is None:
            return [Check("discord connection", "fail", "not connected", "see `butler logs`")]
        from butler_discord.health import checks  # noqa: PLC0415 - it needs hikari

        return await checks(self._account)

    @property
    def connected(self) -> Account | None:
        """What acts, while it is connected."""
        return self._account

    def _ready(self) -> Account:
        if self._account is None:
            raise NotReady("discord is not connected yet")
        return self._account
