"""Starts a stand-in, a Butler in it, and a client; or one of them alone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from butler_discord.testing.discord import Discord
from butler_discord.testing.rest.limits import AS_DISCORD
from butler_discord.testing.state.users import App

CONFIGURATION = """\
[host]
data = "{data}"
operators = ["discord:{operator}"]
new_guilds = "any"

[platforms.discord]
token = "env:BUTLER_DISCORD_TOKEN"
rest_url = "{rest_url}"
"""
WITHIN = 60.0
"""Seconds in which the host has to be connected."""


class NotUp(RuntimeError):
    """The host did not connect."""


@asynccontextmanager
async def standin(port: int, owner: str) -> AsyncIterator[tuple[Discord, App]]:
    """A stand-in with a guild, its owner, two more people, and an application called Butler."""
    discord = Discord(limits=AS_DISCORD)
    await discord.start(port)
    try:
        app = discord.bot("Butler")
        guild = discord.guild("House", channels=("general", "games", "quiet"), owner=owner, tells_joins=True)
        discord.invite(app, guild)
        for name in ("ann", "bob"):
            discord.anybody(name, guild)
        yield discord, app
    finally:
        await discord.stop()


@asynccontextmanager
async def host(discord: Discord, app: App, owner: str, folder: Path) -> AsyncIterator[None]:
    """A Butler of its own, connected to the stand-in. Raises ``NotUp`` with where its log is."""
    person = discord.anybody(owner)
    configuration = folder / "butler.toml"
    text = CONFIGURATION.format(data=folder / "data", operator=person.id, rest_url=discord.rest_url)
    await asyncio.to_thread(configuration.write_text, text, encoding="utf-8")
    log = folder / "host.log"
    with log.open("wb") as lines:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "butler", "run", "--no-console", "--config", str(configuration),
            env={**os.environ, "BUTLER_DISCORD_TOKEN": app.token}, stdin=asyncio.subprocess.DEVNULL,
            stdout=lines, stderr=lines,
        )  # fmt: skip
    try:
        await _connected(discord, app, process, log)
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _connected(discord: Discord, app: App, process: asyncio.subprocess.Process, log: Path) -> None:
    ended = asyncio.create_task(process.wait(), name="discord stand-in: the host's end")
    up = asyncio.create_task(discord.until(lambda: any(discord.hub.of(app)), WITHIN))
    try:
        await asyncio.wait({ended, up}, return_when=asyncio.FIRST_COMPLETED)
        if not up.done() or up.exception() is not None:
            tail = (await asyncio.to_thread(log.read_text, errors="replace")).splitlines()[-15:]
            raise NotUp("\n".join([*tail, f"the host did not connect; its log was {log}"]))
    finally:
        for task in (ended, up):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, TimeoutError):
                await task


@contextlib.contextmanager
def folder(given: Path | None) -> Iterator[Path]:
    """The folder that is given, or one that is gone afterwards."""
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="butler-discord-") as made:
        yield Path(made)
