"""What the file and the variables say about one plugin, level by level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from attrs import define, field

from butler.config import Config, ConfigProblems, HostSettings, PluginEntry, Problem
from butler.config.config import vars_of
from butler.config.plain import plain
from butler.config.problems import At, Path
from butler.config.structure import fields_of, settings_fields
from butler.config.writing import HOST
from butler.services.settings_levels import Layer, Place, Value, within

log = structlog.get_logger("butler.settings")

HOST_PLACE: Place = ("host", "")


@define
class FileLevels:
    """The layers of one plugin, the places where it must stay out, and everything that is wrong."""

    layers: dict[Place, Layer] = field(factory=dict)
    problems: list[Problem] = field(factory=list)
    barred: set[Place] = field(factory=set)


def read_levels(config: Config, plugin: str, cls: type) -> FileLevels:
    """All layers of a plugin. Raises ``ConfigProblems`` where the host's own level is wrong."""
    found = FileLevels({HOST_PLACE: _host_layer(config, plugin, cls)})
    for place, path, values in _tables(config, plugin):
        layer, problems = _layer(config, cls, values, path)
        problems += _forbidden(config, cls, path, layer, found.layers[HOST_PLACE])
        found.problems += problems
        found.layers[place] = {**found.layers.get(place, {}), **layer}
        if problems and place[0] in ("guild", "channel"):
            found.barred.add(_outer(place))
    return found


def lend_to(found: FileLevels, plugin: str, cls: type, lent: Mapping[str, Mapping[str, Any]]) -> None:
    """Put below what the file says of personas what they bring themselves."""
    for persona, settings in lent.items():
        values = settings.get(plugin)
        if not isinstance(values, Mapping):
            continue
        near = {name: value for name, value in values.items() if name in settings_fields(cls)}
        typed, problems = fields_of(cls, near)
        source = f"persona {persona}"
        layer = {name: Value(near[name], value, source) for name, value in typed.items()}
        for name in [name for name in layer if settings_fields(cls)[name].metadata.get("host_wide")]:
            del layer[name]
        place: Place = ("persona", persona)
        found.layers[place] = {**layer, **found.layers.get(place, {})}
        for problem in problems:
            log.warning("a persona brings what does not fit", persona=persona, plugin=plugin, reason=str(problem))


def _outer(place: Place) -> Place:
    return place[0], place[1].partition("\n")[0]


def _host_layer(config: Config, plugin: str, cls: type) -> Layer:
    if plugin == HOST:
        return _of_host(config)
    entry = config.plugins.get(plugin, PluginEntry())
    layer, problems = _layer(config, cls, entry.values, ("plugins", plugin))
    if problems:
        raise ConfigProblems(problems)
    config.know_secrets(cls, {name: value.typed for name, value in layer.items()})
    return layer


def _of_host(config: Config) -> Layer:
    """What differs from the defaults, or was written down: the command line may have the last word."""
    defaults, found = HostSettings(), {}
    for name, value in vars_of(config.host).items():
        if config.given((HOST, name)):
            found[name] = Value(plain(value), value, config.where(HOST, name))
        elif value != getattr(defaults, name):
            found[name] = Value(plain(value), value, "given at the start")
    return found


def _layer(config: Config, cls: type, values: Mapping[str, Any], path: Path) -> tuple[dict[str, Value], list[Problem]]:
    missing = config.missing(values, path)
    unset = {problem.path[len(path)] for problem in missing}
    here = {name: value for name, value in values.items() if name not in unset}
    typed, problems = fields_of(cls, config.resolved(here), At(config.sources, path))
    layer = {name: Value(here[name], value, config.where(*path, name)) for name, value in typed.items()}
    return layer, missing + problems


def _forbidden(config: Config, cls: type, path: Path, layer: dict[str, Value], host: Layer) -> list[Problem]:
    """Take out of a nearer layer what only the host may say; a limit that is raised is told and has no effect."""
    at = At(config.sources, path)
    problems = []
    for name in list(layer):
        if settings_fields(cls)[name].metadata.get("host_wide"):
            problems.append(at.problem((name,), "only the host may say that", "set it in the plugin's own section"))
            del layer[name]
    return problems


def _tables(config: Config, plugin: str) -> Iterator[tuple[Place, Path, Mapping[str, Any]]]:
    """Every table nearer than the host's that speaks of a plugin."""
    for name, table in config.personas.items():
        yield from _of_persona(("persona", name), ("personas", name), table, plugin)
    for name, guild in config.guilds.items():
        path: Path = ("guilds", name)
        yield from _of_place(("guild", name), path, guild.plugins, guild.values, plugin)
        for persona, table in guild.personas.items():
            yield from _of_persona(("guild", within(name, persona)), (*path, "personas", persona), table, plugin)
        for channel, entry in guild.channels.items():
            yield from _of_place(
                ("channel", channel), (*path, "channels", channel), entry.plugins, entry.values, plugin
            )


def _of_place(
    place: Place, path: Path, plugins: Mapping[str, PluginEntry], values: Mapping[str, Any], plugin: str
) -> Iterator[tuple[Place, Path, Mapping[str, Any]]]:
    if plugin == HOST:
        yield place, path, values
    elif plugin in plugins:
        yield place, (*path, "plugins", plugin), plugins[plugin].values


def _of_persona(
    place: Place, path: Path, table: Mapping[str, Any], plugin: str
) -> Iterator[tuple[Place, Path, Mapping[str, Any]]]:
    settings = table.get("settings")
    if isinstance(settings, Mapping) and isinstance(settings.get(plugin), Mapping):
        yield place, (*path, "settings", plugin), settings[plugin]
