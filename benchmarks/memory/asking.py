"""Questions to which the log has an answer, and whether what was found answers them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from attrs import define, evolve, frozen
from butler import Channel, Message, Person

from benchmarks.memory.log import Fact, Log, channel_of, dm_of


@frozen
class Question:
    """Who asks what, of which persona, where; the fact that answers it; what must not be shown."""

    persona: str
    message: Message
    answer: Fact
    outdated: frozenset[str]
    """Ids of messages whose facts held before and no longer do, as far as the asker may know."""
    hidden: frozenset[str]
    """Ids of messages whose facts are none of the asker's business, or not to be said there."""


def visible(fact: Fact, persona: str, channel: Channel, asker: Person) -> bool:
    """Whether a persona may use a fact there: in private what the asker said, in a guild what was said in it."""
    if fact.persona != persona:
        return False
    if channel.dm:
        return fact.message.author.id == asker.id
    return not fact.message.channel.dm and fact.message.guild.id == channel.guild.id


def questions(log: Log, most: int, seed: int = 2) -> list[Question]:
    """So many questions at the end of the log, half of them in private, half in guilds."""
    dice = random.Random(seed)
    end = log.messages[-1]
    found: list[Question] = []
    for number in range(most * 20):
        if len(found) == most:
            break
        fact = dice.choice(log.facts)
        place, asker = _place(log, fact, dice)
        seen = [f for f in log.facts if visible(f, fact.persona, place, asker)]
        same = [f for f in seen if f.message.author.id == fact.message.author.id and f.slot is fact.slot]
        answer = same[-1]
        who = answer.message.author
        if who.id == asker.id:
            text = dice.choice(fact.slot.own)
        elif sum(person.name == who.name for person in log.people) > 1 and dice.random() < 0.5:
            continue  # half of the questions after namesakes are left out: they have two answers
        else:
            text = dice.choice(fact.slot.other).format(n=who.name)
        message = Message(f"bench:q{number}", place, asker, text, end.at, end.seq + number + 1)
        ids = {f.message.id for f in seen}
        hidden = frozenset(f.message.id for f in log.facts if f.message.id not in ids)
        found.append(Question(fact.persona, message, answer, frozenset(_outdated(seen)), hidden))
    return found


def _outdated(seen: Iterable[Fact]) -> set[str]:
    last: dict[tuple[str, str], Fact] = {}
    old: set[str] = set()
    for fact in seen:
        key = (fact.message.author.id, fact.slot.name)
        if key in last and last[key].value != fact.value:
            old.add(last[key].message.id)
        last[key] = fact
    return old


def _place(log: Log, fact: Fact, dice: random.Random) -> tuple[Channel, Person]:
    author = fact.message.author
    if fact.message.channel.dm or dice.random() < 0.2:
        return dm_of(author, fact.persona), author
    asker = author if dice.random() < 0.5 else dice.choice(log.people)
    return evolve(channel_of(fact.message.guild.name, dice.choice("abc")), guild=fact.message.guild), asker


@define
class Score:
    """What a way of recalling found over all questions."""

    asked: int = 0
    found: int = 0
    outdated: int = 0
    hidden: int = 0

    def add(self, question: Question, sources: Sequence[str], same: frozenset[str]) -> None:
        """One question: the messages that what was shown comes from. ``same``: those that say the answer, too."""
        self.asked += 1
        self.found += any(source == question.answer.message.id or source in same for source in sources)
        self.outdated += sum(source in question.outdated for source in sources)
        self.hidden += sum(source in question.hidden for source in sources)

    @property
    def recall(self) -> float:
        return 100 * self.found / max(1, self.asked)
