"""What a character's lore costs: a lorebook of 1,000 entries is looked through, and the prompt put together."""

from __future__ import annotations

import statistics

from butler.engine.prompt import assemble
from butler.model import Message, Persona, Section
from butler_persona_claude.character import Entry, Lorebook
from butler_persona_claude.lore import Lore

from benchmarks.measure import Row, Size, cpu, p99, settled_gc
from benchmarks.rig import ANN, NOW, channel

TARGET = 5.0
ENTRIES, HISTORY = 1_000, 40


async def measure(size: Size) -> list[Row]:
    """Processor time from the messages to the fitted prompt."""
    lore = Lore(Lorebook(tuple(_entry(at) for at in range(ENTRIES)), recursive=True))
    with settled_gc():
        seconds = [_one(lore, number) for number in range(size.of(1_000, least=50))]
    half, tail = statistics.median(seconds) * 1e3, p99(seconds) * 1e3
    load = f"{ENTRIES} entries that bring up each other, {HISTORY} messages of history, all of them looked at"
    return [
        Row("a prompt with a large lorebook: median", load, half, "ms", ("<", TARGET)),
        Row("a prompt with a large lorebook: p99", load, tail, "ms", ("<", TARGET)),
    ]


def _entry(at: int) -> Entry:
    keys = (f"tower{at}", f"the old keeper of tower {at}")
    return Entry(f"Tower {at} lies behind tower{(at * 7 + 1) % ENTRIES}; its keeper is calm.", keys, order=at)


def _one(lore: Lore, number: int) -> float:
    place = channel(0, members=2)
    said = [
        Message(f"bench:h{at}", place, ANN, f"so I went to tower{(number + 13 * at) % ENTRIES} and home", NOW, at + 1)
        for at in range(HISTORY)
    ]
    newest = Message("bench:m", place, ANN, f"what of tower{number % ENTRIES}?", NOW, HISTORY + 2)
    persona = Persona("Nyx", prompt="You are Nyx, who keeps the towers. " * 40)

    def count(text: str) -> int:
        return len(text) // 3 + 1

    began = cpu()
    told = lore.told([each.text for each in (*said, newest)], budget=1500, count=count)
    assemble(persona, [Section(told)], said, newest, room=16_000, count=count)
    return cpu() - began
