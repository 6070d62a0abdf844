"""Three ways to recall: the memory plugin, the last messages only, full text over all messages only."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Any

from butler import Message, Persona
from butler_memory import keeping
from butler_memory.extract import Sieve
from butler_memory.recall import POOL, Asked, ranked
from butler_memory.scopes import View
from butler_memory.tables import Item
from butler_memory.words import telling

from benchmarks.memory.asking import Question
from benchmarks.memory.log import Fact, Log

LAST = 40
"""Messages of a channel that a prompt holds without a memory."""
SHOWN = 5


class Remembered:
    """The plugin of a running host. What its model finds is given; each answer is sieved as a model's is."""

    def __init__(self, plugin: Any) -> None:
        self.plugin = plugin
        self.seconds: list[float] = []

    async def learn(self, log: Log) -> int:
        """Take in the facts, with lies and repetitions among them; returns how many are believed."""
        believed = [each for fact in log.facts for each in self._told(fact)]
        for begin in range(0, len(believed), 500):
            await self.plugin.host.db.write(partial(_keep, believed[begin : begin + 500]))
        return len(believed)

    def _told(self, fact: Fact) -> list[Any]:
        sieve = Sieve(fact.persona, [fact.message], [], {})
        true = {"message": 1, "quote": fact.value, "text": fact.text, "about": fact.message.author.name,
                "slot": fact.slot.name}  # fmt: skip
        lie = {**true, "quote": f"not {fact.value}", "text": f"{fact.message.author.name} hates Atlantis"}
        answer = json.loads(json.dumps([true, lie, true]))
        return [found for each in answer if (found := sieve.believed(each)) is not None]

    async def recall(self, question: Question) -> list[str]:
        """The messages that the first memories of the prompt come from."""
        message = question.message
        began = time.perf_counter()
        await self.plugin.build_prompt(message, Persona(question.persona, model=("offline",)))
        self.seconds.append(time.perf_counter() - began)
        asked = Asked.of(message.text, (message.author.id,), message.at.timestamp())
        view = View(question.persona, message.channel, message.author.id)
        items: list[Item] = await self.plugin.host.db.read(partial(_look, view, asked))
        return [item.source for item in ranked(asked, items, SHOWN)]


def _look(view: View, asked: Asked) -> list[Item]:
    return keeping.latest(view, keeping.seen_of(view, asked.words, POOL), asked.accounts)


def _keep(found: Sequence[Any]) -> None:
    for each in found:
        keeping.keep(each.item, each.replaces)


class LastMessages:
    """What a prompt without memory holds: the end of the channel."""

    def __init__(self, log: Log) -> None:
        self._by_channel: dict[str, list[Message]] = defaultdict(list)
        for message in log.messages:
            self._by_channel[message.channel.id].append(message)

    def recall(self, question: Question) -> list[str]:
        """All of them, not only the first five."""
        return [message.id for message in self._by_channel[question.message.channel.id][-LAST:]]


class FullText:
    """BM25 over every message that a persona heard, with no idea of who may know what and what still holds."""

    def __init__(self, log: Log) -> None:
        self._index = sqlite3.connect(":memory:")
        self._index.execute("create virtual table said using fts5(id unindexed, persona unindexed, words)")
        personas = {fact.message.id: fact.persona for fact in log.facts}
        rows = [
            (each.id, personas.get(each.id, ""), f"{each.author.name} {' '.join(telling(each.text))}")
            for each in log.messages
        ]
        self._index.executemany("insert into said values (?, ?, ?)", rows)

    def recall(self, question: Question) -> list[str]:
        """The best five."""
        message = question.message
        wanted = " OR ".join(f'"{word}"' for word in [*telling(message.text), message.author.name])
        sql = "select id from said where words match ? and persona in ('', ?) order by rank limit ?"
        return [row[0] for row in self._index.execute(sql, (wanted, question.persona, SHOWN))]
