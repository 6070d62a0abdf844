"""Where there are no buttons: numbered choices and forms asked question by question, kept over a restart."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence

import attrs
from attrs import field, frozen

from butler.services.controls.keep import Keep, Kept

KIND = "question"
BARE = 600.0
"""For so many seconds a number alone is taken from whoever was asked; later it needs a prefix, or to be a reply."""
PER_CHANNEL = 5
MOST = 2_000
GIVE_UP = frozenset({"cancel", "stop"})
_NUMBERS = re.compile(r"#?(\d{1,2})[.)]?((?:[\s,]+\d{1,2})*)")
_NAMES = re.compile(r"#?(\d{1,2})[.)]?\s+(\S.*)", re.DOTALL)


@frozen
class Entry:
    """One numbered line: a button, an entry of a menu, or a menu that wants names (``of``)."""

    label: str
    id: str
    value: str = ""
    of: str = ""
    most: int = 0
    """Of a menu: how many of its entries may be chosen; 0: it is a button."""
    least: int = 1


@frozen
class Question:
    """Something that waits for an answer in a channel."""

    key: str
    channel: str
    until: float
    asked: str = ""
    """Whom it was put to; others can answer by number too, if ``only`` lets them."""
    only: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    form: str = ""
    """The key of a form that is asked field by field; its answers are taken from ``asked`` alone."""
    at: int = 0
    answers: Mapping[str, str] = field(factory=dict)
    message: str = ""
    """The message that shows it, once that is known."""
    begun: float = 0.0


@frozen
class Picked:
    """What an answer chose: the id of a control and the values, or the text for a form's field."""

    question: Question
    id: str = ""
    values: tuple[str, ...] = ()
    text: str = ""
    wrong: str = ""
    """What is wrong with it, to be said."""


class Questions:
    """Knows what waits in each channel; bounded, the oldest go first."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._by_channel: OrderedDict[str, list[Question]] = OrderedDict()

    async def start(self) -> None:
        """Read what waited before the restart."""
        for kept in await self._keep.all(KIND):
            self._remember(_question(kept))

    async def ask(self, question: Question) -> None:
        """Have a question wait, in place of an earlier one with the same key or on the same message."""
        there = self._by_channel.get(question.channel, [])
        old = [q for q in there if q.key != question.key and question.message and q.message == question.message]
        await self._forget(old)
        self._remember(question)
        body = attrs.asdict(question)
        await self._keep.put(KIND, question.key, question.asked, body, question.until)

    async def close(self, question: Question) -> None:
        """It is answered."""
        await self._forget([question])

    async def _forget(self, questions: Sequence[Question]) -> None:
        for question in questions:
            there = self._by_channel.get(question.channel, [])
            there[:] = [each for each in there if each.key != question.key]
            if not there:
                self._by_channel.pop(question.channel, None)
        await self._keep.drop(*(question.key for question in questions))

    def _remember(self, question: Question) -> None:
        there = self._by_channel.setdefault(question.channel, [])
        others = [each for each in there if each.key != question.key]
        there[:] = [*others[-(PER_CHANNEL - 1) :], question]
        self._by_channel.move_to_end(question.channel)
        if len(self._by_channel) > MOST:
            self._by_channel.popitem(last=False)

    async def shown(self, key: str, message: str) -> None:
        """The question stands in this message, so that replies to it are understood."""
        for there in self._by_channel.values():
            for question in there:
                if question.key == key and question.message != message:
                    await self.ask(attrs.evolve(question, message=message))
                    return

    def picked(self, channel: str, person: str, text: str, prefix: str, reply_to: str = "") -> Picked | None:
        """What a message answers; ``None`` if it is no answer. In memory alone, so that it costs nothing."""
        there = self._by_channel.get(channel)
        if not there:
            return None
        now = self._keep.now()
        there[:] = [question for question in there if question.until > now]
        clear = bool(prefix) and text.startswith(prefix)
        body = text.removeprefix(prefix) if clear else text
        for question in reversed(there):
            if reply_to and question.message and question.message != reply_to:
                continue
            found = _answer(question, person, body, clear=clear, reply=reply_to == question.message != "", now=now)
            if found is not None:
                return found
        return None


def _answer(question: Question, person: str, text: str, *, clear: bool, reply: bool, now: float) -> Picked | None:
    if question.form:
        mine = question.asked == person and not clear
        return Picked(question, text=text) if mine else None
    if question.only and person not in question.only:
        return None
    bare = question.asked == person and now < question.begun + BARE
    return _chosen(question, text.strip(), labels=not clear) if clear or reply or bare else None


def _chosen(question: Question, text: str, *, labels: bool) -> Picked | None:
    """``labels``: the words on a button do as well as its number (behind a prefix they may be a command's)."""
    entries = question.entries
    named = [each for each in entries if labels and each.label.casefold() == text.casefold().rstrip(".!")]
    if named:
        return Picked(question, named[0].id, _values(named[:1]))
    if (match := _NUMBERS.fullmatch(text)) is None:
        match = _NAMES.fullmatch(text)
        first = _at(entries, match[1]) if match else None
        return Picked(question, first.id, (match[2],)) if match and first and first.of else None
    numbers = [match[1], *re.findall(r"\d+", match[2])]
    chosen = [entry for number in dict.fromkeys(numbers) if (entry := _at(entries, number))]
    if len(chosen) < len(set(numbers)):
        return Picked(question, wrong=f"There is no choice {max(numbers, key=int)}; choose 1 to {len(entries)}.")
    return _checked(question, chosen)


def _at(entries: Sequence[Entry], number: str) -> Entry | None:
    return entries[int(number) - 1] if 1 <= int(number) <= len(entries) else None


def _checked(question: Question, chosen: Sequence[Entry]) -> Picked:
    first = chosen[0]
    if first.of:
        return Picked(question, wrong=f"Write the names after the number: {first.label} …")
    if any(each.id != first.id for each in chosen) or len(chosen) > max(1, first.most):
        return Picked(question, wrong=f"Choose at most {max(1, first.most)} there.")
    if first.most and len(chosen) < first.least:
        return Picked(question, wrong=f"Choose at least {first.least} there, such as `1 2`.")
    return Picked(question, first.id, _values(chosen))


def _values(chosen: Sequence[Entry]) -> tuple[str, ...]:
    return tuple(each.value for each in chosen if each.most)


def _question(kept: Kept) -> Question:
    body = dict(kept.body)
    body["entries"] = tuple(Entry(**each) for each in body["entries"])
    body["only"] = tuple(body["only"])
    return Question(**body)
