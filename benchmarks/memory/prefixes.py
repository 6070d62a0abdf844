"""How much of each prompt begins as the one before it, with the memory at work (MEM-13)."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Sequence

from butler import Prompt
from butler.testing import House
from butler.testing.logs import collected
from butler.testing.providers import PrefixCache, tokens
from butler.testing.providers.cache import prefixes as begins
from butler_memory import Memory

from benchmarks.measure import Row, Size

READ, WRITTEN, MINIMUM = 0.1, 1.25, 1024
TOML = (
    "[host]\nbudget_new_guild_day_requests = 1000000\nbudget_person_hour_requests = 1000000\n"
    "budget_host_day_tokens = 1000000000\nbudget_person_hour_tokens = 1000000000\n"
    '[plugins.memory]\nextract_after = 5\n[personas.Nyx]\nmodel = "script"\n'
    'channels = ["*"]\nprompt = "You are Nyx, who lives between the wires."\n[personas.TheButler]\nmodel = "script"\n'
)


def prefixes(size: Size) -> list[Row]:
    """In a talk of a thousand turns with facts, edits and two personas; turns that compact excepted."""
    turns = size.of(1_000, least=30)
    prompts = _talk(turns)
    cache = PrefixCache(_Still(), ttl=3600)
    same = total = billed = 0.0
    before: dict[str, list[str]] = {}
    whole = 0
    for prompt in prompts:
        turns_ = [tokens.cut(f"{turn.role}: {turn.text}\n") for turn in prompt.turns]
        said = [token for turn in turns_ for token in turn]
        ends = list(itertools.accumulate(len(turn) for turn in turns_))
        last = max([end for end, turn in zip(ends, prompt.turns, strict=True) if turn.stable], default=0)
        marks = [mark for mark in begins(said, ends) if MINIMUM <= mark.length <= last]
        read = cache.read(marks)
        cache.write(marks)
        billed += READ * read + WRITTEN * max(0, last - read) * (last >= MINIMUM)
        billed += len(said) - (last if last >= MINIMUM else 0)
        whole += len(said)
        former = before.get(prompt.persona)
        if former and not _compacted(former, said):
            same += _shared(former, said)
            total += len(said)
        before[prompt.persona] = said
    load = f"{turns} turns with facts, edits and two personas, chapters at 25,000 tokens"
    return [
        Row("a prompt that begins as the one before", load, 100 * same / max(1, total), "%", (">=", 95.0)),
        Row("billed of what it would cost uncached", load, 100 * billed / whole, "%", ("<=", 20.0)),
    ]


class _Still:
    """Time stands: an hour's cache is asked again within the hour."""

    def monotonic(self) -> float:
        return 0.0


def _shared(before: Sequence[str], now: Sequence[str]) -> int:
    count = 0
    for one, other in zip(before, now, strict=False):
        if one != other:
            break
        count += 1
    return count


def _compacted(before: Sequence[str], now: Sequence[str]) -> bool:
    return len(now) < len(before) * 0.7


def _talk(turns: int) -> list[Prompt]:
    found: list[Prompt] = []
    with collected(), House([Memory], toml=TOML) as house:

        def answer(prompt: Prompt) -> str:
            found.append(prompt)
            return f"This is answer {len(found)}, and it says in some more words what there is to be said."

        def facts(prompt: Prompt) -> str:
            said = re.findall(r"^(\d+)\. ann: (.*my (\w+) is called (\w+).*)$", prompt.turns[-1].text, re.MULTILINE)
            told = [
                {"message": int(number), "quote": value, "text": f"ann's {what} is called {value}", "about": "ann",
                 "slot": what}
                for number, _, what, value in said
            ]  # fmt: skip
            return json.dumps({"facts": told})

        house.model.context, house.model.otherwise = 200_000, answer
        house.model.rule("The conversation:", facts)
        house.model.rule("source=.earlier messages", "We talked about one matter after the other, at length.")
        house.model.rule("source=.all memories", "# Who I am\nI serve.\n# What I remember\nann\n# Past conversations")
        for turn in range(turns):
            who = ("Nyx", "TheButler")[turn // 5 % 2]
            fact = f"my {('cat', 'dog', 'boat')[turn % 3]} is called Name{turn}. " if turn % 7 == 0 else ""
            message = house.post(
                "ann", f"{who}, {fact}what do you think about the matter number {turn}, in some detail?"
            )
            if turn % 50 == 49:
                house.edit("ann", message, f"{who}, what about the other matter?")
            house.advance(seconds=40)
    return found
