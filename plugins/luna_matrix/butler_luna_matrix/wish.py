"""What a persona should be like: from a command, a card, or personalities.json (LUNA-7)."""

from __future__ import annotations

import datetime as dt
import importlib.resources
import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
from butler import CommandError, Persona

from butler_luna_matrix.ids import native, ours

TRAIT = re.compile(r"([\w-]+)\s*[=:]\s*([0-9.]+)")
KNOWN = frozenset({"matrix_id", "display_name", "system_prompt", "traits", "created_at", "room_ids", "model", "notes"})
"""The fields of an entry in personalities.json that have a place of their own; others are kept as they are."""


@attrs.frozen
class Wish:
    """Who is to come to life. ``more`` holds whatever else its record has."""

    name: str
    display: str = ""
    prompt: str = ""
    greeting: str = ""
    examples: tuple[tuple[str, str], ...] = ()
    model: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    traits: Mapping[str, float] = attrs.field(factory=dict)
    notes: str = ""
    more: Mapping[str, Any] = attrs.field(factory=dict)

    def persona(self, user: str, room: str, now: dt.datetime, by: str) -> Persona:
        """The record: with its account, its home, and by whom and when it was made."""
        kept: dict[str, Any] = {"created_at": now.isoformat(timespec="seconds"), "created_by": by, **self.more}
        if self.traits:
            kept["traits"] = dict(self.traits)
        if self.notes:
            kept["notes"] = self.notes
        return Persona(
            self.name,
            display=self.display,
            prompt=self.prompt,
            greeting=self.greeting,
            examples=self.examples,
            model=self.model or ("offline",),
            handles=self.handles,
            accounts={"matrix": ours(user)},
            channels=(ours(room),) if room else (),
            settings=kept,
        )


def cards() -> list[str]:
    """The cards that ship, by name."""
    folder = importlib.resources.files("butler_luna_matrix").joinpath("cards")
    return sorted(each.name.removesuffix(".toml") for each in folder.iterdir() if each.name.endswith(".toml"))


def from_card(name: str, card: str, *, files: bool) -> Wish:
    """A persona by a card: one that ships, or a TOML file where ``files`` may be read. Raises ``CommandError``."""
    if card in cards():
        text = importlib.resources.files("butler_luna_matrix").joinpath("cards", f"{card}.toml").read_text("utf-8")
    elif files:
        text = _read(Path(card))
    else:
        raise CommandError(f"there is no card {card!r}", remedy=f"there are {', '.join(cards())}")
    try:
        return from_table(name, tomllib.loads(text))
    except (tomllib.TOMLDecodeError, TypeError, ValueError, AttributeError) as error:
        raise CommandError(f"the card {card} makes no sense ({error})", remedy="a card is a persona's TOML") from None


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise CommandError(
            f"the card {path} cannot be read ({reason})", remedy=f"give a TOML file, or one of {', '.join(cards())}"
        ) from None


def from_table(name: str, table: Mapping[str, Any]) -> Wish:
    """A persona by the keys of its TOML file."""
    settings = dict(table.get("settings", {}))
    model = table.get("model", ())
    return Wish(
        name=name,
        display=str(table.get("display", "")),
        prompt=str(table.get("prompt", "")).strip(),
        greeting=str(table.get("greeting", "")).strip(),
        examples=tuple((str(question), str(answer)) for question, answer in table.get("examples", ())),
        model=(model,) if isinstance(model, str) else tuple(map(str, model)),
        handles=tuple(map(str, table.get("handles", ()))),
        traits={str(key): float(value) for key, value in settings.pop("traits", {}).items()},
        notes=str(settings.pop("notes", "")),
        more=settings,
    )


def traits_of(text: str) -> dict[str, float]:
    """``openness=0.8, patience=1`` as numbers. Raises ``CommandError`` with what was expected."""
    found = {key.casefold(): value for key, value in TRAIT.findall(text)}
    try:
        if not found and text.strip():
            raise ValueError
        return {key: float(value) for key, value in found.items()}
    except ValueError:
        raise CommandError(f"traits are names with numbers, not {text!r}", remedy="openness=0.8,patience=1") from None


def personalities(personas: Mapping[str, Persona]) -> str:
    """These personas as a personalities.json."""
    return (
        json.dumps({name: _entry(persona) for name, persona in personas.items()}, indent=2, ensure_ascii=False) + "\n"
    )


def _entry(persona: Persona) -> dict[str, Any]:
    kept = dict(persona.settings)
    return {
        "matrix_id": native(persona.accounts.get("matrix", "")),
        "display_name": persona.label,
        "system_prompt": persona.prompt,
        "traits": kept.pop("traits", {}),
        "created_at": kept.pop("created_at", ""),
        "room_ids": [native(channel) for channel in persona.channels],
        "model": list(persona.model),
        "notes": kept.pop("notes", ""),
        **kept,
    }


def from_personalities(text: str) -> dict[str, tuple[Wish, Mapping[str, Any]]]:
    """The wishes in a personalities.json, each with its whole entry. Raises ``CommandError``."""
    try:
        whole = json.loads(text)
        return {str(name): (_wish(str(name), entry), entry) for name, entry in whole.items()}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise CommandError(
            f"that is no personalities.json ({error})", remedy="it is an object: a name to an object for each persona"
        ) from None


def _wish(name: str, entry: Mapping[str, Any]) -> Wish:
    model = entry.get("model") or ()
    more = {key: value for key, value in entry.items() if key not in KNOWN}
    if entry.get("created_at"):
        more["created_at"] = str(entry["created_at"])
    return Wish(
        name=name,
        display=str(entry.get("display_name") or ""),
        prompt=str(entry.get("system_prompt") or ""),
        model=(model,) if isinstance(model, str) else tuple(map(str, model)),
        traits={str(key): float(value) for key, value in (entry.get("traits") or {}).items()},
        notes=str(entry.get("notes") or ""),
        more=more,
    )
