"""Whether what a model says was said really was: its words must stand in the message that it names."""

from __future__ import annotations

import re
from collections.abc import Collection

from butler import words

from butler_memory.words import stem, telling

LONGEST = 300
"""Characters of a memory that a model writes."""
_QUOTATION = re.compile(r"^[ ]{0,3}>[^\n]*", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufffd]")
_NAMED = re.compile(r"[^\W\d_][\w'’-]*|\d[\d.,:]*")
_MARKUP = re.compile(r"</?data-|<\||\[/?INST|```|\bsystem\s*:", re.IGNORECASE)


def own_words(text: str) -> str:
    """What somebody said themselves: without what they quote."""
    return _QUOTATION.sub("", text)


def clean(text: str) -> str:
    """A text of a model as one line."""
    return " ".join(_CONTROL.sub(" ", text).split())


def clean_text(text: str) -> str:
    """A longer text of a model: its lines, without what nobody reads."""
    lines = [clean(line) for line in text.splitlines()]
    return "\n".join(line for line in lines if line)


def is_true_to(text: str, said: str, names: Collection[str], most: int) -> bool:
    """Whether a longer text may be kept: not empty, not too long (characters), and hardly a name that nobody said."""
    if not 0 < len(text) <= most or _MARKUP.search(text) or len(set(telling(text))) < 3:
        return False
    return len(set(invented(text, said, names))) <= max(2, len(text.split()) // 50)


def _folded(text: str) -> str:
    return " ".join(word.text for word in words(text))


def stands_in(quote: str, text: str) -> bool:
    """Whether a quotation stands in a text, whatever its case and punctuation."""
    wanted = _folded(quote)
    return len(wanted) > 1 and f" {wanted} " in f" {_folded(own_words(text))} "


def invented(text: str, said: str, names: Collection[str]) -> list[str]:
    """Names and numbers in a text that nobody said; ``names`` are of those who take part."""
    known = {stem(word.text) for word in words(" ".join((own_words(said), *names)))}
    found = []
    for at, match in enumerate(_NAMED.finditer(text)):
        word = match[0]
        begins = at == 0 or text[: match.start()].rstrip().endswith((".", "!", "?", ":", "-", "#"))
        if word[0].isdigit() or (word[0].isupper() and not begins):
            parts = [stem(each.text) for each in words(word.removesuffix("'s").removesuffix("’s"))]
            found += [word] if not known.issuperset(parts) else []
    return found


def is_grounded(text: str, quote: str, said: str, names: Collection[str]) -> bool:
    """Whether a memory follows from its quotation: nothing invented, and a third of its words were said."""
    if not text or len(text) > LONGEST or _MARKUP.search(text) or invented(text, said, names):
        return False
    own = {stem(word.text) for name in names for word in words(name)}
    content = [word for word in telling(text) if word not in own]
    shared = set(content) & set(telling(own_words(said)))
    return bool(content) and len(shared) * 3 >= len(content) and not own.issuperset(telling(quote))
