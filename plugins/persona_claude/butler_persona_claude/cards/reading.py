"""Any of the formats, told apart by what the file holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from butler_persona_claude.cards import charx, png
from butler_persona_claude.cards.card import OURS, character_of, data_of
from butler_persona_claude.cards.document import Document
from butler_persona_claude.cards.env_file import read_env
from butler_persona_claude.cards.errors import CardError
from butler_persona_claude.cards.fields import parsed
from butler_persona_claude.cards.toml_file import read_toml

LARGEST = 64 << 20
"""Bytes of a file."""


def read(data: bytes, name: str = "") -> Document:
    """The character in a file, whatever its format; ``name`` is the file's, for what cannot be told from inside.

    Raises ``CardError``: what was wrong, what was expected, what to do.
    """
    if len(data) > LARGEST:
        raise CardError(f"the file has {len(data) >> 20} MB", remedy=f"at most {LARGEST >> 20} MB")
    if not data.strip():
        raise CardError("the file is empty")
    if data.startswith(png.MARK[:4]):
        return _of_card(parsed(png.card_in(data), "the card"), image=data)
    if data.startswith(b"PK") or name.lower().endswith(".charx") or data[:3] == b"\xff\xd8\xff":
        return _of_card(parsed(charx.card_in(data), charx.NAME), archive=data)
    ending = name.lower().rpartition(".")[2]
    if ending == "env":
        return read_env(data)
    if ending == "json" or data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return _of_card(parsed(data, "the card"))
    return read_toml(data)


def _of_card(card: Mapping[str, Any], image: bytes = b"", archive: bytes = b"") -> Document:
    ours = (data_of(card).get("extensions") or {}) if isinstance(data_of(card).get("extensions") or {}, Mapping) else {}
    mine = ours.get(OURS)
    toml = mine.get("toml") if isinstance(mine, Mapping) else ""
    if isinstance(toml, str) and toml:
        before = read_toml(toml.encode("utf-8", "replace"))
        return Document(character_of(card, before.character), card, toml, image, archive)
    return Document(character_of(card), card, "", image, archive)
