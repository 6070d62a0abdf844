"""Words as memories are found by: folded, without endings and without those that say nothing."""

from __future__ import annotations

import functools
import hashlib

from butler import words

_EMPTY = frozenset(
    """
    a about am an and any are as at be been but by can could d did do does for from had has have he her hers him
    his how i if in into is it its just know ll let m me my no not of on or our out re s she so some t tell than
    that the their them then there they this to too up us ve was we were what when where which who why will with
    would you your remember remind please yes ok okay hi hello hey again also like get got
    """.split()  # noqa: SIM905 - a list of one word a line hides the rest
)


@functools.lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A word without the endings that change its number and time."""
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("es", ""), ("ly", ""), ("s", "")):
        if word.endswith(ending) and not word.endswith(("ss", "us")) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)] + instead
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word


def stems(text: str) -> list[str]:
    """All words of a text, for the index."""
    return [stem(word.text) for word in words(text)]


def telling(text: str) -> list[str]:
    """The words of a text that say something, each once, in order; for a question."""
    found = dict.fromkeys(word.text for word in words(text))
    return list(dict.fromkeys(stem(word) for word in found if word not in _EMPTY))


def words_of(text: str) -> list[str]:
    """The words of a text that say something, as people read them."""
    return [word.text for word in words(text) if word.text not in _EMPTY and len(word.text) > 2]


def digest(*parts: str) -> str:
    """The same for texts that differ in case, accents, punctuation and endings alone."""
    return hashlib.blake2b("\x1f".join(" ".join(stems(part)) for part in parts).encode(), digest_size=10).hexdigest()
