"""Prompts of any shape: none over budget, and what must stay stays (MEM-14)."""

from __future__ import annotations

import random

from butler import Message, Persona, Section
from butler.engine.prompt import assemble

from benchmarks.measure import Row, Size
from benchmarks.memory.log import BEGIN, channel_of
from benchmarks.rig import ANN


def fitting(size: Size) -> Row:
    """How many of a hundred thousand are over budget, or lost the newest message or a section that is never dropped."""
    count = size.of(100_000, least=500)
    dice, place = random.Random(5), channel_of("den", "a")
    bad = 0
    for _ in range(count):
        room = dice.choice((400, 1_000, 4_000, 16_000))
        kept = Section("What was agreed on stays. ", priority=100, stable=dice.random() < 0.5)
        sections = [kept, *[_section(dice) for _ in range(dice.randrange(6))]]
        said = [_message(dice, place, at) for at in range(dice.randrange(12))]
        newest = _message(dice, place, 99)
        made = assemble(Persona("P", prompt="You are P."), sections, said, newest, room=room, count=_count)
        tokens = sum(_count(turn.text) for turn in made.turns)
        texts = [turn.text for turn in made.turns]
        ends = newest.text[-40:] in texts[-1]
        bad += tokens > room or not ends or kept.text not in texts
    return Row("prompts over budget or without what must stay", f"{count} generated prompts", bad, "", ("<=", 0.0))


def _count(text: str) -> int:
    return len(text) // 4 + 1


def _section(dice: random.Random) -> Section:
    text = "something to know of somebody. " * dice.randrange(1, 80)
    short = text[: len(text) // 4] if dice.random() < 0.5 else ""
    return Section(
        text, priority=dice.randrange(100), stable=dice.random() < 0.5, short=short, covers=dice.choice((0, 0, 3))
    )


def _message(dice: random.Random, place: object, seq: int) -> Message:
    return Message(f"bench:m{seq}", place, ANN, f"{seq} " + "said that and more. " * dice.randrange(1, 200), BEGIN, seq)
