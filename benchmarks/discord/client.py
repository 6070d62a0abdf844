"""Who listens, in a process of its own: Butler with 50 plugins and its store, or a bare hikari bot."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import hikari
from attrs import define, field
from butler.config import load
from butler.engine.loader import Loader
from butler.faces.interpreter import settled
from butler.host import Host
from butler.logs import Logs
from butler_discord import Discord
from butler_discord.bot import Bot
from butler_discord.sending import Letter, Sending

from benchmarks.discord.lines import lines, say
from benchmarks.measure import p99, resident
from benchmarks.rig import BUDGETS, Instant, Looking, idle

PLUGINS, COMMITS = 50, 4
"""A message is journaled, observed, a call to its model begun, its answer written: each waits for its commit."""
SETTLING = 2.0
"""Seconds until all guilds are told."""


@define
class Count:
    """How many were handled, and when that will be enough."""

    seen: int = 0
    wanted: int = 0
    enough: asyncio.Event = field(factory=asyncio.Event)

    def one(self) -> None:
        self.seen += 1
        if self.seen >= self.wanted:
            self.enough.set()

    async def reach(self, more: int) -> None:
        """Tell the seconds until so many more were handled."""
        self.wanted += more
        self.enough.clear()
        wall, cpu = time.perf_counter(), time.process_time()
        await self.enough.wait()
        say(time.perf_counter() - wall, time.process_time() - cpu)


@define
class Replies:
    """When a message's frame came, and how long it took until its reply was written."""

    came: dict[int, float] = field(factory=dict)
    took: list[float] = field(factory=list)

    def watch(self) -> None:
        """From now on."""
        payload, posted = Bot._payload, Sending._posted

        async def heard(bot: Bot, event: Any) -> None:
            if event.name == "MESSAGE_CREATE":
                self.came[int(event.payload["id"])] = time.perf_counter()
            await payload(bot, event)

        async def written(sending: Sending, letter: Letter, key: str) -> Any:
            if (since := self.came.pop(letter.answers, None)) is not None:
                self.took.append((time.perf_counter() - since) * 1e3)
            return await posted(sending, letter, key)

        Bot._payload, Sending._posted = heard, written  # type: ignore[method-assign]


@asynccontextmanager
async def butler(address: str, token: str) -> AsyncIterator[Host]:
    """A host as `butler run` starts it."""
    with tempfile.TemporaryDirectory(prefix="butler-bench-") as folder:
        config = load(None, {"BUTLER_HOST__DATA": folder, "BUTLER_HOST__NEW_GUILDS": "any", **BUDGETS}, None)
        config = attrs.evolve(
            config, personas={"TheButler": {"prompt": "You are TheButler.", "model": "instant"}},
            platforms={"discord": {"token": token, "rest_url": address}},
        )  # fmt: skip
        loader = Loader({})
        loader.add("discord", Discord)
        for name, plugin in idle(PLUGINS, Looking).items():
            loader.add(name, plugin)
        with Logs(Path(folder)):
            host = Host(config, loader=loader)
            host.lifecycle.providers["instant"] = Instant(None, None)
            await host.start()
            try:
                platform: Any = None
                while platform is None or platform.connected is None:
                    await asyncio.sleep(0.1)
                    platform = host.platform("discord:")
                await asyncio.sleep(SETTLING)
                with settled():
                    yield host
            finally:
                await host.stop()


async def as_butler(address: str, token: str) -> None:
    """Butler."""
    replies = Replies()
    replies.watch()
    async with butler(address, token) as host:
        say("ready")
        seen: Any = host.lifecycle.plugins["p49"]
        async for what, *rest in lines():
            if what == "count":
                await _reached(seen, int(rest[0]), host)
            elif what == "memory":
                say(resident())
            else:
                await _replied(replies, int(rest[0]), host)


async def _reached(last: Any, more: int, host: Host) -> None:
    wanted = last.seen + more
    wall, cpu = time.perf_counter(), time.process_time()
    while last.seen < wanted:  # noqa: ASYNC110 - a plugin counts, nobody is told
        await asyncio.sleep(0.002)
    await host.drained()
    say(time.perf_counter() - wall, time.process_time() - cpu)


async def _replied(replies: Replies, wanted: int, host: Host) -> None:
    """Between the replies as many commits are timed, so that whatever else the machine does slows both."""
    replies.took.clear()
    commits: list[float] = []
    while len(replies.took) < wanted:
        begun = time.perf_counter()
        for part in range(COMMITS):
            await host.journal.cursor("bench", str(part))
        commits.append((time.perf_counter() - begun) * 1e3)
        await asyncio.sleep(0.02)
    took = sorted(replies.took)
    say(took[len(took) // 2], p99(took), sorted(commits)[len(commits) // 2], p99(commits))


async def as_hikari(address: str, token: str) -> None:
    """A listener that counts."""
    count = Count()
    bot = hikari.GatewayBot(token, rest_url=address, banner=None, logs=None, intents=hikari.Intents.ALL,
                            suppress_optimization_warning=True, auto_chunk_members=False)  # fmt: skip

    @bot.listen()
    async def heard(event: hikari.GuildMessageCreateEvent) -> None:
        count.one()

    await bot.start(check_for_updates=False)
    await asyncio.sleep(SETTLING)
    say("ready")
    async for what, *rest in lines():
        await count.reach(int(rest[0])) if what == "count" else say(resident())


if __name__ == "__main__":
    asyncio.run({"butler": as_butler, "hikari": as_hikari}[sys.argv[1]](*sys.argv[2:]))
