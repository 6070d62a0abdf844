"""Which invite somebody came with. Discord does not say; it is seen from how often each was used (PLAT-1)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from butler import Event, NotReady, PlatformError

from butler_discord.bot import Bot
from butler_discord.guilds import Guilds
from butler_discord.ids import ours
from butler_discord.known import Known
from butler_discord.pieces import Happened
from butler_discord.refusals import understood

log = structlog.get_logger("butler.discord")

JSON = dict[str, Any]
MOMENT = 1.0
"""Those who join within so many seconds are looked at together."""
PAUSE = 1.0
"""Between two guilds that are looked at for the first time."""
Uses = dict[str, tuple[int, str]]
"""An invite's code, to how often it was used and who made it."""


class Invites:
    """Watches the invites of the guilds that the bot may manage."""

    def __init__(self, bot: Bot, guilds: Guilds, take: Callable[[list[Happened]], Awaitable[None]]) -> None:
        self._bot = bot
        self._guilds = guilds
        self._take = take
        self._uses: dict[int, Uses] = {}
        self._new: dict[int, None] = {}
        self._came: dict[int, list[Event]] = {}
        self._news = asyncio.Event()

    def watch(self, known: Known) -> None:
        """A guild is there: look at its invites, in time."""
        if self._guilds.manages(known) and known.id not in self._uses:
            self._new[known.id] = None
            self._news.set()

    def forget(self, guild: int) -> None:
        """A guild is gone."""
        self._uses.pop(guild, None)
        self._new.pop(guild, None)

    def made(self, raw: JSON) -> None:
        """An invite was made."""
        inviter = raw.get("inviter") or {}
        uses = self._uses.get(int(raw.get("guild_id") or 0))
        if uses is not None:
            uses[str(raw["code"])] = (int(raw.get("uses") or 0), ours(inviter["id"]) if inviter.get("id") else "")

    def came(self, event: Event, known: Known) -> None:
        """Somebody joined."""
        if self._guilds.manages(known) and known.id in self._uses:
            self._came.setdefault(known.id, []).append(event)
            self._news.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            if self._came:
                await asyncio.sleep(MOMENT)
            came, self._came = self._came, {}
            for guild, events in came.items():
                await self._tell(guild, events)
            while self._new and not self._came:
                guild = next(iter(self._new))
                del self._new[guild]
                self._uses[guild] = await self._read(guild) or {}
                await asyncio.sleep(PAUSE if self._new else 0)

    async def _read(self, guild: int) -> Uses | None:
        try:
            with understood():
                found: Any = await self._bot.rest.fetch_guild_invites(guild)
        except NotReady:
            return None
        except PlatformError as error:
            log.debug("a guild's invites cannot be read", guild=guild, reason=str(error))
            return None
        return {each.code: (each.uses, ours(int(each.inviter.id)) if each.inviter else "") for each in found}

    async def _tell(self, guild: int, events: list[Event]) -> None:
        before, now = self._uses.get(guild, {}), await self._read(guild)
        if now is None:
            return
        self._uses[guild] = now
        used = {code: uses - before.get(code, (0, ""))[0] for code, (uses, _) in now.items()}
        # one with a single use left is gone already
        used |= {code: 1 for code in before if code not in now}
        used = {code: times for code, times in used.items() if times > 0}
        certain = len(used) == 1 and sum(used.values()) >= len(events)
        await self._take([self._used(event, used, {**before, **now}, certain=certain) for event in events])

    def _used(self, event: Event, used: dict[str, int], known: Uses, *, certain: bool) -> Event:
        code = next(iter(used)) if certain else ""
        data = {"certain": certain, "inviter": known.get(code, (0, ""))[1], "codes": sorted(used)}
        return Event(f"{event.id}:invite", "invite_used", event.guild, event.at, None, event.person, code, code, data)
