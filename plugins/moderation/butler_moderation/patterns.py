"""Expressions that people give, in linear time and of bounded size, so that none holds up the host (MOD-2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

import re2  # type: ignore[import-untyped]
from butler import CommandError

T = TypeVar("T")

LARGEST = 1500
"""Steps of one expression's program; each letter of a text costs so many at most."""
LARGEST_TOGETHER = 10_000
"""The same for all expressions of a guild."""
MEMORY = 8 << 20
_BETWEEN = re.compile(r"[\W_]+")
_BETWEEN_STARS = re.compile(r"[^\w*]+|_+")


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False
    options.max_mem = MEMORY
    return options


def expression(text: str) -> re2._Regexp:
    """An expression, compiled. Raises ``CommandError`` for one that is wrong or too large."""
    try:
        made = re2.compile(text, _options())
    except re2.error as error:
        why = error.args[0]
        said = why.decode(errors="replace") if isinstance(why, bytes) else str(why)
        raise CommandError(
            f"the expression {text[:60]!r} cannot be used: {said}",
            remedy="it is RE2's syntax, without look-around and back references",
        ) from error
    if made.programsize > LARGEST:
        raise CommandError(
            f"the expression {text[:60]!r} is too large ({made.programsize} steps; {LARGEST} are possible)",
            remedy="repeat less",
        )
    if made.search(""):
        raise CommandError(f"the expression {text[:60]!r} matches everything", remedy="have it match something")
    return made


def wildcard(word: str) -> str:
    """The expression of a folded word or phrase with ``*`` for any letters, for a text that :func:`spaced` gave."""
    parts = [r"\S*".join(re.escape(piece) for piece in part.split("*")) for part in spaced(word, stars=True).split()]
    return f" {' '.join(parts)} "


def spaced(folded: str, *, stars: bool = False) -> str:
    """A text with one blank around each word, and nothing else between them (but ``stars``, if they stay)."""
    return f" {(_BETWEEN_STARS if stars else _BETWEEN).sub(' ', folded).strip()} "


class Patterns(Generic[T]):
    """All expressions of a guild: one look at a text says whether any is found, then which."""

    def __init__(self, patterns: Sequence[tuple[str, T]]) -> None:
        """Raises ``CommandError`` where one is wrong, or all together are too large."""
        self._each = [(expression(text), text, owner) for text, owner in patterns]
        self.steps: int = sum(made.programsize for made, _, _ in self._each)
        if self.steps > LARGEST_TOGETHER:
            raise CommandError(
                f"the expressions are too large together ({self.steps} steps; {LARGEST_TOGETHER} are possible)",
                remedy="use plain words where that is enough",
            )
        together = "|".join(f"(?:{text})" for _, text, _ in self._each)
        self._any = re2.compile(together, _options()) if self._each else None

    def find(self, texts: Sequence[str]) -> Iterator[tuple[T, str, str]]:
        """Whose expressions are found in one of some readings of a text: owner, expression, what was matched."""
        if self._any is None:
            return
        for text in texts:
            if self._any.search(text):
                for made, source, owner in self._each:
                    if found := made.search(text):
                        yield owner, source, found[0]
