"""A character as a file of any format; what a format has no field for goes along in it."""

from __future__ import annotations

import json
from typing import Any, Final

from butler_persona_claude.cards import charx, png
from butler_persona_claude.cards.card import card_from, character_of
from butler_persona_claude.cards.document import Document
from butler_persona_claude.cards.errors import CardError
from butler_persona_claude.cards.toml_file import toml_from, without_card

FORMS: Final = {
    "toml": ("toml", "application/toml"), "v1": ("json", "application/json"), "v2": ("json", "application/json"),
    "v3": ("json", "application/json"), "png": ("png", "image/png"), "charx": ("charx", "application/zip"),
}  # fmt: skip
"""The formats: how the file's name ends, and its media type."""


def write(document: Document, form: str) -> bytes:
    """The character in that format. Raises ``CardError`` for a format that there is not."""
    if form not in FORMS:
        raise CardError(f"{form!r} is no format", remedy=f"there are {', '.join(FORMS)}")
    if form == "toml":
        return (document.toml or toml_from(document.character, document.card)).encode()
    if form in {"v1", "v2", "v3"}:
        return _json(_card(document, int(form[1])), indent=2)
    newest = _json(_card(document, 3))
    if form == "charx":
        return charx.with_card(document.archive, newest)
    picture = document.image or png.plain(document.character.colour)
    return png.with_cards(picture, {b"chara": _json(_card(document, 2)), b"ccv3": newest})


def _card(document: Document, version: int) -> dict[str, Any]:
    return card_from(document.character, document.card, version, _along(document))


def _along(document: Document) -> str:
    """The TOML that goes along: none where the card says all that there is to say."""
    if not document.toml or (document.card is not None and character_of(document.card) == document.character):
        return ""
    return without_card(document.toml)


def _json(card: dict[str, Any], indent: int | None = None) -> bytes:
    return json.dumps(card, ensure_ascii=False, indent=indent).encode("utf-8", "replace")
