"""What holds, and where it came from: `butler config show --sources`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from attrs import Attribute, frozen

from butler.config.config import Config, PluginEntry, vars_of
from butler.config.environment import is_secret_name
from butler.config.host import without_password
from butler.config.plain import default_of, plain
from butler.config.problems import Path, dotted
from butler.config.references import Reference
from butler.config.schema import Classes
from butler.config.secrets import MASK
from butler.config.structure import settings_fields
from butler.config.text import Mismatch, Text, from_text
from butler.config.writing import Change, path_of


@frozen
class Line:
    """A key as it is written in TOML, its value as plain JSON with secrets masked, and its source."""

    key: str
    value: Any
    source: str


def show(
    config: Config,
    classes: Classes,
    changes: Iterable[Change] = (),
    guild_of: Callable[[str], str] = lambda channel: "",
) -> list[Line]:
    """Every key that holds for the host and for what is configured, defaults included, then what is said nearer.

    ``changes`` are those made at run time, which stand above the file.
    """
    found: dict[Path, tuple[Any, str]] = {}
    for path, value in _values(config, classes):
        found[path] = (_masked(path, value, classes), config.where(*path))
    for change in changes:
        path = path_of(change, config, guild_of) or (change.level, change.place, change.plugin, change.key)
        found[path] = (_masked(path, change.value, classes), change.source)
    return [Line(dotted(path), _scrubbed(value, config), source) for path, (value, source) in found.items()]


def _values(config: Config, classes: Classes) -> Iterator[tuple[Path, Any]]:
    for name, value in vars_of(config.host).items():
        yield ("host", name), without_password(value) if name == "database" else plain(value)
    for section in ("platforms", "providers"):
        for name, table in getattr(config, section).items():
            yield from _with_defaults((section, name), table, getattr(classes, section).get(name))
    for name in sorted({*config.plugins, *classes.plugins}):
        entry = config.plugins.get(name, PluginEntry())
        yield from _plugin(("plugins", name), entry, classes.plugins.get(name))
    for name, table in config.personas.items():
        yield from _flat(("personas", name), table)
    yield from _guilds(config)


def _guilds(config: Config) -> Iterator[tuple[Path, Any]]:
    for name, guild in config.guilds.items():
        path: Path = ("guilds", name)
        yield from _place(path, guild.plugins, guild.values)
        for persona, table in guild.personas.items():
            yield from _flat((*path, "personas", persona), table)
        for channel, entry in guild.channels.items():
            yield from _place((*path, "channels", channel), entry.plugins, entry.values)


def _place(path: Path, plugins: Mapping[str, PluginEntry], values: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    yield from _flat(path, values)
    for name, entry in plugins.items():
        yield from _plugin((*path, "plugins", name), entry, None)


def _plugin(path: Path, entry: PluginEntry, cls: type | None) -> Iterator[tuple[Path, Any]]:
    if entry.enabled is not None:
        yield (*path, "enabled"), entry.enabled
    yield from _with_defaults(path, entry.values, cls)


def _with_defaults(path: Path, values: Mapping[str, Any], cls: type | None) -> Iterator[tuple[Path, Any]]:
    fields = settings_fields(cls) if cls is not None else {}
    yield from _flat(path, {name: _parsed(value, fields.get(name)) for name, value in values.items()})
    for name, each in fields.items():
        if name not in values:
            yield (*path, name), plain(default_of(each))


def _parsed(value: Any, field: Attribute[Any] | None) -> Any:
    """What a variable says, as the field takes it: ``5`` instead of ``"5"``."""
    if not isinstance(value, Text) or field is None or field.metadata.get("secret"):
        return value
    try:
        return from_text(field.type, value)
    except Mismatch:
        return value


def _flat(path: Path, values: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _flat((*path, name), value)
        else:
            yield (*path, name), value if isinstance(value, Text) else plain(value)


def _masked(path: Path, value: Any, classes: Classes) -> Any:
    """Secret by its field or by its name: only the reference shows."""
    if isinstance(value, str) and value and Reference.read(value) is None and _is_secret(path, classes):
        return MASK
    return plain(value)


def _is_secret(path: Path, classes: Classes) -> bool:
    name = str(path[-1])
    for section in ("platforms", "providers", "plugins"):
        at = path.index(section) + 1 if section in path else len(path)
        cls = getattr(classes, section).get(path[at]) if at < len(path) else None
        if cls is not None and (each := settings_fields(cls).get(name)) is not None:
            return bool(each.metadata.get("secret"))
    return is_secret_name(name)


def _scrubbed(value: Any, config: Config) -> Any:
    if isinstance(value, str):
        return config.secrets.scrub(value)
    if isinstance(value, Mapping):
        return {key: _scrubbed(item, config) for key, item in value.items()}
    return [_scrubbed(item, config) for item in value] if isinstance(value, list) else value
