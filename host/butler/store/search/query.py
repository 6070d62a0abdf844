"""What a person types into a search, as words to look for: any text works, none is an error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from attrs import frozen

from butler.store.words import words

MOST_TERMS: Final = 32
_CHUNK: Final = re.compile(r'(-?)"([^"]*)(?:"|$)(\*?)|(\S+)')


@frozen
class Term:
    """Words that stand one after the other; the last one may be the beginning of a word (``prefix``)."""

    words: tuple[str, ...]
    prefix: bool = False
    without: bool = False


@frozen
class Query:
    """What is wanted (all of it, or any where ``any_of`` is set) and what must not be there."""

    wanted: tuple[Term, ...]
    unwanted: tuple[Term, ...] = ()
    any_of: bool = False

    @property
    def empty(self) -> bool:
        """Nothing is asked for (unwanted words alone find nothing)."""
        return not self.wanted


def parse(text: str, *, any_of: bool = False) -> Query:
    """``"two words"`` is a phrase, ``-word`` must not be there, ``wor*`` begins so; all else are words."""
    terms = [term for _, term in zip(range(MOST_TERMS), _terms(text), strict=False)]
    return Query(
        tuple(dict.fromkeys(term for term in terms if not term.without)),
        tuple(dict.fromkeys(term for term in terms if term.without)),
        any_of,
    )


def _terms(text: str) -> Iterator[Term]:
    for minus, phrase, star, plain in _CHUNK.findall(text):
        chunk = phrase or plain
        found = tuple(word.text for word in words(chunk))[:MOST_TERMS]
        if found:
            without = bool(minus) or (plain.startswith("-") and plain[1:2] not in ("", "-"))
            yield Term(found, bool(star) or plain.endswith("*"), without)


def to_fts5(query: Query) -> str:
    """The query in FTS5's language. Words hold no quotes, so nothing in it is a person's own syntax."""

    def one(term: Term) -> str:
        return f'"{" ".join(term.words)}"{"*" if term.prefix else ""}'

    wanted = (" OR " if query.any_of else " AND ").join(map(one, query.wanted))
    if not query.unwanted:
        return wanted
    return f"({wanted}) NOT ({' OR '.join(map(one, query.unwanted))})"


def to_tsquery(query: Query) -> str:
    """The query in PostgreSQL's language; see :func:`to_fts5`."""

    def one(term: Term) -> str:
        last = len(term.words) - 1
        parts = [f"'{_quoted(word)}'{':*' if term.prefix and at == last else ''}" for at, word in enumerate(term.words)]
        return f"({' <-> '.join(parts)})"

    wanted = (" | " if query.any_of else " & ").join(map(one, query.wanted))
    return " & ".join([f"({wanted})", *(f"!{one(term)}" for term in query.unwanted)])


def to_tsvector(found: list[str]) -> str:
    """Words with their places, as PostgreSQL takes them."""
    places: dict[str, list[str]] = {}
    for place, word in enumerate(found, 1):
        places.setdefault(word, []).append(str(place))
    return " ".join(f"'{_quoted(word)}':{','.join(at[:255])}" for word, at in places.items())


def _quoted(word: str) -> str:
    return word.replace("\\", "\\\\").replace("'", "''")
