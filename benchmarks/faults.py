"""A plugin that raises or hangs: what the other plugins' messages cost with it and without it."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from butler import Plugin, hookimpl
from butler.host import Host
from butler.model import Message

from benchmarks.measure import Pairs, Row, Size, cpu, settled_gc
from benchmarks.rig import NoJournal, channel, hosting, idle, pending

TARGET = 1.05
GUILDS = 20


class Raises(Plugin):
    """Raises at every message."""

    @hookimpl
    async def on_message(self, message: Message) -> None:
        raise ValueError("never works")


class Hangs(Plugin):
    """Never returns; it is ended at its deadline."""

    deadlines: ClassVar = {"on_message": 0.05}

    @hookimpl
    async def on_message(self, message: Message) -> None:
        await asyncio.Event().wait()


async def measure(size: Size) -> list[Row]:
    """50 plugins that do nothing, with and without one that misbehaves."""
    return [await _one(size, "raises", Raises), await _one(size, "hangs", Hangs)]


async def _one(size: Size, how: str, bad: type[Plugin]) -> Row:
    number = size.of(8_000, 40)
    floors, subjects, faults = [], [], []
    for _ in range(size.rounds):
        floors.append((await _seconds(number, None))[0])
        seconds, seen = await _seconds(number, bad)
        subjects.append(seconds)
        faults.append(seen)
    found = Pairs(tuple(floors), tuple(subjects))
    return Row(
        f"beside a plugin that {how}", f"{number:,} messages in {GUILDS} guilds through the queues, 50 plugins, store "
        "off, all faults until quarantine and their log lines included; floor: the same without it",
        found.cost, target=("<=", TARGET), note=f"{faults[0]} faults until it is quarantined everywhere",
    )  # fmt: skip


async def _seconds(number: int, bad: type[Plugin] | None) -> tuple[float, int]:
    """Processor time for the messages, and how many faults there were."""
    plugins = {**idle(50), **({"bad": bad} if bad else {})}
    async with hosting(plugins, journal=NoJournal, mumbling=True) as host:
        await _through(host, 100)
        with settled_gc():
            started = cpu()
            await _through(host, number)
            seconds = cpu() - started
        return seconds, len(host.quarantine.last)


async def _through(host: Host, number: int) -> None:
    """Queue them portion by portion, as they would come."""
    places = [channel(index, index % GUILDS, members=2) for index in range(100)]
    items = [pending(index + 1, places[index % 100], host) for index in range(number)]
    for at in range(0, number, 1000):
        for item in items[at : at + 1000]:
            place = item.item.channel
            assert place is not None
            host.queues.put(place.guild.id, place.id, item)
        await host.queues.drained()
