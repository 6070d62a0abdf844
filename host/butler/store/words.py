"""What counts as a word, the same in texts and queries and for every engine.

The engines are given finished words, so that neither their tokenizers nor their query languages matter:
case, accents and width are folded; Chinese and Japanese, written without spaces, are taken character by
character (a word of theirs is then a phrase).
"""

from __future__ import annotations

import functools
import re
import sys
import unicodedata
from collections.abc import Iterator
from typing import Final

from attrs import frozen

VERSION: Final = f"1 {unicodedata.unidata_version}"
"""An index made by another version has other words and is made anew."""
MOST_WORDS: Final = 16_000
"""Words of one text that are found (PostgreSQL counts no further)."""
LONGEST_WORD: Final = 100
"""Characters of a word that are looked at."""

_ASCII: Final = re.compile(r"[A-Za-z0-9]+")
_PUNCTUATION: Final = re.compile(r"[\x00-/:-@\[-`{-\x7f]+")
_ACCENTS: Final = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f]+")
_ALONE: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Kana and Han."""


@frozen
class Word:
    """A folded word and where it stands in the text."""

    text: str
    start: int
    end: int


def words(text: str) -> Iterator[Word]:
    """The words of a text in order, as far as they are found."""
    ascii_only = text.isascii()
    pattern = _ASCII if ascii_only else _pattern()
    count = 0
    for match in pattern.finditer(text):
        word = match[0].lower() if ascii_only else _folded(match[0])
        if word:
            yield Word(word[:LONGEST_WORD], match.start(), match.end())
            count += 1
            if count == MOST_WORDS:
                return


def _folded(word: str) -> str:
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", word)).casefold()
    return _PUNCTUATION.sub("", unicodedata.normalize("NFC", plain))


@functools.cache
def _pattern() -> re.Pattern[str]:
    """Letters and digits with the marks that belong to them: vowels in Hindi, tones in Thai, accents."""
    marks = (
        chr(code) for code in range(0x300, min(sys.maxunicode, 0xFFFF)) if unicodedata.category(chr(code))[0] == "M"
    )
    inside = f"[^\\W_{_ALONE}]|[{''.join(map(re.escape, marks))}]"
    return re.compile(f"[{_ALONE}][\u3099\u309a]?|(?:{inside})+")
