"""Names of characters: short, on one line, good for a folder."""

from __future__ import annotations

import re

from butler_persona_claude.cards.errors import CardError

LONGEST_NAME = 32
_ODD = re.compile(r"[^\w .,'’&+-]+")


def name_from(text: str) -> str:
    """A name made from what a card is called. Raises ``CardError`` if nothing of it is left."""
    name = " ".join(_ODD.sub(" ", text).split()).strip(". ")[:LONGEST_NAME].strip(". ")
    if not name:
        raise CardError(f"{text[:40]!r} is no name", remedy="a name has letters or digits")
    return name
