"""Texts that managers write for commands of their own, with what changes from call to call in braces."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from butler import CommandError

KNOWN = ("person", "guild", "channel", "text", "uses")
_PLACE = re.compile(r"\{([^{}\n]{1,200})\}")
_WORD = re.compile(r"[1-9]")
_CHOOSE = "choose:"


def check(text: str) -> None:
    """Raise ``CommandError`` that names what is in braces and means nothing."""
    for name in _PLACE.findall(text):
        if name not in KNOWN and not _WORD.fullmatch(name) and not name.startswith(_CHOOSE):
            known = ", ".join(f"{{{each}}}" for each in KNOWN)
            raise CommandError(
                f"{{{name[:40]}}} means nothing", remedy=f"there are {known}, {{1}} to {{9}} and {{choose:this|that}}"
            )


def fill(text: str, values: Mapping[str, str], typed: str, pick: Callable[[Sequence[str]], str]) -> str:
    """The text with everything in its place; what was typed is filled in last, and fills in nothing itself."""
    words = typed.split()

    def filled(match: re.Match[str]) -> str:
        name = match[1]
        if name.startswith(_CHOOSE):
            return pick(name.removeprefix(_CHOOSE).split("|"))
        if _WORD.fullmatch(name):
            return words[int(name) - 1] if len(words) >= int(name) else ""
        return typed if name == "text" else values.get(name, match[0])

    return _PLACE.sub(filled, text)
