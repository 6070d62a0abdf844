"""What a model is asked in order to find facts in a conversation, and which of its answers are believed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen
from butler import QUOTE_RULE, Message, Turn, quoted

from butler_memory.evidence import clean, is_grounded, stands_in
from butler_memory.offrecord import is_secret
from butler_memory.tables import Item
from butler_memory.words import stems, telling

MOST = 12
"""So many facts are taken from one look at a conversation."""
KINDS = ("fact", "event", "person")
FIELDS = ("relation", "alive", "relationships", "objectives", "details", "personality", "dates")

RULES = f"""You keep the memory of {{persona}}. Read the conversation and write down what is worth knowing in a month:
who people are, what they like, plan, promise, own, fear, and what happened to them. Leave out small talk, what is
asked, what only {{persona}} says about others, and whatever somebody does not want kept.
For each fact give: message (the number of the message that says it), quote (its exact words there, a few are enough),
text (one plain sentence in the third person, with the person's name), about (the name of whom it is about; "self" if it
is {{persona}} about itself), slot (one or two words for what it is about, such as "home", "job", "cat's name", the same
words for the same thing; empty if there can be several), importance (1 to 5), kind (fact, event with dates, or person
with what is known of somebody: relation, alive, relationships, objectives, details, personality), replaces (numbers of
known memories that are no longer true because of it).
Answer with JSON alone, with an empty list if there is no fact:
{{{{"facts": [{{{{"message": 1, "quote": "…", "text": "…", "about": "…"}}}}]}}}}
{QUOTE_RULE}"""


@frozen
class Found:
    """A fact that is believed, and what it takes the place of."""

    item: Item
    replaces: tuple[int, ...] = ()


def question(persona: str, said: Sequence[Message], known: Sequence[Item]) -> list[Turn]:
    """The prompt: rules, what is known, the conversation with its messages numbered."""
    memories = "\n".join(f"{item.id}: {item.text}" for item in known) or "nothing yet"
    lines = "\n".join(f"{number}. {_speaker(each, persona)}: {each.text}" for number, each in enumerate(said, 1))
    asked = f"Known memories:\n{quoted(memories, 'memory')}\n\nThe conversation:\n{quoted(lines, 'messages')}"
    return [Turn("system", RULES.format(persona=persona), stable=True), Turn("user", asked)]


def _speaker(message: Message, persona: str) -> str:
    return persona if message.author.persona == persona else message.author.name or message.author.id


def facts_in(answer: str) -> list[Mapping[str, Any]]:
    """What a model answered, as far as it is what was asked for. Raises ``ValueError`` for what is not at all."""
    start, end = answer.find("{"), answer.rfind("}")
    found = json.loads(answer[start : end + 1]) if start >= 0 else None
    listed = found.get("facts") if isinstance(found, Mapping) else None
    facts = [each for each in listed[:MOST] if isinstance(each, Mapping)] if isinstance(listed, list) else []
    if not isinstance(listed, list) or (listed and not facts):
        raise ValueError("no list of facts")
    return facts


class Sieve:
    """Believes of a model's facts those that a message says; the others leave no trace."""

    def __init__(
        self,
        persona: str,
        said: Sequence[Message],
        known: Sequence[Item],
        people: Mapping[str, str],
        reminded: Sequence[Item] = (),
    ) -> None:
        """``people``: names of those who take part, folded, to their ids; a name of several is not among them.

        ``reminded``: what the persona may have been reminded of when it spoke.
        """
        self._persona = persona
        self._said = said
        self._known = {item.id: item for item in known}
        self._people = people
        self._reminded = reminded
        self._names = [persona, *{each.author.name for each in said if each.author.name}]

    def believed(self, told: Mapping[str, Any]) -> Found | None:
        """One fact, or ``None``."""
        number, quote, text = told.get("message"), told.get("quote"), told.get("text")
        if not isinstance(number, int) or not isinstance(quote, str) or not isinstance(text, str):
            return None
        if not 1 <= number <= len(self._said):
            return None
        message, text = self._said[number - 1], clean(text)
        about, name = self._about(str(told.get("about") or ""), message)
        own = message.author.persona == self._persona
        if own != (about == "self") or is_secret(f"{text} {quote}"):
            return None
        if not stands_in(quote, message.text) or not is_grounded(text, quote, message.text, [*self._names, name]):
            return None
        if own and self._is_known(text):
            return None
        return Found(self._item(told, message, about, name, text), self._replaced(told, about, message))

    def _about(self, name: str, message: Message) -> tuple[str, str]:
        folded = " ".join(clean(name).casefold().split())[:64]
        if folded in {"self", self._persona.casefold()}:
            return "self", self._persona
        author = message.author
        if folded in {"", "user", "i", "me", author.name.casefold()}:
            return author.id, author.name
        return self._people.get(folded, f"name:{folded}"), clean(name)[:64]

    def _is_known(self, text: str) -> bool:
        """What the persona repeats of what it was reminded of is nothing new."""
        mine = set(telling(text))
        seen = [*self._known.values(), *self._reminded]
        return any(len(mine & set(telling(item.text))) * 3 >= len(mine) * 2 for item in seen)

    def _replaced(self, told: Mapping[str, Any], about: str, message: Message) -> tuple[int, ...]:
        numbers = told.get("replaces")
        numbers = numbers if isinstance(numbers, list) else []
        known = [self._known[number] for number in numbers if isinstance(number, int) and number in self._known]
        return tuple(
            item.id for item in known if item.about == about and item.by == message.author.id and item.seq < message.seq
        )

    def _item(self, told: Mapping[str, Any], message: Message, about: str, name: str, text: str) -> Item:
        kind = told.get("kind") if told.get("kind") in KINDS else "fact"
        fields = {field: clean(str(told[field]))[:200] for field in FIELDS if told.get(field)}
        fields = {field: value for field, value in fields.items() if stands_in(value, message.text)}
        if about == "self":
            fields.pop("relation", None)
        importance = told.get("importance")
        return Item(
            persona=self._persona, kind=kind, about=about, name=name, text=text,
            slot=slot_of(str(told.get("slot") or "")), data=fields, source=message.id, seq=message.seq,
            by=message.author.id, guild=message.guild.id, channel=message.channel.id, private=message.channel.dm,
            at=message.at.timestamp(),
            importance=min(5, max(1, importance)) if isinstance(importance, int) else 3,
        )  # fmt: skip


def slot_of(text: str) -> str:
    """What a memory is about, so that the same has the same."""
    return " ".join(stems(re.sub(r"['’]s\b", "", text)))[:60]
