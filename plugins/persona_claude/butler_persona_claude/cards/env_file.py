"""``character.env``: lines of KEY=value, with values over several lines in quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import tomlkit

from butler_persona_claude.cards.document import Document
from butler_persona_claude.cards.errors import CardError
from butler_persona_claude.cards.fields import Fields
from butler_persona_claude.cards.names import name_from
from butler_persona_claude.cards.toml_file import LISTS, TEXTS, toml_from
from butler_persona_claude.character import Character

_LINE = re.compile(r"[^\S\n]*(?:export[^\S\n]+)?([A-Za-z_][A-Za-z0-9_.-]*)[^\S\n]*=[^\S\n]*")
_QUOTES = ('"""', "'''", '"', "'")
ALIASES = {
    "character_name": "name", "bot_name": "name", "display_name": "display", "prompt": "instructions",
    "system_prompt": "instructions", "character_prompt": "description", "dm_prompt": "direct",
    "direct_prompt": "direct", "private_prompt": "direct", "guild_prompt": "public", "public_prompt": "public",
    "server_prompt": "public", "first_message": "greeting", "nicknames": "handles", "aliases": "handles",
    "default_model": "model", "example_dialogue": "examples", "post_history_instructions": "reminder",
}  # fmt: skip
"""Other names for our fields."""


def lines_of(text: str) -> Iterator[tuple[str, str]]:
    """Keys and values. Raises ``CardError`` with the line that is neither."""
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at:end].strip()
        if not line or line.startswith("#"):
            at = end + 1
            continue
        number = text.count("\n", 0, at) + 1
        found = _LINE.match(text, at)
        if found is None:
            raise CardError(f"line {number} is {line[:40]!r}, expected KEY=value")
        value, at = _value(text, found.end(), number)
        yield found[1].lower(), value


def _value(text: str, at: int, number: int) -> tuple[str, int]:
    for quote in _QUOTES:
        if text.startswith(quote, at):
            end = at + len(quote)
            while (end := text.find(quote, end)) >= 0 and len(quote) == 1 and text[end - 1] == "\\":
                end += 1
            if end < 0:
                raise CardError(f"the {quote} in line {number} is never closed", remedy="close it")
            value = text[at + len(quote) : end]
            if quote == '"':
                value = value.replace('\\"', '"').replace("\\n", "\n")
            after = text.find("\n", end + len(quote))
            return value, len(text) if after < 0 else after + 1
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    return text[at:end].strip(), end + 1


def read_env(data: bytes) -> Document:
    """A character. Keys that it has no field for are kept as comments. Raises ``CardError``."""
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise CardError("this is no text in UTF-8", remedy="save it as UTF-8") from None
    known: dict[str, str] = {}
    others: list[tuple[str, str]] = []
    for key, value in lines_of(text):
        name = ALIASES.get(key, key)
        if name == "name" or name in TEXTS or name in LISTS:
            known[name] = value
        else:
            others.append((key, value))
    values = Fields(known)
    if not values.text("name"):
        raise CardError("the file names nobody", remedy="add a line CHARACTER_NAME=…")
    lists = {key: tuple(filter(None, (e.strip() for e in values.text(key).split(",")))) for key in LISTS}
    texts = {key: values.text(key) for key in TEXTS}
    character = Character(name=name_from(values.text("name")), **texts, **lists)  # type: ignore[arg-type]
    return Document(character, None, toml_from(character, None) + _kept(others))


def _kept(others: list[tuple[str, str]]) -> str:
    """What it has no field for, as a table of its own."""
    if not others:
        return ""
    return "\n" + tomlkit.dumps({"env": dict(others)})
