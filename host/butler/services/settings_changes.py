"""Run-time changes in memory, and what is asked of a new one before it is taken."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from butler.config import Config
from butler.config.problems import unknown
from butler.config.references import Reference
from butler.config.structure import fields_of
from butler.config.text import Mismatch, described, from_text
from butler.config.writing import HOST, LEVELS, Change, Level
from butler.errors import BadArgument, CommandError
from butler.services.settings_levels import Place, PluginLevels, Value, tighter


class Changes:
    """All run-time changes that hold, found by plugin and place."""

    def __init__(self) -> None:
        self._found: dict[str, dict[Place, dict[str, Change]]] = {}

    def replace(self, changes: Iterable[Change]) -> None:
        """Take these instead of all."""
        self._found = {}
        for change in changes:
            self.put(change)

    def put(self, change: Change) -> None:
        """Take one, in place of the former of that key."""
        places = self._found.setdefault(change.plugin, {})
        places.setdefault((change.level, change.place), {})[change.key] = change

    def drop(self, change: Change) -> None:
        """Take one back."""
        places = self._found.get(change.plugin, {})
        place = (change.level, change.place)
        places.get(place, {}).pop(change.key, None)
        if not places.get(place):
            places.pop(place, None)

    def get(self, level: Level, place: str, plugin: str, key: str) -> Change | None:
        """The change of one key in one place, if there is one."""
        return self._found.get(plugin, {}).get((level, place), {}).get(key)

    def of(self, plugin: str, place: Place) -> dict[str, Change]:
        """The changes of a plugin in one place, by key."""
        return self._found.get(plugin, {}).get(place, {})

    def places(self, plugin: str) -> list[Place]:
        """Where a plugin has changes."""
        return list(self._found.get(plugin, {}))

    def plugins(self) -> list[str]:
        """The plugins that have changes."""
        return list(self._found)

    def all(self) -> list[Change]:
        """Every change, in the order in which they were made."""
        found = [c for places in self._found.values() for keys in places.values() for c in keys.values()]
        return sorted(found, key=lambda change: change.at)


def check_place(level: str, place: str, levels: Iterable[str] = LEVELS) -> None:
    """Raise ``BadArgument`` unless there is such a level, and a place is named where one is needed."""
    known = list(levels)
    if level not in known:
        raise BadArgument(f"{level!r} is no level for that", remedy=f"choose one of: {', '.join(known)}")
    if (level == "host") == bool(place):
        wanted = "names no place" if level == "host" else f"needs the id of a {level}"
        raise BadArgument(f"the level {level} {wanted}")


def parsed(levels: PluginLevels, change: Change, config: Config) -> tuple[Any, Value]:
    """A new value, from the text in ``change``: as it is stored, and as it is used. Raises ``CommandError``."""
    check_place(change.level, change.place)
    field = levels.fields.get(change.key)
    name = f"{change.plugin}.{change.key}"
    if field is None:
        raise BadArgument(f"{name}: {unknown('setting', change.key, list(levels.fields))}")
    if change.level != "host" and field.metadata.get("host_wide"):
        raise CommandError(f"{name} holds for the whole host", remedy="set it at the host's level")
    if change.plugin == HOST and field.metadata.get("host_wide"):
        raise CommandError(f"{name} is read at the start only", remedy="change it in butler.toml and start anew")
    text = str(change.value)
    if field.metadata.get("secret"):
        _check_reference(name, text, config)
        raw: Any = text.strip()
        typed, problems = fields_of(levels.cls, config.resolved({change.key: raw}))
    else:
        try:
            raw = json.loads(json.dumps(from_text(field.type or Any, text), default=str))
        except Mismatch as error:
            raise BadArgument(f"{name}: {error.problems[0][1]}") from None
        typed, problems = fields_of(levels.cls, {change.key: raw})
    if problems:
        raise BadArgument(f"{name}: {problems[0].what}", remedy=f"give {described(field.type or Any)}")
    return raw, Value(raw, typed[change.key], change.source)


def _check_reference(name: str, text: str, config: Config) -> None:
    """A secret is never kept in the store, so that no backup, export or log can hold it."""
    reference = Reference.read(text.strip())
    if reference is None or not reference.name:
        raise CommandError(
            f"{name} is secret and is not taken in the clear", remedy="`butler keys set NAME`, then give env:NAME here"
        )
    if (lack := config.variables.lacks(reference)) is not None:
        raise CommandError(f"{name}: {lack[0]}", remedy=lack[1])


def check_limit(levels: PluginLevels, place: Place, key: str, value: Value, guild: str) -> None:
    """Raise ``CommandError`` if a limit would be raised above what farther levels allow."""
    if place[0] == "host" or not levels.fields[key].metadata.get("limit"):
        return
    around = guild if place[0] in ("channel", "person") else ""
    above = levels.explained(around, "", "", "")[key]
    if not tighter(value.typed, above.typed):
        raise CommandError(
            f"{key} can only be tightened here: it is {above.typed} ({above.source})", remedy="choose a tighter value"
        )


def check_whole(levels: PluginLevels, place: Place, layer: dict[str, Value]) -> None:
    """Raise ``CommandError`` if the values of a place make no instance together."""
    layers = [layer] if place[0] == "host" else [levels.layer(("host", "")), layer]
    try:
        levels.instance_of(layers)
    except Mismatch as error:
        path, what = error.problems[0]
        raise CommandError(": ".join([*map(str, path), what])) from None
