"""Memories from elsewhere, ``memories.json`` and ``chat.json``; what is wrong with an entry is said."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import define, field
from butler import BadArgument, Person

from butler_memory.evidence import clean
from butler_memory.offrecord import is_secret
from butler_memory.tables import Item
from butler_memory.words import digest

LARGEST = 20 * 2**20
PIECE = 1200
"""Characters of a conversation that become one memory."""
SHAPES = 'expected {"memories": [{"mem_type": …}]} or [{"timestamp": …, "role": …, "content": …}]'
PERSON = ("relation", "alive", "relationships", "current objectives", "details", "personality")
TEXTS = {"person": "details", "event": "note", "fact": "note", "conversation": "summary"}


@define
class Imported:
    """What was found in a file, and what was wrong with the rest."""

    items: list[Item] = field(factory=list)
    problems: list[str] = field(factory=list)


def read(path: Path, persona: str, person: Person, now: float) -> Imported:
    """The memories of a file: a persona's, of what it knows from somebody in private.

    Raises ``BadArgument`` for a file that cannot be read or is of neither shape.
    """
    path = path.expanduser()
    try:
        if path.stat().st_size > LARGEST:
            raise BadArgument(f"{path} is larger than {LARGEST // 2**20} MB", remedy="take it in in parts")
        found = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadArgument(f"{path} cannot be read: {error.strerror}", remedy="name a file on this machine") from error
    except (ValueError, RecursionError) as error:
        raise BadArgument(f"{path} is no JSON: {error}", remedy=SHAPES) from error
    maker = _Maker(persona, person, path.name, now)
    if isinstance(found, Mapping) and isinstance(found.get("memories"), list):
        return maker.all(found["memories"], maker.memory)
    if isinstance(found, list):
        return maker.chat(found)
    raise BadArgument(f"{path} holds neither memories nor a chat", remedy=SHAPES)


class _Maker:
    def __init__(self, persona: str, person: Person, name: str, now: float) -> None:
        self._persona, self._person, self._name, self._now = persona, person, name, now

    def all(self, entries: list[Any], make: Any) -> Imported:
        told = Imported()
        for number, entry in enumerate(entries, 1):
            try:
                told.items.append(make(number, entry))
            except ValueError as error:
                told.problems.append(f"entry {number}: {error}")
        return told

    def memory(self, number: int, entry: Any) -> Item:
        if not isinstance(entry, Mapping):
            raise ValueError("it is no object")
        kind = str(entry.get("mem_type", "")).casefold()
        if kind not in TEXTS:
            raise ValueError(f"mem_type is none of {', '.join(TEXTS)}")
        name = clean(str(entry.get("name") or ""))[:64]
        data = {key: value for key, value in entry.items() if key != "mem_type"}
        text = self._text(kind, name, entry)
        own = name.casefold() in {"self", self._persona.casefold()}
        mine = not name or name.casefold() == self._person.name.casefold()
        about = "self" if own else self._person.id if mine else f"name:{name.casefold()}"
        return self._item(number, kind, about, name or self._person.name, text, data, _when(entry, self._now))

    def _text(self, kind: str, name: str, entry: Mapping[str, Any]) -> str:
        if kind == "person":
            told = [f"{key}: {_plain(entry[key])}" for key in PERSON if entry.get(key) not in (None, "", [], {})]
            return f"{name}: {'; '.join(told)}" if told else name
        dates = f" ({_plain(entry['dates'])})" if entry.get("dates") else ""
        return f"{_plain(entry.get(TEXTS[kind]) or entry.get('transcript') or '')}{dates}"

    def chat(self, entries: list[Any]) -> Imported:
        told, lines, since = Imported(), list[str](), self._now
        for number, entry in enumerate(entries, 1):
            if not isinstance(entry, Mapping) or not isinstance(entry.get("content"), str):
                told.problems.append(f"entry {number}: it has no content")
                continue
            if is_secret(entry["content"]):
                told.problems.append(f"entry {number}: passwords, keys and numbers of cards are not kept")
                continue
            since = _when(entry, self._now) if not lines else since
            who = self._persona if entry.get("role") in {"assistant", "bot"} else self._person.name or "user"
            lines.append(f"{who}: {clean(entry['content'])}")
            if sum(map(len, lines)) > PIECE:
                told.items.append(self._piece(number, lines, since))
                lines = []
        if lines:
            told.items.append(self._piece(len(entries), lines, since))
        return told

    def _piece(self, number: int, lines: list[str], since: float) -> Item:
        return self._item(number, "conversation", self._person.id, self._person.name, " / ".join(lines), {}, since)

    def _item(self, number: int, kind: str, about: str, name: str, text: str, data: dict[str, Any], at: float) -> Item:
        text = clean(text)[:4000]
        if not text:
            raise ValueError("it says nothing")
        if is_secret(text):
            raise ValueError("passwords, keys and numbers of cards are not kept")
        who = self._person.id
        kept = {**data, "imported": self._name, "people": [who], "since": at, "from": 0, "level": 0}
        return Item(
            persona=self._persona, kind=kind, about=about, name=name, text=text, slot="", data=kept,
            source=f"import:{self._name}#{number}", seq=0, by=who, guild="", channel="", private=True, at=at,
            importance=3, digest=digest(about, text),
        )  # fmt: skip


def _plain(value: Any) -> str:
    return "; ".join(_parts(value))


def _parts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from (f"{key}: {_plain(inner)}" for key, inner in value.items())
    elif isinstance(value, list):
        yield from (_plain(inner) for inner in value)
    else:
        yield str(value)


def _when(entry: Mapping[str, Any], now: float) -> float:
    """Seconds, milliseconds or ISO 8601; what cannot be read is now."""
    told = entry.get("timestamp", entry.get("when", entry.get("date")))
    try:
        if isinstance(told, str) and not told.replace(".", "", 1).isdigit():
            at = dt.datetime.fromisoformat(told)
            return (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).timestamp()
        seconds = float(told) if told is not None else now
    except (TypeError, ValueError):
        return now
    seconds = seconds / 1000 if seconds > 1e11 else seconds
    return seconds if 0 <= seconds <= 1e11 else now
