"""Changes made at run time, written back into butler.toml with its comments and order (HOST-3)."""

from __future__ import annotations

import copy
import datetime as dt
import tomllib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import tomlkit
from attrs import frozen
from tomlkit.items import InlineTable, Table

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

    Raises ``ConfigError`` if the file's own form does not allow that.
    """
    document, below = tomlkit.parse(config.text), tomlkit.document()
    wanted = tomllib.loads(config.text)
    for change in changes:
        if path := path_of(change, config, guild_of):
            _put(wanted, path, change.value)
            _put(document if _holds(document, path[:-1]) else below, path, _item(change.value))
    text = _joined(tomlkit.dumps(document), tomlkit.dumps(below))
    if _read(text) != wanted:  # never a file that says something else than what holds
        raise ConfigError(
            "the changes cannot be written into butler.toml in its present form",
            remedy="give each section a [header] of its own and export again",
        )
    return text


def _holds(table: Any, path: tuple[str, ...]) -> bool:
    """Whether a table is there. New ones go below everything, so that no comment comes to stand above another."""
    for part in path:
        if not isinstance(table, Mapping) or part not in table:
            return isinstance(table, InlineTable)  # what an inline table holds can only be added inside of it
        table = table[part]
    return True


def _joined(text: str, below: str) -> str:
    return f"{text.rstrip()}\n\n{below.lstrip()}".lstrip() if below.strip() else text


def _put(table: Any, path: tuple[str, ...], value: Any) -> None:
    for length, part in enumerate(path[:-1], 1):
        if part not in table:
            table[part] = _new_table_in(table)
        table = table[part]
        if not isinstance(table, Mapping):
            raise ConfigError(
                f"{dotted(path)} cannot be written: {dotted(path[:length])} is no table",
                remedy="correct that in butler.toml and export again",
            )
    tail = _tail(table) if path[-1] not in table else []
    table[path[-1]] = copy.deepcopy(value)
    if tail:
        table.value.body.extend(tail)


def _tail(table: Any) -> list[Any]:
    """Take the comments and blank lines off a table's end: they belong to what follows it."""
    body = table.value.body if isinstance(table, Table) and not isinstance(table, InlineTable) else []
    keys = [at for at, (key, _) in enumerate(body) if key is not None]
    tail = body[keys[-1] + 1 :] if keys else []
    del body[len(body) - len(tail) :]
    return list(tail)


def _new_table_in(table: Any) -> Any:
    if isinstance(table, InlineTable):
        return tomlkit.inline_table()
    return {} if type(table) is dict else tomlkit.table(is_super_table=True)


def _item(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    inline = tomlkit.inline_table()
    for key, item in value.items():
        inline[key] = _item(item)
    return inline


def _read(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except ValueError:
        return None
