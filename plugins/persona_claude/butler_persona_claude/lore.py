"""What a lorebook tells of what is being talked about: keys found in one pass, however many entries there are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from attrs import define, field

from butler_persona_claude.character import Entry, Lorebook

_WORD = re.compile(r"\w+")
_BARE = re.compile(r"[\w ]+")
LONGEST_SCANNED = 20_000
"""Characters of the conversation that are looked at, the newest ones."""
LONGEST_PATTERN = 200
MOST_ROUNDS = 8
"""So often what was told may bring up more."""

Count = Callable[[str], int]


@define(eq=False)
class _Text:
    """A text to find keys in."""

    text: str
    folded: str = field(init=False)
    words: frozenset[str] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.folded = self.text.casefold()
        self.words = frozenset(_WORD.findall(self.folded))


class Lore:
    """An index of the keys: single words are looked up, the others searched only if their first word is there."""

    def __init__(self, book: Lorebook) -> None:
        self._entries = [each for each in book.entries if each.enabled and each.content and not each.constant]
        self._recursive = book.recursive
        self._by_word: dict[str, list[int]] = {}
        self._odd: list[int] = []
        """Entries with a key that is no plain words."""
        self._patterns: dict[str, re.Pattern[str] | None] = {}
        self._told: dict[int, _Text] = {}
        self._costs: dict[int, int] = {}
        for place, entry in enumerate(self._entries):
            self._index(place, entry)

    def _index(self, place: int, entry: Entry) -> None:
        for key in entry.keys:
            first = _WORD.search(key.casefold())
            if entry.regex or first is None or not key.isascii() or not _BARE.match(key):
                self._odd.append(place)
            else:
                self._by_word.setdefault(first[0], []).append(place)

    def told(self, texts: Sequence[str], *, budget: int, count: Count) -> str:
        """What is to be told of the last messages, within so many tokens; ``""``: nothing."""
        text = "\n".join(texts)[-LONGEST_SCANNED:]
        found = self._found(_Text(text))
        within = self._within(sorted(found, key=lambda place: -self._entries[place].priority), budget, count)
        within.sort(key=lambda place: (not self._entries[place].before, self._entries[place].order, place))
        return "\n".join(self._entries[place].content for place in within)

    def _within(self, places: Iterable[int], budget: int, count: Count) -> list[int]:
        kept: list[int] = []
        for place in places:
            if place not in self._costs:
                self._costs[place] = count(self._entries[place].content)
            if self._costs[place] <= budget:
                budget -= self._costs[place]
                kept.append(place)
        return kept

    def _found(self, text: _Text) -> list[int]:
        """The entries that come up, each once, however they call for each other."""
        found: dict[int, None] = {}
        fresh = [text]
        for _ in range(MOST_ROUNDS if self._recursive else 1):
            new = dict.fromkeys(place for each in fresh for place in self._in(each, text) if place not in found)
            found |= new
            if not new:
                break
            fresh = [self._content(place) for place in new]
        return [*found]

    def _content(self, place: int) -> _Text:
        if place not in self._told:
            self._told[place] = _Text(self._entries[place].content)
        return self._told[place]

    def _in(self, text: _Text, talk: _Text) -> list[int]:
        likely = [place for word in text.words & self._by_word.keys() for place in self._by_word[word]]
        return [place for place in dict.fromkeys((*likely, *self._odd)) if self._comes_up(place, text, talk)]

    def _comes_up(self, place: int, text: _Text, talk: _Text) -> bool:
        entry = self._entries[place]
        if not any(self._has(text, key, entry) for key in entry.keys):
            return False
        if not entry.selective or not entry.secondary:
            return True
        return any(self._has(text, key, entry) or self._has(talk, key, entry) for key in entry.secondary)

    def _has(self, text: _Text, key: str, entry: Entry) -> bool:
        if entry.regex:
            pattern = self._pattern(key, entry.case)
            return pattern is not None and pattern.search(text.text) is not None
        wanted, where = (key, text.text) if entry.case else (key.casefold(), text.folded)
        if wanted not in where:
            return False
        if not key.isascii():
            return True
        if not entry.case and wanted in text.words:
            return True
        return re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", where) is not None

    def _pattern(self, key: str, case: bool) -> re.Pattern[str] | None:
        if key not in self._patterns:
            self._patterns[key] = safe_pattern(key, case)
        return self._patterns[key]


_QUANTIFIER = re.compile(r"(?<!\\)(?:[*+]|\{\d*,\d*\})")
_NESTED = re.compile(r"(?<!\\)\)(?:[*+?]|\{)|\\[1-9]|\(\?[^:i=!]")


def safe_pattern(key: str, case: bool) -> re.Pattern[str] | None:
    """A regular expression of a card; ``None`` for one that is wrong, or that could take for ever."""
    text, flags = key, 0 if case else re.IGNORECASE
    if (given := re.fullmatch(r"/(.*)/([a-z]*)", key, re.DOTALL)) is not None:
        text, flags = given[1], flags | (re.IGNORECASE if "i" in given[2] else 0)
    if len(text) > LONGEST_PATTERN or len(_QUANTIFIER.findall(text)) > 1 or _NESTED.search(text):
        return None
    try:
        return re.compile(text, flags)
    except (re.error, OverflowError, RecursionError):
        return None
