"""A hundred thousand memories, and a thousand personas that have some."""

from __future__ import annotations

import gc
import random
import statistics
import time
import tracemalloc
from collections.abc import Sequence
from functools import partial
from typing import Any

from butler import Message, Person, Persona
from butler_memory import Memory, index
from butler_memory.tables import Item
from butler_memory.words import digest

from benchmarks.measure import Row, Size
from benchmarks.memory.log import BEGIN, SLOTS, channel_of, word
from benchmarks.rig import hosting

PEOPLE = 500


def _items(count: int, persona: str = "TheButler") -> list[Item]:
    dice = random.Random(3)
    people = [Person(f"bench:p{number}", word(dice)) for number in range(PEOPLE)]
    place = channel_of("den", "a")
    found = []
    for number in range(count):
        who, slot = people[number % PEOPLE], dice.choice(SLOTS)
        text = slot.text.format(n=who.name, v=f"{word(dice)} {word(dice)}")
        found.append(
            Item(
                persona=persona, kind="fact", about=who.id, name=who.name, text=text, slot="", data={},
                source=f"bench:m{number}", seq=number, by=who.id, guild=place.guild.id, channel=place.id,
                private=False, at=BEGIN.timestamp() + number, digest=digest(who.id, text, str(number)),
            )
        )  # fmt: skip
    return found


def _put(items: Sequence[Item]) -> None:
    for item in items:
        item.id = Item.insert(item.__data__).execute()
    index.put(items)


async def _fill(plugin: Any, items: Sequence[Item]) -> None:
    for begin in range(0, len(items), 2000):
        await plugin.host.db.write(partial(_put, items[begin : begin + 2000]))


async def big(size: Size) -> Row:
    """How long a prompt waits for its memories where one guild has a hundred thousand."""
    count = size.of(100_000, least=500)
    dice = random.Random(4)
    async with hosting({"memory": Memory}) as host:
        plugin: Any = host.lifecycle.plugins["memory"]
        items = _items(count)
        await _fill(plugin, items)
        seconds = []
        for number in range(size.of(400, least=10)):
            about = dice.choice(items)
            asker = Person(about.by, about.name)
            text = dice.choice(dice.choice(SLOTS).other).format(n=about.name)
            message = Message(f"bench:q{number}", channel_of("den", "a"), asker, text, BEGIN, count + number)
            began = time.perf_counter()
            await plugin.build_prompt(message, Persona("TheButler", model=("offline",)))
            seconds.append(time.perf_counter() - began)
    p95 = statistics.quantiles(seconds, n=20)[-1] * 1e3
    load = f"{count} memories of {PEOPLE} people in one guild, one question after the other"
    note = f"median {statistics.median(seconds) * 1e3:.1f} ms"
    return Row("memories among 100,000: p95", load, p95, "ms", ("<", 20.0), note)


async def idle(size: Size) -> Row:
    """What a persona with memories keeps in memory while nobody talks to it."""
    count = size.of(1_000, least=10)
    async with hosting({"memory": Memory}) as host:
        plugin: Any = host.lifecycle.plugins["memory"]
        asker, place = Person("bench:p1", "Ada"), channel_of("den", "a")
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        for number in range(count):
            name = f"persona{number}"
            await _fill(plugin, _items(5, name))
            message = Message(f"bench:i{number}", place, asker, "where does Ada live?", BEGIN, number)
            await plugin.build_prompt(message, Persona(name, model=("offline",)))
        gc.collect()
        each = (tracemalloc.get_traced_memory()[0] - before) / count / 1024
        tracemalloc.stop()
    load = f"{count} personas, 5 memories each, asked once"
    return Row("an idle persona with memories", load, each, "KB", ("<", 50.0))
