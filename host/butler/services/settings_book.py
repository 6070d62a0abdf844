"""All settings and switches in memory: what the file says, and above it what was changed at run time."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from butler.config import Config, ConfigProblems, HostSettings, PluginEntry, Problem
from butler.config.secrets import MASK
from butler.config.structure import fields_of
from butler.config.text import Mismatch
from butler.config.writing import ENABLED, HOST, Change
from butler.errors import ConfigError
from butler.model import Channel, Guild
from butler.services.settings_changes import Changes
from butler.services.settings_file import HOST_PLACE, FileLevels, lend_to, read_levels
from butler.services.settings_levels import Layer, Place, PluginLevels, Value
from butler.services.switches import Switches

log = structlog.get_logger("butler.settings")


class SettingsBook:
    """Answers what holds where, and which plugins are enabled there. Nothing here waits for anything."""

    def __init__(
        self,
        config: Config,
        default_enabled: Callable[[str], bool],
        accounts: Callable[[str], tuple[str, ...]],
        homes: Mapping[str, str],
    ) -> None:
        self._config = config
        self._accounts = accounts
        self._homes = homes
        self._switches = Switches(default_enabled)
        self._switches_of_file = _switches_of(config)
        self._levels: dict[str, PluginLevels] = {}
        self._files: dict[str, FileLevels] = {}
        self._lent: dict[str, Mapping[str, Any]] = {}
        """Persona to the settings that it brings, by plugin."""
        self._changes = Changes()
        self._problems: dict[str, list[Problem]] = {}
        self.version = 0
        """Rises with every change of a setting or a switch."""
        self._switch_all()
        self.register(HOST, HostSettings)

    # --- plugins come and go --------------------------------------------------------------------

    def add(self, names: Iterable[str]) -> None:
        """Take plugins as installed, so that they can be enabled; nothing of them is imported for that."""
        self._switches.know(names)
        self.version += 1

    def register(self, plugin: str, cls: type) -> None:
        """Take a plugin's settings class.

        Raises ``ConfigError`` if the host's level is wrong: the plugin is then enabled nowhere. Wrong values
        of a guild or channel keep it out of that place, and stand in :attr:`problems`.
        """
        self.version += 1
        try:
            found = read_levels(self._config, plugin, cls)
            lend_to(found, plugin, cls, self._lent)
            levels = PluginLevels(cls, self._accounts)
            self._fill(plugin, levels, found)
        except ConfigProblems as error:
            self._problems[plugin] = list(error.problems)
            self._switches.bar(plugin, [HOST_PLACE])
            raise
        self._levels[plugin], self._files[plugin] = levels, found
        self._problems[plugin] = found.problems
        if plugin != HOST:
            self._switches.know([plugin])
        self._switches.bar(plugin, found.barred)

    def renew(self, config: Config) -> None:
        """Take another configuration, which differs in what its variables say."""
        self._config = config
        for plugin in [name for name in self._problems if name not in self._levels]:
            del self._problems[plugin]
            self._switches.bar(plugin, [])  # tried again when it is loaded
        for plugin, levels in list(self._levels.items()):
            with contextlib.suppress(ConfigError):  # what held before holds on, and the problem is told
                self.register(plugin, levels.cls)

    def lend(self, brought: Mapping[str, Mapping[str, Any]]) -> None:
        """Take what personas bring, from their package or from one that they extend; the file goes before."""
        self._lent.update(brought)
        for plugin in {plugin for settings in brought.values() for plugin in settings if plugin in self._levels}:
            self.register(plugin, self._levels[plugin].cls)

    def remove(self, plugin: str) -> None:
        """Take a plugin as no longer installed. What was set for it stays in the store."""
        self._levels.pop(plugin, None)
        self._files.pop(plugin, None)
        self._problems.pop(plugin, None)
        self._switches.forget(plugin)
        self.version += 1

    @property
    def problems(self) -> list[Problem]:
        """All that is wrong in the configuration and did not keep the host from running."""
        return [*self._config.problems, *(each for found in self._problems.values() for each in found)]

    # --- asking ---------------------------------------------------------------------------------

    def for_(self, plugin: str, guild: str = "", channel: str = "", person: str = "", persona: str = "") -> Any:
        """The settings of a plugin that hold there; one shared instance wherever nothing differs."""
        return self.levels(plugin).at(self._homes.get(channel, guild), channel, person, persona)

    def explain(
        self, plugin: str, guild: str = "", channel: str = "", person: str = "", persona: str = ""
    ) -> dict[str, tuple[Any, str]]:
        """For each field the value that holds there, secrets masked, and where it came from."""
        levels = self.levels(plugin)
        found = levels.explained(self._homes.get(channel, guild), channel, person, persona)
        return {name: (self._shown(levels, name, value.typed), value.source) for name, value in found.items()}

    def _shown(self, levels: PluginLevels, name: str, value: Any) -> Any:
        if levels.fields[name].metadata.get("secret"):
            return MASK if value else ""
        return self._config.secrets.scrub(value) if isinstance(value, str) else value

    def zone(self, guild: str = "", channel: str = "", person: str = "") -> ZoneInfo:
        """The time zone that holds there."""
        return ZoneInfo(self.for_(HOST, guild, channel, person).timezone)

    def home(self, channel: Channel) -> Guild:
        """The guild whose settings and budget hold in a channel: its own, or that of a direct conversation."""
        home = self._homes.get(channel.id)
        return Guild(home) if home else channel.guild

    def enabled(self, guild: str = "", channel: str = "") -> frozenset[str]:
        """The plugins that are enabled there; equal sets are one object."""
        return self._switches.enabled(self._homes.get(channel, guild), channel)

    def enabled_anywhere(self) -> frozenset[str]:
        """The plugins that are enabled in at least one place: those that have to be loaded."""
        return self._switches.anywhere()

    def is_configured(self, guild: str) -> bool:
        """Whether somebody has said anything of a guild: in the file, or at run time."""
        place: Place = ("guild", guild)
        if guild in self._config.guilds or self._switches.said(place):
            return True
        return any(levels.layer(place) for levels in self._levels.values())

    @property
    def enabled_version(self) -> int:
        """Rises whenever an answer of :meth:`enabled` may have changed."""
        return self._switches.version

    @property
    def known(self) -> frozenset[str]:
        """The plugins that are installed."""
        return self._switches.known

    def changes(self) -> list[Change]:
        """All run-time changes that hold, for ``butler config export``."""
        return self._changes.all()

    def levels(self, plugin: str) -> PluginLevels:
        """Everything that is said about one plugin. Raises ``ConfigError`` if it is not loaded."""
        try:
            return self._levels[plugin]
        except KeyError:
            raise ConfigError(
                f"the settings of {plugin!r} are not known", remedy="it is not loaded; see `butler plugins list`"
            ) from None

    # --- taking changes -------------------------------------------------------------------------

    def _take(self, changes: Iterable[Change]) -> None:
        """All run-time changes anew."""
        self._changes.replace(changes)
        self._switch_all()
        for plugin, levels in self._levels.items():
            self._fill(plugin, levels, self._files[plugin])
        self.version += 1

    def _refresh(self, change: Change) -> None:
        """One place anew, after a change of it was taken or taken back."""
        place: Place = (change.level, change.place)
        if change.key == ENABLED and change.plugin != HOST:
            self._switches.put(place, self._said(place))
        elif change.plugin in self._levels:
            self._levels[change.plugin].put(place, self._layer(change.plugin, place))
        self.version += 1

    def _fill(self, plugin: str, levels: PluginLevels, file: FileLevels) -> None:
        places = {*file.layers, *self._changes.places(plugin)}
        layers = {place: {**file.layers.get(place, {}), **self._run_time(plugin, place, levels)} for place in places}
        for host in (layers.pop(HOST_PLACE, {}), file.layers.get(HOST_PLACE, {})):
            try:
                return levels.fill(host, layers)
            except Mismatch as error:  # then without the run-time changes of the host's level
                problems = error.problems
        at = self._config.at(*((HOST,) if plugin == HOST else ("plugins", plugin)))
        raise ConfigProblems(at.problem(path, what) for path, what in problems)

    def _layer(self, plugin: str, place: Place) -> Layer:
        file = self._files[plugin].layers.get(place, {})
        return {**file, **self._run_time(plugin, place, self._levels[plugin])}

    def _run_time(self, plugin: str, place: Place, levels: PluginLevels) -> dict[str, Value]:
        """The run-time changes of a place; one that no longer fits the plugin has no effect, and is told."""
        changes = {key: each for key, each in self._changes.of(plugin, place).items() if key in levels.fields}
        values = {key: self._resolved(levels, key, each.value) for key, each in changes.items()}
        typed, problems = fields_of(levels.cls, values)
        self._config.know_secrets(levels.cls, typed)
        for problem in problems:
            log.warning("a stored setting does not fit", plugin=plugin, place=" ".join(place), reason=str(problem))
        return {key: Value(changes[key].value, value, changes[key].source) for key, value in typed.items()}

    def _resolved(self, levels: PluginLevels, key: str, value: Any) -> Any:
        """A secret is stored as ``env:NAME``; nothing else is looked up, so that no guild can read a variable."""
        secret = levels.fields[key].metadata.get("secret")
        return self._config.resolved({key: value})[key] if secret else value

    def _switch_all(self) -> None:
        places = {HOST_PLACE, *self._switches_of_file}
        places |= {place for plugin in self._changes.plugins() for place in self._changes.places(plugin)}
        self._switches.replace({place: self._said(place) for place in places})

    def _said(self, place: Place) -> dict[str, bool]:
        said = dict(self._switches_of_file.get(place, {}))
        for plugin in self._changes.plugins():
            change = self._changes.of(plugin, place).get(ENABLED)
            if change is not None and plugin != HOST:
                said[plugin] = change.value is True
        return said


def _switches_of(config: Config) -> dict[Place, dict[str, bool]]:
    found = {HOST_PLACE: _said(config.plugins.items())}
    for name, guild in config.guilds.items():
        found["guild", name] = _said(guild.plugins.items())
        for channel, entry in guild.channels.items():
            found["channel", channel] = _said(entry.plugins.items())
    return {place: said for place, said in found.items() if said}


def _said(entries: Iterable[tuple[str, PluginEntry]]) -> dict[str, bool]:
    return {name: entry.enabled for name, entry in entries if entry.enabled is not None}
