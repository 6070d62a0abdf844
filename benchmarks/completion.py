"""What the host itself takes around one answer of a model: prompt of 50 sections, budgets, account, fence."""

from __future__ import annotations

import statistics
from typing import Any

import attrs
from butler.engine.prompt import as_prompt, assemble
from butler.model import Guild, Message, Model, Persona, Section
from butler.provider import Prompt
from butler.services.llm import Asking, Choice

from benchmarks.measure import Row, Size, cpu, p99, settled_gc
from benchmarks.rig import ANN, NOW, Instant, channel, hosting

TARGET = 1.0
SECTIONS, HISTORY = 50, 40


class Priced(Instant):
    """As the other one, with a price: it is reserved, accounted and settled."""

    name = "priced"
    free = False

    def model(self, name: str) -> Model:
        return Model(name, window=100_000, input_price=3_000_000, output_price=15_000_000)


async def measure(size: Size) -> list[Row]:
    """Processor time of the event loop, from the question to the answer; the model itself takes none."""
    async with hosting({}) as host:
        host.lifecycle.providers["priced"] = Priced(None, None)
        await host.settings.set("host", "", "host", "budget_person_hour_requests", "1000000000", "bench")
        await host.settings.set("host", "", "host", "budget_person_month_money", "1000000", "bench")
        await host.settings.set("host", "", "host", "budget_persona_month_money", "1000000", "bench")
        for number in range(20):  # the budgets are read from the ledger once
            await _one(host, number)
        with settled_gc():
            seconds = [await _one(host, number) for number in range(size.of(2_000, least=50))]
    half, tail = statistics.median(seconds) * 1e3, p99(seconds) * 1e3
    load = f"{SECTIONS} sections, {HISTORY} messages of history, four budgets, account kept; processor time of the loop"
    return [
        Row("host's time around a completion: median", load, half, "ms", ("<", TARGET)),
        Row("host's time around a completion: p99", load, tail, "ms", ("<", TARGET)),
    ]


async def _one(host: Any, number: int) -> float:
    place = channel(number % 20, members=2)
    persona = Persona("TheButler", prompt="You are TheButler. " * 40)
    sections = [Section(f"Section {index}: " + "something to know. " * 12, priority=index) for index in range(SECTIONS)]
    said = [
        Message(f"bench:h{index}", place, ANN, "something that was said before", NOW, index) for index in range(HISTORY)
    ]
    newest = Message(f"bench:m{number}", place, ANN, "and now?", NOW, HISTORY + 1)

    def prompt(choice: Choice) -> Prompt:
        made = assemble(persona, sections, said, newest, room=choice.window - 1250, count=choice.provider.count)
        return as_prompt(made, choice.model, max_tokens=1250, temperature=None, persona=persona.name, key=place.id)

    began = cpu()
    asking = Asking(attrs.evolve(ANN), Guild(""), persona.name, seq=number)
    await host.models.complete(host.models.chain(["priced:one"]), prompt, asking, deadline=60.0)
    return cpu() - began
