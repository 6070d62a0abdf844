"""What somebody typed, word by word: quotes hold words together, the rest of the line stays verbatim."""

from __future__ import annotations

import re
from collections.abc import Collection

from attrs import frozen

from butler.errors import BadArgument

_FAMILIES = ('"“”„‟＂', "«»")
"""Any mark of a family closes any other of it: phones and languages mix them. Apostrophes quote nothing."""
_SPACE = re.compile(r"\s*")
_BARE = re.compile(r"\S+")
_KEY = re.compile(r"(?:--)?([^\W\d][\w-]*)=")
_DASHED = re.compile(r"--([^\W\d][\w-]*)(?=\s|$)")


@frozen
class Word:
    """One word, without its quotes; ``key`` where it was given as ``key=value`` or ``--key value``."""

    text: str
    key: str = ""
    quoted: bool = False
    start: int = 0
    """Where its text begins in the line, the key left out."""


class Reader:
    """Reads a line word by word, in linear time, on any input."""

    def __init__(self, line: str, at: int = 0) -> None:
        self.line = line
        self.at = at

    def word(self, keys: Collection[str] = (), flags: Collection[str] = ()) -> Word | None:
        """The next word, or ``None`` at the end.

        ``keys`` are the names that may stand as ``name=value`` or ``--name value``, ``flags`` those of them
        that mean yes as a bare ``--name``.
        """
        start = _end(_SPACE, self.line, self.at)
        if start >= len(self.line):
            self.at = start
            return None
        dashed = _DASHED.match(self.line, start, start + 64)
        if dashed and (name := _plain(dashed[1])) in keys:
            if name in flags:
                self.at = dashed.end()
                return Word("yes", name, start=start)
            start, key = _end(_SPACE, self.line, dashed.end()), name
        else:
            key, start = self._key(start, keys)
        if self.line[start : start + 1] == "@" and _family(self.line[start + 1 : start + 2]):
            start += 1
        if family := _family(self.line[start : start + 1]):
            return self._quoted(start, family, key)
        self.at = max(_end(_BARE, self.line, start), start)
        return Word(self.line[start : self.at], key, start=start)

    def rest(self, at: int | None = None) -> str:
        """All that is left, verbatim, but for the blanks (and one line break) before it."""
        left = self.line[self.at if at is None else at :].lstrip(" \t")
        self.at = len(self.line)
        return left.removeprefix("\r").removeprefix("\n")

    def _key(self, start: int, keys: Collection[str]) -> tuple[str, int]:
        match = _KEY.match(self.line, start, start + 64)
        key = _plain(match[1]) if match else ""
        return (key, match.end()) if match and key in keys else ("", start)

    def _quoted(self, start: int, family: str, key: str) -> Word:
        closing = re.compile(rf"(?<!\\)[{family}](?=\s|$)").search(self.line, start + 1)
        if closing is None:
            raise BadArgument(f"The quotation mark {self.line[start]} is never closed")
        self.at = closing.end()
        text = re.sub(rf"\\([\\{family}])", r"\1", self.line[start + 1 : closing.start()])
        return Word(text, key, quoted=True, start=start)


def _plain(name: str) -> str:
    return name.casefold().replace("_", "-")


def _end(pattern: re.Pattern[str], line: str, at: int) -> int:
    match = pattern.match(line, at)
    return match.end() if match else at


def _family(mark: str) -> str:
    return next((family for family in _FAMILIES if mark and mark in family), "")
