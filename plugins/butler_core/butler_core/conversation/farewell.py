"""Whether somebody says goodbye."""

from __future__ import annotations

import re
from collections.abc import Sequence

_WORDS = (
    "bye", "bye bye", "byebye", "bye for now", "goodbye", "good bye", "good night", "goodnight", "farewell", "see you",
    "see you later", "see you soon", "see you tomorrow", "see ya", "cya", "so long", "take care", "until next time",
    "talk to you later", "ttyl", "ciao", "adieu", "au revoir", "adios", "hasta luego", "tschüss", "tschüs",
    "gute nacht", "auf wiedersehen", "bis später", "bis bald",
)  # fmt: skip
_POLITE = re.compile(r"\b(?:thanks|thank you|ok|okay|well|and|then|now|for now|my|dear|danke|gracias|merci)\b")
_FAREWELL = frozenset(_WORDS)
LONGEST = 80


def says_goodbye(text: str, names: Sequence[str]) -> bool:
    """``bye``, ``thanks, goodbye TheButler!`` and the like; not a sentence that has such a word in it."""
    if len(text) > LONGEST:
        return False
    plain = text.casefold()
    for name in sorted(names, key=len, reverse=True):
        plain = re.sub(rf"(?<!\w)@?{re.escape(name.casefold())}(?!\w)", " ", plain)
    bare = " ".join(re.sub(r"[^\w\s]|_", " ", plain).split())
    return bare in _FAREWELL or " ".join(_POLITE.sub(" ", bare).split()) in _FAREWELL
