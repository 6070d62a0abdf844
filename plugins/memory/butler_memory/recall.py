"""Which memories fit a message: by their words, with how new and how important they are, each with its source."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from attrs import frozen

from butler_memory.tables import Item
from butler_memory.words import stems, telling

POOL = 60
"""So many that the engine finds are looked at closely."""
WORDS = 24
"""So many words of a message are looked for."""
FADING = 90 * 86_400.0
"""Seconds after which a memory counts as a third as new."""
_K1, _B = 1.2, 0.6


@frozen
class Asked:
    """What is looked for: the words of a message, who wrote it, and when."""

    words: tuple[str, ...]
    accounts: tuple[str, ...]
    first_person: bool
    at: float

    @classmethod
    def of(cls, text: str, accounts: Collection[str], at: float) -> Asked:
        """Out of a message's text."""
        padded = f" {' '.join(text.casefold().replace(chr(39), ' ').split())} "
        mine = any(f" {word} " in padded for word in ("i", "my", "me", "mine", "our", "we"))
        return cls(tuple(telling(text)[:WORDS]), tuple(accounts), mine, at)


def ranked(asked: Asked, pool: Sequence[Item], most: int) -> list[Item]:
    """The memories that fit best."""
    texts = {item.id: stems(f"{item.name} {item.slot} {item.text}") for item in pool}
    fits = _by_words(asked.words, texts)
    best = max(fits.values(), default=0.0)
    scored = []
    for item in pool:
        fit = fits[item.id] / best if best else 0.0
        if fit > 0:
            scored.append((fit * (1 + _extra(asked, item)), item.at, item.id, item))
    scored.sort(key=lambda each: each[:3], reverse=True)
    least = scored[0][0] / 4 if scored else 0.0
    return [each[3] for each in scored[:most] if each[0] >= least]


def _extra(asked: Asked, item: Item) -> float:
    """What speaks for a memory besides its words."""
    new = math.exp(-max(0.0, asked.at - item.at) / FADING)
    mine = item.about in asked.accounts
    about = (0.6 if mine else -0.3) if asked.first_person else (0.1 if mine else 0.0)
    return 0.15 * new + 0.04 * (item.importance - 3) + about


def _by_words(wanted: Sequence[str], texts: Mapping[int, Sequence[str]]) -> dict[int, float]:
    """BM25 over the pool: the same on every engine."""
    if not texts:
        return {}
    size = len(texts)
    mean = sum(map(len, texts.values())) / size or 1.0
    spread = Counter(word for text in texts.values() for word in set(text).intersection(wanted))
    weight = {word: math.log(1 + (size + 1) / (count + 0.5)) for word, count in spread.items()}
    found = {}
    for number, text in texts.items():
        score, length = 0.0, _K1 * (1 - _B + _B * len(text) / mean)
        for word, times in Counter(word for word in text if word in weight).items():
            score += weight[word] * times * (_K1 + 1) / (times + length)
        found[number] = score
    return found
