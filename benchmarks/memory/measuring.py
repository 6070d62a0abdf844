"""The measures MEM-11 to MEM-14, each beside what prompts without a memory and plain full text would give."""

from __future__ import annotations

import asyncio
import statistics
from typing import Any

from butler_memory import Memory

from benchmarks.measure import Row, Size
from benchmarks.memory.asking import Score, questions
from benchmarks.memory.fitting import fitting
from benchmarks.memory.log import Log, generate
from benchmarks.memory.many import big, idle
from benchmarks.memory.prefixes import prefixes
from benchmarks.memory.ways import FullText, LastMessages, Remembered
from benchmarks.rig import hosting


async def measure(size: Size) -> list[Row]:
    """All of them."""
    rows = await found(size)
    rows += [await big(size), await idle(size)]
    rows += await asyncio.to_thread(prefixes, size)  # a house has a loop of its own
    return [*rows, fitting(size)]


async def found(size: Size) -> list[Row]:
    log = generate(size.of(10_000, least=300), people=50 if size.scale > 0.01 else 10)
    asked = questions(log, size.of(1_000, least=20))
    scores = {name: Score() for name in ("the memory", "last messages only", "BM25 only")}
    last, text = LastMessages(log), FullText(log)
    async with hosting({"memory": Memory}) as host:
        plugin: Any = host.lifecycle.plugins["memory"]
        memory = Remembered(plugin)
        believed = await memory.learn(log)
        for question in asked:
            same = _same(log, question.answer)
            scores["the memory"].add(question, await memory.recall(question), same)
            scores["last messages only"].add(question, last.recall(question), same)
            scores["BM25 only"].add(question, text.recall(question), same)
    load = f"{len(log.messages)} messages of {len(log.people)} people, {len(log.facts)} facts, {len(asked)} questions"
    rows = []
    for name, score in scores.items():
        own = name == "the memory"
        rows += [
            Row(f"facts within the first 5: {name}", load, score.recall, "%", (">=", 98.0) if own else None),
            Row(f"outdated ones shown: {name}", load, score.outdated, "", ("<=", 0.0) if own else None),
            Row(f"shown to the wrong ones: {name}", load, score.hidden, "", ("<=", 0.0) if own else None),
        ]
    false = believed - 2 * len(log.facts)
    rows.append(Row("lies of the model that were kept", load, false, "", ("<=", 0.0)))
    p95 = statistics.quantiles(memory.seconds, n=20)[-1] * 1e3
    return [*rows, Row("a prompt's memories: p95", load, p95, "ms", ("<", 20.0))]


def _same(log: Log, answer: Any) -> frozenset[str]:
    """The messages that say the same."""
    who = answer.message.author.id
    mine = [f for f in log.facts if f.message.author.id == who and f.slot is answer.slot and f.value == answer.value]
    return frozenset(fact.message.id for fact in mine)
