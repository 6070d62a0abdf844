"""Many personas on Matrix: one application service against as many clients that sync (LUNA-5, HOST-15)."""

from __future__ import annotations

import asyncio
import gc
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import attrs
from butler import Persona
from butler_luna_matrix.settings import Settings
from butler_luna_matrix.testing import Synapse
from butler_luna_matrix.testing.bot import Bot, House, say

from benchmarks.measure import Row, Size, resident

FASTER, REGISTERED, KILOBYTES = 3.0, 3.0, 100.0
PERSONAS, MESSAGES, AT_ONCE = 100, 600, 16


@attrs.frozen
class Found:
    """What one way took."""

    seconds: float
    median: float
    registered: float
    kilobytes: float


async def measure(size: Size) -> list[Row]:
    """Each way on the same homeserver, by turns, once for every two rounds."""
    personas, messages = size.of(PERSONAS, 3), size.of(MESSAGES, 12)
    rounds = max(1, size.rounds // 2)
    with Synapse() as server:
        found = [
            (
                await _way(server, "service", personas, messages, turn),
                await _way(server, "each", personas, messages, turn),
            )
            for turn in range(rounds)
        ]
    service = [one for one, _ in found]
    speed = statistics.median(other.seconds / one.seconds for one, other in found)
    ours, theirs = (statistics.median(messages / way.seconds for way in ways) for ways in zip(*found, strict=True))
    load = f"{personas} personas in one room say {messages} things, {AT_ONCE} at once; all is heard by the host"
    waits = [statistics.median(way.median for way in ways) * 1e3 for ways in zip(*found, strict=True)]
    return [
        Row("application service against a client each", load, speed, target=(">=", FASTER),
            note=f"{ours:.0f} against {theirs:.0f} messages/s; p50 {waits[0]:.0f} against {waits[1]:.0f} ms"),
        Row("registering them as users", f"{personas} personas, one after the other in {AT_ONCE} rows",
            statistics.median(way.registered for way in service), "s", target=("<", REGISTERED)),
        Row("memory of a persona, application service", f"{personas} personas, after they talked",
            statistics.median(way.kilobytes for way in service), "KB", target=("<", KILOBYTES),
            note=f"a client each: {statistics.median(way.kilobytes for _, way in found):.0f} KB"),
    ]  # fmt: skip


async def _way(server: Synapse, way: str, personas: int, messages: int, turn: int) -> Found:
    with tempfile.TemporaryDirectory(prefix="butler-bench-") as folder:
        bot = Bot(server, Path(folder), _settings(server, way, turn), House(Path(folder)))
        async with server.person(f"ann-{way}-{turn}") as ann, bot.running() as matrix:
            account: Any = matrix.connected
            room = await ann.create_room(preset="public_chat")
            gc.collect()
            before = resident()
            users = [f"@{bot.settings.namespace}{number}:{server.server_name}" for number in range(personas)]
            started = time.perf_counter()
            await _all(account.make(user, f"P{number}") for number, user in enumerate(users))
            registered = time.perf_counter() - started
            bot.house.personas = tuple(
                Persona(f"P{number}", accounts={"matrix": f"matrix:{user}"}) for number, user in enumerate(users)
            )
            await _all(account.line_of(user).ask("POST", "join", room, body={}) for user in users)
            await ann.say(room, "are all there?")
            await bot.house.text("are all there?")
            seconds, median = await _talk(bot, matrix, ann, room, messages, personas)
            gc.collect()
            return Found(seconds, median, registered, max(0.0, resident() - before) * 1024 / personas)


async def _talk(bot: Bot, matrix: Any, ann: Any, room: str, messages: int, personas: int) -> tuple[float, float]:
    took = []

    async def one(number: int) -> None:
        begun = time.perf_counter()
        await matrix.perform(say(room, f"thing {number}", persona=f"P{number % personas}"), f"b{number}")
        took.append(time.perf_counter() - begun)

    started = time.perf_counter()
    await _all(one(number) for number in range(messages))
    await ann.say(room, "that was all")
    await bot.house.until(lambda: "that was all" in bot.house.texts, within=300)
    return time.perf_counter() - started, statistics.median(took)


async def _all(work: Any) -> None:
    """A few at once."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def run(each: Any) -> None:
        async with slots:
            await each

    await asyncio.gather(*(run(each) for each in work))


def _settings(server: Synapse, way: str, turn: int) -> Settings:
    if way == "service":
        given = server.service()
        return Settings(
            server.address, given.user, accounts="service", namespace=given.namespace, listen=given.listen,
            registration=str(given.file), read_receipts=False, accept_invites="any",
        )  # fmt: skip
    user = server.register(f"butler-{turn}", admin=True)
    return Settings(
        server.address,
        user,
        f"butler-{turn}-password",
        accounts="each",
        namespace=f"each{turn}_",
        read_receipts=False,
        accept_invites="any",
    )
