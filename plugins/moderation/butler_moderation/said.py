"""What the rules look at: a message, or a text that somebody wants to try (MOD-2, MOD-6)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from attrs import frozen


@frozen
class Said:
    """Something said, with what was found in it."""

    text: str
    links: tuple[str, ...] = ()
    emoji: int = 0
    mentions: int = 0
    files: tuple[str, ...] = ()
    age: float | None = None
    """Days since the account was made, where the platform tells."""
    again: int = 1
    """How often its author said the same within the longest time that a rule looks at."""

    @classmethod
    def typed(cls, text: str, parsed: Any) -> Said:
        """A text alone; ``parsed`` is what ``host.parse`` says of it."""
        return cls(text, tuple(parsed.links), len(parsed.emoji), _everybody(text) + len(parsed.mentions))

    @classmethod
    def of(cls, message: Any, made: dt.datetime | None) -> Said:
        """A message; ``made`` is when its author's account was."""
        age = (message.at - made).total_seconds() / 86_400 if made is not None else None
        files = tuple(each.name for each in message.attachments)
        mentions = len(message.mentions) + _everybody(message.text)
        return cls(message.text, message.links, len(message.emoji), mentions, files, age)


def _everybody(text: str) -> int:
    return text.count("@everyone") + text.count("@here")
