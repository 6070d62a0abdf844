"""Which of the texts found is the better one, and the piece of it that is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from butler.store.search.query import Query, Term
from butler.store.words import Word, words

_USUAL: Final = 20.0
"""Words of an ordinary message: longer ones need more to rank as high."""
_K, _B = 1.2, 0.75
_WINDOW: Final = 160
"""Characters of a snippet, about."""


def matches(term: Term, found: Sequence[Word]) -> list[tuple[int, int]]:
    """Where a term stands: first word and the one behind its last."""
    length, last = len(term.words), term.words[-1]
    places = []
    for at in range(len(found) - length + 1):
        if all(found[at + i].text == term.words[i] for i in range(length - 1)):
            text = found[at + length - 1].text
            if text == last or (term.prefix and text.startswith(last)):
                places.append((at, at + length))
    return places


def score(query: Query, text: str) -> float:
    """BM25 with every word equally rare: the same on each engine, and without asking for the whole corpus."""
    found = list(words(text))
    weight = _K * (1 - _B + _B * len(found) / _USUAL)
    total = 0.0
    for term in query.wanted:
        times = len(matches(term, found))
        total += len(term.words) * times * (_K + 1) / (times + weight) if times else 0.0
    return total


def snippet(query: Query, text: str, marks: tuple[str, str]) -> str:
    """The piece of a text in which the most of the query stands, on one line, with marks around it."""
    found = list(words(text))
    spans = sorted({place for term in query.wanted for place in matches(term, found)})
    hits = [(found[first].start, found[behind - 1].end) for first, behind in spans]
    begin, end = _window(text, hits)
    pieces, at = ["…" if begin else ""], begin
    for start, stop in hits:
        if at <= start and stop <= end:
            pieces += [text[at:start], marks[0], text[start:stop], marks[1]]
            at = stop
    pieces += [text[at:end], "…" if end < len(text) else ""]
    return " ".join("".join(pieces).split())


def _window(text: str, hits: Sequence[tuple[int, int]]) -> tuple[int, int]:
    if len(text) <= _WINDOW or not hits:
        return 0, min(len(text), _WINDOW)
    best, most, behind = hits[0][0], 0, 0
    for number, (start, _) in enumerate(hits):
        while behind < len(hits) and hits[behind][1] <= start + _WINDOW * 3 // 4:
            behind += 1
        if behind - number > most:
            best, most = start, behind - number
    begin = max(0, min(best - _WINDOW // 4, len(text) - _WINDOW))
    longest = max(hits[0][1] - hits[0][0], _WINDOW)  # a phrase or word may be longer than the window
    return _at_a_space(text, begin), min(len(text), begin + longest)


def _at_a_space(text: str, begin: int) -> int:
    space = text.find(" ", begin, begin + 20)
    return begin if begin == 0 or space < 0 else space + 1
