"""Character cards of the three versions: V1 (flat), V2 and V3 (``data``)."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

import attrs

from butler_persona_claude.cards.errors import CardError
from butler_persona_claude.cards.fields import Fields
from butler_persona_claude.cards.names import LONGEST_NAME, name_from
from butler_persona_claude.character import Character, Entry, Lorebook

OURS = "butler"
"""Under ``extensions``: what a card has no field for."""
_TEXTS = {
    "description": "description", "personality": "personality", "scenario": "scenario", "first_mes": "greeting",
    "mes_example": "examples", "system_prompt": "instructions", "post_history_instructions": "reminder",
}  # fmt: skip
"""Fields of a card to ours."""
_FLAT = ("name", "description", "personality", "scenario", "first_mes", "mes_example")
_DECORATOR = re.compile(r"^@@@?[a-z_]+.*\n?", re.MULTILINE)


def data_of(card: Mapping[str, Any]) -> Mapping[str, Any]:
    """Where a card keeps its fields. Raises ``CardError`` for what is no card."""
    if str(card.get("spec", "")).startswith("chara_card") or isinstance(card.get("data"), Mapping):
        return Fields(card.get("data"), "data").values
    if not any(key in card for key in _FLAT[1:]):
        raise CardError(
            "this JSON is no character card", remedy="a card has `name`, `description` and `first_mes`, or a `spec`"
        )
    return card


def character_of(card: Mapping[str, Any], base: Character | None = None) -> Character:
    """The character of a card; ``base``: what other files said of it, where the card says nothing."""
    data = Fields(data_of(card))
    known = base or Character(name="")
    texts = {ours: data.text(theirs) for theirs, ours in _TEXTS.items()}
    name = data.text("name")
    if not name:
        raise CardError("the card has no name", remedy="give it one under `name`")
    nickname = data.text("nickname")
    changes: dict[str, Any] = {ours: value for ours, value in texts.items() if value or not base}
    changes["name"] = known.name or name_from(name)
    if changes["name"] != name or nickname:
        changes["display"] = known.display or (nickname or name)[:LONGEST_NAME]
    if data.values.get("alternate_greetings") is not None or not base:
        changes["greetings"] = data.texts("alternate_greetings")
    if data.values.get("character_book") is not None or not base:
        changes["lorebook"] = book_of(data.inner("character_book"))
    return attrs.evolve(known, **changes)


def book_of(book: Fields) -> Lorebook:
    """A lorebook as cards write it; SillyTavern's own files are read as well."""
    entries = tuple(entry_of(each) for each in book.objects("entries"))
    return Lorebook(entries, book.number("scan_depth"), book.number("token_budget"), book.flag("recursive_scanning"))


def entry_of(entry: Fields) -> Entry:
    """One entry."""
    more = Fields(entry.values.get("extensions") or {}, entry.name("extensions"))
    position = entry.values.get("position")
    order = entry.number("insertion_order", entry.number("order", 100))
    return Entry(
        content=_DECORATOR.sub("", entry.text("content")).strip(),
        keys=entry.texts("keys") or entry.texts("key"),
        secondary=entry.texts("secondary_keys") or entry.texts("keysecondary"),
        selective=entry.flag("selective"),
        constant=entry.flag("constant"),
        enabled=entry.flag("enabled", True) and not entry.flag("disable"),
        order=order,
        priority=entry.number("priority", more.number("priority")),
        before=position in (None, "before_char", 0),
        case=entry.flag("case_sensitive", more.flag("case_sensitive")),
        regex=entry.flag("use_regex"),
        name=entry.text("comment") or entry.text("name"),
    )


def card_from(character: Character, card: Mapping[str, Any] | None, version: int, toml: str) -> dict[str, Any]:
    """A card of that version; ``card``, if there is one, keeps every field that it has. ``toml`` goes along."""
    made: dict[str, Any] = copy.deepcopy(dict(data_of(card))) if card else {}
    for theirs, ours in _TEXTS.items():
        if version > 1 or theirs in _FLAT or made.get(theirs):
            made[theirs] = _kept(made.get(theirs), getattr(character, ours))
    made["name"] = made.get("name") or character.label
    if toml:
        made["extensions"] = {**(made.get("extensions") or {}), OURS: {"toml": toml}}
    if version == 1:
        return {**_outside(card), **{key: "" for key in _FLAT if key not in made}, **made}
    if Fields(made).texts("alternate_greetings") != character.greetings:
        made["alternate_greetings"] = list(character.greetings)
    if book_of(Fields(made).inner("character_book")) != character.lorebook:
        made["character_book"] = _book(character.lorebook)
    for key, default in _DEFAULTS.items():
        made.setdefault(key, copy.copy(default))
    if version >= 3:
        made.setdefault("group_only_greetings", [])
    spec = {"spec": f"chara_card_v{version}", "spec_version": f"{version}.0"}
    if card and card.get("spec") == spec["spec"]:
        spec["spec_version"] = card.get("spec_version") or spec["spec_version"]
    return {**_outside(card), **spec, "data": made}


_DEFAULTS: Mapping[str, Any] = {
    "alternate_greetings": [], "creator_notes": "", "tags": [], "creator": "", "character_version": "",
    "extensions": {},
}  # fmt: skip


def _outside(card: Mapping[str, Any] | None) -> dict[str, Any]:
    """What stands beside ``data``."""
    if not card or data_of(card) is card:
        return {}
    return {key: value for key, value in card.items() if key not in {"spec", "spec_version", "data"}}


def _kept(before: Any, now: str) -> Any:
    """A field as it was, if it says the same; else what it says now."""
    if isinstance(before, str) and Fields({"": before}).text("") == now:
        return before
    return now


def _book(book: Lorebook) -> dict[str, Any]:
    entries: list[dict[str, Any]] = [
        {
            "keys": list(each.keys), "secondary_keys": list(each.secondary), "content": each.content,
            "comment": each.name, "name": each.name, "id": place, "enabled": each.enabled,
            "insertion_order": each.order, "priority": each.priority, "selective": each.selective,
            "constant": each.constant, "case_sensitive": each.case, "use_regex": each.regex,
            "position": "before_char" if each.before else "after_char", "extensions": {},
        }
        for place, each in enumerate(book.entries)
    ]  # fmt: skip
    made: dict[str, Any] = {"entries": entries, "recursive_scanning": book.recursive, "extensions": {}}
    if book.depth:
        made["scan_depth"] = book.depth
    if book.budget:
        made["token_budget"] = book.budget
    return made
