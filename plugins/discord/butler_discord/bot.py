"""One bot account: its connection over hikari, held up, watched, and begun anew when it ends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import hikari
import structlog
from butler import Clock, NotReady, PlatformError, Scope

from butler_discord.endings import PRIVILEGED, ended, missing
from butler_discord.outages import Outages
from butler_discord.refusals import understood

log = structlog.get_logger("butler.discord")

JSON = dict[str, Any]
Hear = Callable[[str, JSON], Awaitable[None]]
"""Takes the name of an event and what Discord says; its first step waits for nothing."""

HOUR = 3600.0
MOST_STARTS = 45
"""New sessions (IDENTIFY) in an hour; Discord allows a thousand a day."""
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0
RETRY_LIMIT = 5.0
"""So many seconds of a rate limit are waited for here; the host waits longer ones."""
HTTP = hikari.impl.HTTPSettings(force_close_transports=False)


class Bot:
    """Holds one account's connection up. ``hear`` is told of everything, in order."""

    def __init__(
        self,
        token: str,
        *,
        intents: hikari.Intents,
        hear: Hear,
        clock: Clock,
        rest_url: str = "",
        shard_count: int = 1,
        shards: Sequence[int] = (),
    ) -> None:
        logging.getLogger("hikari").setLevel(logging.CRITICAL)  # what matters is logged here, once
        self._token = token
        self._wanted = intents
        self._hear = hear
        self._clock = clock
        self._rest_url = rest_url or None
        self._shard_count = shard_count or None
        self._shards = tuple(shards) or None
        self._starts: deque[float] = deque(maxlen=MOST_STARTS)
        self._outages = Outages(clock)
        self._run: hikari.GatewayBot | None = None
        self._web = hikari.RESTApp(http_settings=HTTP, max_rate_limit=RETRY_LIMIT, max_retries=0, url=self._rest_url)
        self._rest: hikari.impl.RESTClientImpl | None = None
        self._scope: Scope | None = None
        self.me = 0
        self.application = 0
        self.name = ""
        self.missing: tuple[str, ...] = ()
        """The privileged intents that are wanted and not switched on."""
        self.trouble = ""
        """Why there is no connection, or ``""``."""

    # --- life ---------------------------------------------------------------------------------------

    async def start(self, scope: Scope) -> None:
        """Connect every shard. Raises ``NotReady`` or ``PlatformError``, with nothing left open."""
        self._scope = scope
        await self._web.start()
        self._rest = self._web.acquire(self._token, hikari.TokenType.BOT)
        self._rest.start()
        try:
            with understood():
                await self._probe(self._rest)
            await self._open()
        except BaseException:
            await self.close()
            raise
        scope.task(self._hold(), f"discord {self.name}")
        scope.closing(f"discord {self.name}", self.close)

    async def _open(self) -> None:
        bot = self._made(self._intents())
        try:
            with understood():
                await bot.start(check_for_updates=False, shard_count=self._shard_count, shard_ids=self._shards)
        except (hikari.GatewayServerClosedConnectionError, RuntimeError) as error:
            await _closed(bot)
            raise ended(error) from None
        except BaseException:
            await _closed(bot)
            raise
        self._run = bot
        self.trouble = ""

    def _made(self, intents: hikari.Intents) -> hikari.GatewayBot:
        bot = hikari.GatewayBot(
            self._token,
            banner=None,
            suppress_optimization_warning=True,
            logs=None,
            intents=intents,
            auto_chunk_members=False,
            cache_settings=hikari.impl.CacheSettings(components=hikari.api.CacheComponents.NONE),
            http_settings=HTTP,
            max_rate_limit=RETRY_LIMIT,
            max_retries=0,
            rest_url=self._rest_url,
        )
        bot.subscribe(hikari.ShardPayloadEvent, self._payload)
        bot.subscribe(hikari.ShardConnectedEvent, self._outages.up)
        bot.subscribe(hikari.ShardDisconnectedEvent, self._went)
        return bot

    async def _probe(self, rest: hikari.api.RESTClient) -> None:
        """Who we are, and which privileged intents are switched on."""
        me, application = await asyncio.gather(rest.fetch_my_user(), rest.fetch_application())
        self.me, self.name, self.application = int(me.id), me.username, int(application.id)
        self.missing = tuple(str(intent.name) for intent in missing(self._wanted, int(application.flags)))

    def _intents(self) -> hikari.Intents:
        lacking = [intent for intent in PRIVILEGED if intent.name in self.missing]
        if lacking:
            log.warning("privileged intents are not switched on", bot=self.name, missing=list(self.missing))
        found = self._wanted
        for intent in lacking:
            found &= ~intent
        return found

    async def _hold(self) -> None:
        """Begin anew whenever the connection ends for good."""
        pause = FIRST_PAUSE
        while True:
            try:
                await self._ends()
                await self._budget()
                await self._open()
                log.info("discord is connected anew", bot=self.name)
                pause = FIRST_PAUSE
            except PlatformError as error:
                if not self.trouble:
                    log.error("discord is not connected", bot=self.name, reason=str(error))
                self.trouble = str(error)
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE, pause * 2)

    async def _ends(self) -> None:
        """Return when there is no connection to be held; raise why it ended."""
        bot = self._run
        if bot is None:
            return
        try:
            await bot.join()
        except (hikari.HikariError, RuntimeError) as error:
            raise ended(error) from None
        finally:
            self._run = None
            await _closed(bot)

    async def _budget(self) -> None:
        """New sessions are counted: wait where an hour's are used up."""
        now = self._clock.monotonic()
        if len(self._starts) == MOST_STARTS and (left := self._starts[0] + HOUR - now) > 0:
            log.warning("too many new sessions, discord is connected again later", bot=self.name, seconds=round(left))
            self.trouble = "too many new sessions within an hour"
            await asyncio.sleep(left)

    async def close(self) -> None:
        """Let go of the connection."""
        bot, self._run = self._run, None
        self._outages.end()
        if bot is not None:
            await _closed(bot)
        rest, self._rest = self._rest, None
        if rest is not None and rest.is_alive:
            await rest.close()
            await self._web.close()

    # --- what is heard ------------------------------------------------------------------------------

    async def _payload(self, event: hikari.ShardPayloadEvent) -> None:
        if event.name == "READY":
            self._begun()
        await self._hear(event.name, event.payload)  # type: ignore[arg-type]  # hikari types it as any mapping

    def _begun(self) -> None:
        """A new session was begun. Where an hour's are used up, end this one before another is asked for."""
        self._starts.append(self._clock.monotonic())
        full = len(self._starts) == MOST_STARTS and self._starts[0] > self._clock.monotonic() - HOUR
        if full and self._scope is not None and not self._scope.closed and (bot := self._run) is not None:
            self._scope.task(_closed(bot), "discord sessions")

    async def _went(self, event: hikari.ShardDisconnectedEvent) -> None:
        if self._run is not None:
            self._outages.went(event.shard.id)

    # --- what it offers -----------------------------------------------------------------------------

    @property
    def rest(self) -> hikari.api.RESTClient:
        """The API. Raises ``NotReady`` before the start and after the end."""
        if self._rest is None:
            raise NotReady("discord is not connected")
        return self._rest

    @property
    def gateway(self) -> hikari.GatewayBot:
        """The connection itself. Raises ``NotReady`` while there is none."""
        if self._run is None:
            raise NotReady("discord is not connected")
        return self._run

    @property
    def latencies(self) -> Mapping[int, float]:
        """Seconds between heartbeat and its answer, by shard; of those that are not heard not a number."""
        return self._run.heartbeat_latencies if self._run is not None else {}

    @property
    def sessions(self) -> int:
        """How many new sessions were begun in the last hour."""
        return sum(start > self._clock.monotonic() - HOUR for start in self._starts)


async def _closed(bot: hikari.GatewayBot) -> None:
    with contextlib.suppress(hikari.ComponentStateConflictError):
        await bot.close()
