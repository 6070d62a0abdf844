"""``character.toml``: our own format, for people to write and edit."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from typing import Any

import attrs
import tomlkit
from tomlkit.exceptions import TOMLKitError

from butler_persona_claude.cards.card import book_of, character_of
from butler_persona_claude.cards.document import Document
from butler_persona_claude.cards.errors import CardError
from butler_persona_claude.cards.fields import Fields, parsed
from butler_persona_claude.cards.names import LONGEST_NAME, name_from
from butler_persona_claude.character import Character, Lorebook, Mode

CARD = "card"
"""The key that holds a whole card as JSON, where the character came from one."""
TEXTS = (
    "display", "description", "personality", "scenario", "instructions", "reminder", "direct", "public", "greeting",
    "examples", "glitch", "relationship", "summarization_prompt", "core_memory_prompt", "core_memory_dump", "fallback",
    "colour",
)  # fmt: skip
LISTS = ("handles", "greetings", "model", "premium_model", "channels")
DEEPEST = 64


def read_toml(data: bytes, image: bytes = b"") -> Document:
    """A character. Raises ``CardError`` with the line, or the field, that is wrong."""
    text = _text(data)
    values = Fields(_parsed(text))
    card = parsed(values.text(CARD).encode(), "`card`") if values.text(CARD) else None
    name = values.text("name") or (character_of(card).name if card else "")
    if not name:
        raise CardError("the character has no name", remedy='begin the file with `name = "…"`')
    if name != name_from(name):
        raise CardError(f"{name[:60]!r} is no name for a character", remedy=f"for example {name_from(name)!r}")
    return Document(_character(values, Character(name=name)), card, text, image)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise CardError("this is no text in UTF-8", remedy="save it as UTF-8") from None


def _parsed(text: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CardError(f"this is no TOML: {error}") from None
    except RecursionError:
        raise CardError("this TOML is nested far too deeply") from None


def _character(values: Fields, bare: Character) -> Character:
    texts = {key: values.text(key) for key in TEXTS}
    lists = {key: values.texts(key) for key in LISTS}
    display = texts.pop("display")
    if len(display) > LONGEST_NAME:
        raise CardError(f"`display` has {len(display)} characters", remedy=f"at most {LONGEST_NAME}")
    modes = tuple(Mode(each.text("name"), each.text("prompt")) for each in values.objects("modes"))
    nameless = [place for place, mode in enumerate(modes, 1) if not mode.name or not mode.prompt]
    if nameless:
        raise CardError(f"mode {nameless[0]} has no name or no prompt", remedy="each [[modes]] needs both")
    book = values.inner("lorebook")
    known = book_of(book) if book.values else Lorebook()
    changes: dict[str, Any] = {**texts, **lists, "display": display, "modes": modes, "lorebook": known}
    changes["mode_every"] = max(0, values.number("mode_every"))
    changes["settings"] = dict(values.inner("settings").values)
    return attrs.evolve(bare, **changes)


def toml_from(character: Character, card: Mapping[str, Any] | None) -> str:
    """A file for a character that had none; a card that it came from goes along whole."""
    made = tomlkit.document()
    made["name"] = character.name
    for key in TEXTS:
        if value := getattr(character, key):
            made[key] = _string(value)
    for key in LISTS:
        if value := getattr(character, key):
            made[key] = list(value)
    if character.mode_every:
        made["mode_every"] = character.mode_every
    if card is not None:
        made[CARD] = _string(json.dumps(card, ensure_ascii=False, indent=1))
    if character.lorebook.entries:
        made["lorebook"] = _book(character.lorebook)
    if character.modes:
        made["modes"] = [{"name": mode.name, "prompt": mode.prompt} for mode in character.modes]
    if character.settings:
        made["settings"] = dict(character.settings)
    return tomlkit.dumps(made)


def _string(text: str) -> Any:
    return tomlkit.string(text, multiline="\n" in text)


def _book(book: Lorebook) -> dict[str, Any]:
    entries = []
    for each in book.entries:
        entry: dict[str, Any] = {"content": _string(each.content), "keys": list(each.keys)}
        extra = {
            "secondary_keys": list(each.secondary), "selective": each.selective, "constant": each.constant,
            "insertion_order": each.order, "priority": each.priority, "case_sensitive": each.case,
            "use_regex": each.regex, "comment": each.name,
        }  # fmt: skip
        entry |= {key: value for key, value in extra.items() if value}
        if not each.enabled:
            entry["enabled"] = False
        if not each.before:
            entry["position"] = "after_char"
        entries.append(entry)
    made: dict[str, Any] = {"entries": entries, "recursive_scanning": book.recursive}
    numbers = {"scan_depth": book.depth, "token_budget": book.budget}
    return made | {key: value for key, value in numbers.items() if value}


def without_card(toml: str) -> str:
    """The same file without the card that goes along in it."""
    made = tomlkit.parse(toml)
    made.pop(CARD, None)
    return tomlkit.dumps(made)


def changed(toml: str, field: str, value: str) -> str:
    """The same file with one text changed, everything else (comments, order) as it was. Raises ``CardError``."""
    try:
        made = tomlkit.parse(toml)
    except TOMLKitError as error:
        raise CardError(f"this is no TOML: {error}") from None
    if value:
        made[field] = _string(value)
    elif field in made:
        del made[field]
    return tomlkit.dumps(made)
