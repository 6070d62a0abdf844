"""What somebody meant to be read: look-alikes, invisible and heaped-up characters become plain letters (MOD-2)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

HEAPED = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
"""Marks that are drawn over or through the letter before them."""
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_WORD = re.compile(r"\S+")
_NAMED = re.compile(
    r"\b(?:LATIN|REGIONAL INDICATOR SYMBOL|SQUARED|CIRCLED|CROSSED|PARENTHESIZED|TAG)\b.*?"
    r"\b(?:LETTER|CAPITAL|SMALL)(?: (?:SMALL )?CAPITAL| TURNED| REVERSED| OPEN| LONG)? ([A-Z])\b(?!-)"
)
_DRAWN: Mapping[str, str] = dict(zip("кмпηεκμχςωшѡƨ§¢€£ßβ∂", "kmnnekuxcwwwssceebbd", strict=True))
"""Characters that people draw letters with, and that the list does not have or reads otherwise."""
_OTHERS = frozenset({"CYRILLIC", "GREEK", "ARMENIAN", "HEBREW", "ARABIC", "CHEROKEE", "COPTIC", "GEORGIAN"})


Alike = Mapping[str, Any]
"""Characters, each with those that it may be confused with."""


class Letters(dict[int, str]):
    """A table for ``str.translate`` that learns each character when it is first met: what it is read as."""

    def __init__(self) -> None:
        super().__init__()
        self._alike: Alike | None = None

    def __missing__(self, code: int) -> str:
        self[code] = read = _read(chr(code), self.alike)
        return read

    @property
    def alike(self) -> Alike:
        """The Unicode consortium's list, read when it is first needed."""
        if self._alike is None:
            from confusable_homoglyphs import confusables  # type: ignore[import-untyped] # noqa: PLC0415 - slow to read

            self._alike = confusables.confusables_data
        return self._alike


class Folder:
    """Folds texts; what it learns of characters it keeps."""

    def __init__(self) -> None:
        self._letters = Letters()

    def prepare(self) -> None:
        """Read what takes a while, so that no fold has to: call it off the event loop."""
        self._letters.alike  # noqa: B018 - it is read by being asked for

    def fold(self, text: str) -> str:
        """A text in small Latin letters as far as it can be read so; words of a script really used there stay."""
        if text.isascii():
            return text.lower().translate(_CONTROLS)
        plain = HEAPED.sub("", unicodedata.normalize("NFD", text))
        native = self._native(plain)
        if not native:
            folded = plain.translate(self._letters)
        else:
            folded = _WORD.sub(
                lambda word: word[0] if _script(word[0]) in native else word[0].translate(self._letters), plain
            )
        return unicodedata.normalize("NFC", folded).lower()

    def _native(self, text: str) -> frozenset[str]:
        """The scripts that somebody writes in: those with letters that look like none of Latin."""
        letters = {each for each in text if each.isalpha() and not each.isascii()}
        own = {_script(each) for each in letters if self._letters[ord(each)] in (each, each.lower())}
        return frozenset(own & _OTHERS)


_CONTROLS: Mapping[int, None] = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127])


def _script(word: str) -> str:
    """The script of a word, ``""`` if it mixes several; what is no letter does not count."""
    found = {_script_of(letter) for letter in word if letter.isalpha()}
    return found.pop() if len(found) == 1 else ""


def _script_of(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _read(letter: str, alike: Alike) -> str:
    """What one character is read as."""
    if letter.isascii():
        return letter.lower() if letter.isprintable() or letter.isspace() else ""
    if letter in _INVISIBLE or unicodedata.category(letter) in {"Cf", "Me"} or HEAPED.match(letter):
        return ""
    if unicodedata.category(letter) == "Zs":
        return " "
    found = _DRAWN.get(letter) or _by_name(letter) or _by_list(letter, alike)
    if found:
        return found
    plain = HEAPED.sub("", unicodedata.normalize("NFKD", letter))
    if plain != letter:
        return "".join(_read(each, alike) for each in plain)
    small = letter.lower()
    return _read(small, alike) if small != letter and len(small) == 1 else small


def _by_name(letter: str) -> str:
    """Letters that say what they are: small capitals, squared ones, those with a stroke."""
    found = _NAMED.search(unicodedata.name(letter, ""))
    return found[1].lower() if found else ""


def _by_list(letter: str, list_: Alike) -> str:
    """What the Unicode consortium's list of confusable characters says it looks like."""
    alike: list[Any] = list_.get(letter, [])
    shapes = ["m" if each["c"] == "rn" else each["c"] for each in alike]
    plain = [each.lower() for each in shapes if each.isascii() and each.isalnum()]
    if plain:
        return _best(letter, plain)
    near = [_by_name(each) for each in shapes if len(each) == 1]
    return next(filter(None, near), "") or next((each for each in shapes if each.isascii()), "")


def _best(letter: str, plain: list[str]) -> str:
    """A letter rather than a digit; the strokes that stand for several are told apart by what they are called."""
    letters = sorted({each for each in plain if each.isalpha()})
    name = unicodedata.name(letter, "")
    if letters == ["l"] and ("IOTA" in name or " I" in name.replace("WITH", "")):
        return "i"
    return (letters or plain)[0]
