"""Who talks to whom in a channel, and about what (MEM-9)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence

from attrs import define, field
from butler import Links, Message

from butler_memory.offrecord import off_record
from butler_memory.words import words_of

TURN = dt.timedelta(minutes=5)
"""Who speaks so soon after somebody else speaks to them, unless they say to whom."""
MOST = 12


@define
class Talk:
    """What was seen: how often who spoke to whom, and with which words."""

    times: Counter[tuple[str, str]] = field(factory=Counter)
    words: dict[tuple[str, str], Counter[str]] = field(factory=dict)

    def chart(self, title: str) -> Links:
        """As a picture."""
        return Links(title, dict(self.times), "messages")

    def lines(self) -> list[str]:
        """In words, those who talk most first."""
        return [
            f"{one} → {other}: {times}{self._about((one, other))}"
            for (one, other), times in self.times.most_common(MOST)
        ]

    def _about(self, pair: tuple[str, str]) -> str:
        common = [word for word, times in self.words[pair].most_common(3) if times > 1]
        return f" (about {', '.join(common)})" if common else ""


def talk_in(said: Sequence[Message]) -> Talk:
    """Look at the messages of a channel, oldest first; words that are off the record are not looked at."""
    by_id = {message.id: message for message in said}
    names = {message.author.id: _name(message) for message in said}
    unsaid = off_record(said)
    talk = Talk()
    before: Message | None = None
    for message in said:
        answered = by_id.get(message.reply_to)
        to = [_name(answered)] if answered else [names[who] for who in message.mentions if who in names]
        if not to and before is not None and message.at - before.at <= TURN:
            to = [_name(before)]
        own = set(words_of(message.text)) if message.id not in unsaid else set()
        for other in to:
            if other != _name(message):
                pair = (_name(message), other)
                talk.times[pair] += 1
                talk.words.setdefault(pair, Counter()).update(own)
        if before is None or _name(message) != _name(before) or message.at - before.at > TURN:
            before = message
    return talk


def _name(message: Message) -> str:
    return message.author.persona or message.author.name or message.author.id
