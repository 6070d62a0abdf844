"""``{{char}}`` and its kin in the texts of a card."""

from __future__ import annotations

import re

_MACRO = re.compile(r"\{\{([^{}]{0,2000})\}\}|<(BOT|USER)>", re.IGNORECASE)


def filled(text: str, char: str, user: str) -> str:
    """A text with its macros filled in, the same each time: of several choices the first is taken."""
    if "{{" not in text and "<" not in text:
        return text

    def instead(found: re.Match[str]) -> str:
        word = (found[1] or found[2]).strip()
        lower = word.lower()
        if lower in {"char", "bot"}:
            return char
        if lower == "user":
            return user
        kind, _, rest = word.partition(":")
        if kind.lower() in {"random", "pick"}:
            return re.split(r"(?<!\\),", rest.lstrip(":"))[0].strip()
        if word.startswith("//") or kind.lower() in {"hidden_key", "comment"}:
            return ""
        return rest[::-1] if kind.lower() == "reverse" else found[0]

    return _MACRO.sub(instead, text)
