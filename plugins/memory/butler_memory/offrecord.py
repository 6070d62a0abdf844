"""What people do not want to be kept, and what nobody should keep: off the record, passwords, numbers of cards."""

from __future__ import annotations

import re
from collections.abc import Sequence

from butler import Message

_OFF = re.compile(
    r"\boff[ -]the[ -]record\b|\bdo ?n[o']?t (?:you )?(?:remember|save|store|keep|note|record|memori[sz]e|write down) "
    r"(?:this|that|it|any of (?:this|that)|what i)\b|\b(?:please |just )?forget (?:this|that|it|what i)\b"
    r"|\b(?:this|that) (?:must|should) not be (?:remembered|stored|kept|saved)\b",
    re.IGNORECASE,
)
_BACK = re.compile(r"\b(?:that)\b|\bwhat i\b|\bforget it\b", re.IGNORECASE)
_ON = re.compile(r"\b(?:back )?on[ -]the[ -]record\b", re.IGNORECASE)
_SECRET = re.compile(
    r"\b(?:pass(?:word|phrase|wort|code)|pin(?: code| number)?|secret key|api[ _-]?key|access token|private key|cvv|"
    r"seed phrase)\b\s*(?:is|are|:|=)"
    r"|\b(?:sk|pk|ghp|xox[abp])[-_][A-Za-z0-9_-]{12,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\b(?:\d[ -]?){13,19}\b",
    re.IGNORECASE,
)
SHORT = 8
"""A request of so few words is about what follows, too, until it is taken back."""


def is_secret(text: str) -> bool:
    """Whether a text holds what is never kept."""
    return bool(_SECRET.search(text))


def is_request(text: str) -> bool:
    """Whether it asks not to be kept."""
    return bool(_OFF.search(text))


def means_before(text: str) -> bool:
    """Whether such a request is about what was said before it, too."""
    return is_request(text) and bool(_BACK.search(text)) and not re.search(r"record", text, re.IGNORECASE)


def off_record(said: Sequence[Message]) -> set[str]:
    """The ids of those messages of a conversation, oldest first, that are not to be kept.

    "Off the record" alone holds for all that its author says until "back on the record"; within a sentence for that
    message; "forget that" for the one before it, too.
    """
    found: set[str] = set()
    off: set[str] = set()
    last: dict[str, str] = {}
    for message in said:
        who, text = message.author.id, message.text
        if is_request(text):
            found.add(message.id)
            if means_before(text) and who in last:
                found.add(last[who])
            if re.search(r"record", text, re.IGNORECASE) and len(text.split()) <= SHORT:
                off.add(who)
        elif _ON.search(text):
            off.discard(who)
        if who in off or is_secret(text):
            found.add(message.id)
        last[who] = message.id
    return found
