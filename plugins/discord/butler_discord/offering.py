"""Each guild is offered the commands that are enabled there; only what changed is set anew (HOST-10)."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from butler import Guild, NotReady, PlatformError, RateLimited, Scope

from butler_discord.bot import Bot
from butler_discord.commands import Offer, offer
from butler_discord.direct import Database
from butler_discord.guilds import Guilds
from butler_discord.ids import DM_GUILD, native, ours
from butler_discord.invite import invite_link
from butler_discord.keeping import put
from butler_discord.refusals import understood
from butler_discord.tables import Offered

log = structlog.get_logger("butler.discord")

MOMENT = 1.0
"""Changes within so many seconds are set together."""
LONGEST_PAUSE = 3_600.0


class Offering:
    """Offers commands, and knows what each means."""

    def __init__(self, host: Any, bot: Bot, guilds: Guilds, scope: Scope) -> None:
        self._host = host
        self._db: Database = host.db
        self._bot = bot
        self._guilds = guilds
        self._scope = scope
        self._offers: dict[str, Offer] = {}
        self._same: dict[Any, Offer] = {}
        self._kept: dict[str, str] = {}
        self._changed: set[str] = set()
        self._news = asyncio.Event()

    async def load(self) -> None:
        """Read what each guild was given last, and begin to keep up."""

        def find() -> dict[str, str]:
            return {str(row.guild): str(row.digest) for row in Offered.select()}

        self._kept = await self._db.read(find)
        self._scope.task(self._keep_up(), "discord commands")

    def changed(self, guild: str = "") -> None:
        """The commands of a guild, or (``""``) of all, may have changed."""
        if not guild:
            self._same.clear()
            self._offers.clear()
        self._offers.pop(guild, None)
        self._changed |= {guild} if guild else {DM_GUILD, *(ours(each) for each in self._guilds.known)}
        self._news.set()

    def left(self, guild: str) -> None:
        """The bot is no longer there."""
        self._offers.pop(guild, None)
        self._kept.pop(guild, None)

    async def at(self, guild: Guild) -> Offer:
        """What a guild is offered."""
        found = self._offers.get(guild.id)
        if found is None:
            found = self._offers[guild.id] = await self._made(guild.id)
        return found

    async def _made(self, guild: str) -> Offer:
        specs = self._host.serving.commands_in(guild)
        contexts = self._host.serving.context_commands_in(guild)
        private = guild == DM_GUILD
        key = (private, tuple((s.plugin, s.name) for s in specs), tuple((p, c.name, c.on) for p, c in contexts))
        found = self._same.get(key)
        if found is None:
            found = self._same[key] = await offer(specs, contexts, private=private)
            if found.left_out:
                log.warning("discord takes no more commands", guild=guild, left_out=list(found.left_out))
        return found

    # --- setting ------------------------------------------------------------------------------------

    async def _keep_up(self) -> None:
        pause = MOMENT
        while True:
            await self._news.wait()
            await asyncio.sleep(pause)
            self._news.clear()
            changed, self._changed = self._changed, set()
            pause = MOMENT
            for guild in sorted(changed):
                pause = max(pause, await self._set(guild))

    async def _set(self, guild: str) -> float:
        """Set a guild's commands if they are others than before; returns how long to wait where that failed."""
        if not self._is_served(guild):
            return 0.0
        found = await self._made(guild)
        self._offers[guild] = found
        if self._kept.get(guild) == found.digest:
            return 0.0
        try:
            await self._put(guild, found)
        except RateLimited as error:
            return self._again(guild, min(LONGEST_PAUSE, max(MOMENT, error.retry_after)))
        except NotReady:
            return self._again(guild, 5.0)
        except PlatformError as error:
            log.warning("commands cannot be set in a guild", guild=guild, reason=str(error), remedy=self.invite)
        return 0.0

    def _is_served(self, guild: str) -> bool:
        known = self._guilds.known.get(native(guild)) if guild != DM_GUILD else None
        return guild == DM_GUILD or (known is not None and known.accepted)

    def _again(self, guild: str, pause: float) -> float:
        self._changed.add(guild)
        self._news.set()
        return pause

    async def _put(self, guild: str, found: Offer) -> None:
        with understood():
            if guild == DM_GUILD:
                await self._bot.rest.set_application_commands(self._bot.application, found.builders)
            else:
                await self._bot.rest.set_application_commands(
                    self._bot.application, found.builders, guild=native(guild)
                )
        row = {"guild": guild, "digest": found.digest}
        await self._db.write(lambda: put(Offered, [row]))
        self._kept[guild] = found.digest
        log.info("commands are set", guild=guild, commands=len(found.builders))

    @property
    def invite(self) -> str:
        """What to do where the bot was let in without its commands."""
        return f"invite the bot with the scope applications.commands: {invite_link(self._bot.application)}"
