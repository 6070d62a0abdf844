"""Banned words as people write them to get past: spaced out, drawn out, with digits and signs for letters (MOD-2)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from attrs import frozen

T = TypeVar("T")

TOKEN = re.compile(r"[^\W_]|[@$!|+*(<]")
_TOKENS = re.compile(rf"(?:{TOKEN.pattern})+")
_SIGNS = str.maketrans("0345789@$+(<", "oeastbgastcc")
"""Digits and signs that stand for one letter; 1, ! and | stand for two, see ``_STROKES``."""
_STROKES = re.compile(r"[1!|]")
_EDGES = "!|*+(<"
_SHORT = 2
"""Letters of a piece of a word that was written in pieces."""
_PIECES = 64
_MASKED = re.compile(r"[a-z][a-z*]*\*[a-z*]*[a-z]")
_ALTERNATIVES = 3
_STARRED = re.compile(r"(?<![^\W_*])(?:[^\W_]{1,2}\*+){2,}[^\W_]{1,2}(?![^\W_])")
"""Stars between the letters instead of for them."""


@frozen
class Found(Generic[T]):
    """A banned word that was found: as it stands in the rule, as it was written, and whose it is."""

    word: str
    written: str
    owner: T


@frozen
class _Banned(Generic[T]):
    word: str
    letters: str
    runs: tuple[int, ...]
    owner: T


class Words(Generic[T]):
    """Finds whole words of a list in folded texts, in time that does not depend on the list's length."""

    def __init__(self, words: Iterable[tuple[str, T]]) -> None:
        """``words``: folded words, each with whose it is."""
        self._plain: dict[str, list[_Banned[T]]] = {}
        self._drawn: dict[str, list[_Banned[T]]] = {}
        self._by_length: dict[int, list[_Banned[T]]] = {}
        self._longest = 0
        for word, owner in words:
            letters, runs = _squeezed(word)
            banned = _Banned(word, word, runs, owner)
            self._plain.setdefault(word, []).append(banned)
            self._drawn.setdefault(letters, []).append(banned)
            self._by_length.setdefault(len(word), []).append(banned)
            self._longest = max(self._longest, len(word))

    def find(self, folded: str) -> Iterator[Found[T]]:
        """The banned words in a folded text, each as often as it is found."""
        if not self._longest:
            return
        tokens = _TOKENS.findall(_STARRED.sub(lambda run: run[0].replace("*", " "), folded))
        for token in tokens:
            yield from self._in(token)
        for run in _pieces([token.rstrip("!") for token in tokens]):
            yield from self._joined(run)

    def _in(self, token: str) -> Iterator[Found[T]]:
        for form in forms(token):
            for banned in self._plain.get(form, ()):
                yield Found(banned.word, token, banned.owner)
            if _is_drawn(form):
                yield from self._stretched(form, token)
        if "*" in token and _MASKED.fullmatch(token):
            for banned in self._by_length.get(len(token), ()):
                if all(a in ("*", b) for a, b in zip(token, banned.word, strict=True)):
                    yield Found(banned.word, token, banned.owner)

    def _stretched(self, form: str, token: str) -> Iterator[Found[T]]:
        letters, runs = _squeezed(form)
        for banned in self._drawn.get(letters, ()):
            if banned.letters != form and _is_longer(runs, banned.runs):
                yield Found(banned.word, token, banned.owner)

    def _joined(self, pieces: list[str]) -> Iterator[Found[T]]:
        """Words made of consecutive short pieces, three at least."""
        for start in range(len(pieces) - 2):
            joined = ""
            for count, piece in enumerate(pieces[start:], 1):
                joined += piece
                if len(joined) > 2 * self._longest:
                    break
                if count > 2:
                    yield from (Found(each.word, joined, each.owner) for each in self._whole(joined))

    def _whole(self, joined: str) -> Iterator[_Banned[T]]:
        for form in forms(joined):
            yield from self._plain.get(form, ())


def forms(token: str) -> list[str]:
    """What a token may be read as: as it stands, and with letters for the signs in it."""
    if token.isalpha():
        return [token]
    bare = token.strip(_EDGES)
    found = {token: None, bare: None}
    for each in (token, bare):
        if any(map(str.isalpha, each)):
            plain = each.translate(_SIGNS)
            strokes = len(_STROKES.findall(plain))
            if not strokes:
                found[plain] = None
            elif strokes <= _ALTERNATIVES:
                parts = _STROKES.split(plain)
                for way in itertools.product("il", repeat=strokes):
                    found["".join(a + b for a, b in zip(parts, (*way, ""), strict=True))] = None
    return list(found)


def _pieces(tokens: list[str]) -> Iterator[list[str]]:
    """Stretches of short pieces that may be a word written in pieces."""
    for short, run in itertools.groupby(tokens, lambda token: len(token) <= _SHORT):
        if short:
            pieces = list(itertools.islice(run, _PIECES))
            if len(pieces) > 2:
                yield pieces


def _squeezed(word: str) -> tuple[str, tuple[int, ...]]:
    """A word with each letter once, and how often each stood there."""
    runs = [(letter, sum(1 for _ in group)) for letter, group in itertools.groupby(word)]
    return "".join(letter for letter, _ in runs), tuple(count for _, count in runs)


_REPEATED = re.compile(r"(.)\1")


def _is_drawn(form: str) -> bool:
    return _REPEATED.search(form) is not None


def _is_longer(runs: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether a word was drawn out: some letters three times and more, or all of them twice; the others as they are."""
    if all(run == 2 * want for run, want in zip(runs, wanted, strict=True)):
        return True
    return all(run == want or run >= max(3, want) for run, want in zip(runs, wanted, strict=True))
