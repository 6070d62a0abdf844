"""Changes made at run time, written back into butler.toml with its comments and order (HOST-3)."""

from __future__ import annotations

import copy
import datetime as dt
import tomllib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import tomlkit
from attrs import frozen
from tomlkit.exceptions import TOMLKitError

from butler.config.config import Config
from butler.config.problems import dotted
from butler.errors import ConfigError

Level = Literal["host", "persona", "guild", "channel", "person"]
LEVELS: tuple[Level, ...] = ("host", "persona", "guild", "channel", "person")
"""From far to near: the nearest wins."""
HOST = "host"
"""The name under which the host's own settings stand beside those of plugins."""
ENABLED = "enabled"


@frozen
class Change:
    """A setting that was changed at run time; ``key`` ``enabled`` switches the plugin."""

    level: Level
    place: str
    """The id of the persona, guild, channel or person; ``""`` at the host's level."""
    plugin: str
    key: str
    value: Any
    who: str
    at: float
    """Seconds since 1970."""

    @property
    def source(self) -> str:
        """``guild discord:1234 by ann at 2026-07-01 12:00``."""
        time = dt.datetime.fromtimestamp(self.at, dt.UTC).strftime("%Y-%m-%d %H:%M")
        return f"{self.level} {self.place}".strip() + f" by {self.who} at {time}"


def path_of(change: Change, config: Config, guild_of: Callable[[str], str] = lambda channel: "") -> tuple[str, ...]:
    """Where a change stands in the file; nothing if it has no place there.

    What was set for a person, for a persona that the file does not name, or to ``none`` stays in the store
    alone. ``guild_of`` gives a channel's guild.
    """
    if _holds_none(change.value):
        return ()
    tail = (change.key,) if change.plugin == HOST else ("plugins", change.plugin, change.key)
    if change.level == "host":
        return (HOST, *tail) if change.plugin == HOST else tail
    if change.level == "persona" and change.place in config.personas:
        return ("personas", change.place, "settings", change.plugin, change.key)
    if change.level == "guild":
        return ("guilds", change.place, *tail)
    if change.level == "channel":
        named = (name for name, entry in config.guilds.items() if change.place in entry.channels)
        guild = next(named, "") or guild_of(change.place)
        return ("guilds", guild, "channels", change.place, *tail) if guild else ()
    return ()


def _holds_none(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_none, value.values()))
    return value is None or (isinstance(value, list) and any(map(_holds_none, value)))


def export(config: Config, changes: Iterable[Change], guild_of: Callable[[str], str] = lambda channel: "") -> str:
    """The text of butler.toml with the changes in it; comments and order stay, and nothing else changes.

    Raises ``ConfigError`` if the file's own form does not allow that (a value stands where a table is needed).
    """
    document = tomlkit.parse(config.text)
    wanted = tomllib.loads(config.text)
    for change in changes:
        path = path_of(change, config, guild_of)
        if path:
            _put(wanted, path, change.value, dict)
            _put(document, path, change.value, tomlkit.table)
    text = _dumped(document)
    if _read(text) == wanted:
        return text
    return _rewritten(config.text, wanted)


def _put(table: Any, path: tuple[str, ...], value: Any, new: Callable[[], Any]) -> None:
    for length, part in enumerate(path[:-1], 1):
        if part not in table:
            table[part] = new()
        table = table[part]
        if not isinstance(table, Mapping):
            raise ConfigError(
                f"{dotted(path)} cannot be written: {dotted(path[:length])} is no table",
                remedy="correct that in butler.toml and export again",
            )
    table[path[-1]] = copy.deepcopy(value) if new is dict else _item(value)


def _item(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    inline = tomlkit.inline_table()
    for key, item in value.items():
        inline[key] = _item(item)
    return inline


def _dumped(document: tomlkit.TOMLDocument) -> str:
    try:
        return tomlkit.dumps(document)
    except TOMLKitError:
        return ""


def _read(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except ValueError:
        return None


def _rewritten(text: str, wanted: Mapping[str, Any]) -> str:
    """The file anew where tomlkit could not place a change in it: the values are right, the comments go on top."""
    comments = [line for line in text.splitlines() if line.lstrip().startswith("#")]
    return "\n".join([*comments, "", tomlkit.dumps(wanted)]).lstrip("\n")
