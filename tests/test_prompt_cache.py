"""What a long conversation costs where the provider caches: a house's prompts at Anthropic's stand-in.

A house with a scripted model makes the prompts of many turns, with memories that change, lore, edits, pauses and two
personas; the real SDK then sends them to the stand-in, at the times at which they were made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from attrs import define, evolve, field, frozen
from butler import Clock, Message, Persona, Plugin, Prompt, Section, Usage, hookimpl, tool
from butler.testing import House
from butler.testing.providers import Asked, tokens
from butler.testing.providers.anthropic import Anthropic as Server
from butler.testing.providers.anthropic import Claude
from butler_llm_anthropic.provider import Anthropic
from butler_llm_anthropic.settings import Settings

pytestmark = pytest.mark.spec("MEM-5", "MEM-13")
TURNS = 1000
NEW, OLD = "claude-opus-5-5", "claude-haiku-4-5"
CAST = "[host]\nbudget_new_guild_day_requests = 100_000\nbudget_person_hour_requests = 100_000\n" + "".join(
    f'[personas.{name}]\nmodel = "script"\nchannels = ["*"]\nprompt = "You are {name}. {manner * 60}"\n'
    for name, manner in (("TheButler", "You serve with discretion. "), ("Nyx", "You live between the wires. "))
)
READ, WRITTEN = 0.1, 1.25
"""What a token costs that is read from the cache, and one that is written, of what it costs without one."""


class Remembers(Plugin):
    """A core memory that changes now and then, what fits the message, lore for a word, a mood, and tools."""

    version = 0

    @hookimpl
    async def build_prompt(self, message: Message, persona: Persona) -> list[Section]:
        core = f"Memory {self.version}. " + f"{persona.name} remembers the summer of the great storm well. " * 300
        found = [
            Section(core, stable=True, priority=80),
            Section(f"It comes to mind: the note {message.seq} of long ago."),
        ]
        if "tower" in message.text:
            found.append(Section("Lore: the tower has stood since the flood and nobody has its key. " * 4))
        return [*found, Section(f"Your mood is {message.seq % 7}; it is {message.at:%H:%M}.")]

    @tool
    async def weather(self, call: Any, place: str, days: int = 1) -> str:
        """What the weather will be like at a place in the days to come."""
        return "fine"


@frozen
class Made:
    """One prompt of the house, and when it was made."""

    at: float
    prompt: Prompt


def conversation(turns: int) -> list[Made]:
    """The prompts of a house in which people talk for so long."""
    made: list[Made] = []
    with House([Remembers], toml=CAST) as house:

        def answer(prompt: Prompt) -> str:
            made.append(Made(house.clock.monotonic(), prompt))
            return f"This is answer {len(made)}, and it says in some more words what there is to be said of that."

        house.model.context, house.model.otherwise = 200_000, answer
        plugin: Any = house.plugin("remembers")
        said: list[Message] = []
        for turn in range(turns):
            who, lore = ("Nyx", "TheButler")[turn // 5 % 2], " of the tower" if turn % 9 == 0 else ""
            said.append(house.post("ann", f"{who}, what do you think{lore} about the matter number {turn}?"))
            plugin.version += turn % 150 == 149
            if turn % 40 == 39:
                house.edit("ann", said[-2], "never mind that")
            house.advance(seconds=3600 if turn % 200 == 199 else 45)
    return made


class ByHand(Clock):
    """A clock that a test turns."""

    seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


@define
class Bills:
    """What the stand-in was asked and billed for the prompts of a house."""

    asked: list[Asked] = field(factory=list)
    usages: list[Usage] = field(factory=list)

    @property
    def cost(self) -> float:
        """What the input cost, of what it would have cost without a cache."""
        billed = sum(each.input + READ * each.cached + WRITTEN * each.written for each in self.usages)
        return billed / sum(each.input + each.cached + each.written for each in self.usages)


def sent(made: Sequence[Made], model: str, **settings: Any) -> Bills:
    """Send prompts through the SDK."""

    async def main() -> Bills:
        clock = ByHand()
        served = Claude(model, window=1_000_000, cache_minimum=512 if model == NEW else 4096, system=model == NEW,
                        temperature=model != NEW, effort=model == NEW)  # fmt: skip
        async with Server(models=[served], clock=clock) as server:
            provider = Anthropic(None, Settings(key=server.key, base_url=server.url, **settings))
            for each in made:
                clock.seconds = each.at
                await provider.complete(evolve(each.prompt, model=model))
            await provider.close()
            return Bills(list(server.asked), [bill.usage for bill in server.account.calls])

    return asyncio.run(main())


def begins_alike(made: Sequence[Made], bills: Bills) -> float:
    """Which part of the input tokens stood at the same place in the same persona's prompt before.

    Left out are the turns at which its history began anew.
    """
    before: dict[str, tuple[list[str], str]] = {}
    alike = total = 0
    for each, asked in zip(made, bills.asked, strict=True):
        told, begin = tokens.of_prompt(asked.prompt), _first(each.prompt)
        former, began = before.get(each.prompt.persona, ([], ""))
        if former and began == begin:
            total += len(told)
            alike += next(
                (at for at, pair in enumerate(zip(former, told, strict=False)) if pair[0] != pair[1]), len(former)
            )
        before[each.prompt.persona] = (told, begin)
    return alike / total


def _first(prompt: Prompt) -> str:
    """Where its history begins."""
    return next(turn.text for turn in prompt.turns if turn.role != "system")


@pytest.fixture(scope="module")
def made() -> list[Made]:
    return conversation(TURNS)


def test_the_house_makes_the_prompts_of_both_personas(made: list[Made]) -> None:
    """What is measured is there: every turn was answered, history grows and begins anew."""
    assert [each.prompt.persona for each in made[:10]] == ["Nyx"] * 5 + ["TheButler"] * 5
    assert len(made) == TURNS
    lengths = [len(each.prompt.turns) for each in made]
    assert (max(lengths) > 40, min(lengths[20:]) < 20) == (True, True)


@pytest.mark.parametrize(("model", "turns"), [(NEW, TURNS), (OLD, 300)])
def test_nearly_all_of_a_prompt_stands_where_it_stood_and_is_read_from_the_cache(
    made: list[Made], model: str, turns: int
) -> None:
    """95 in 100 tokens at least; the input costs a fifth of what it would cost without a cache, at most.

    The older model takes no messages of the host inside a conversation: what changes is a note to it.
    """
    bills = sent(made[:turns], model)
    assert begins_alike(made[:turns], bills) >= 0.95
    assert bills.cost <= 0.20


def test_without_marks_it_would_cost_all(made: list[Made]) -> None:
    """The measure can fail."""
    plain = [Made(each.at, evolve(each.prompt, turns=_unmarked(each.prompt))) for each in made[:50]]
    assert sent(plain, NEW).cost == 1.0


def _unmarked(prompt: Prompt) -> tuple[Any, ...]:
    return tuple(evolve(turn, stable=False) for turn in prompt.turns)


def _hoisted(prompt: Prompt) -> tuple[Any, ...]:
    """What changes stands before history."""
    first: Callable[[Any], bool] = lambda turn: turn.role == "system"  # noqa: E731
    return (*filter(first, prompt.turns), *(turn for turn in prompt.turns if not first(turn)))


def test_what_changes_before_history_would_cost_more(made: list[Made]) -> None:
    """The order of MEM-5 is worth its while."""
    part = made[:150]
    other = [Made(each.at, evolve(each.prompt, turns=_hoisted(each.prompt))) for each in part]
    assert sent(other, OLD).cost > sent(part, OLD).cost
