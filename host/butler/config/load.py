"""From a file, `.env` and the environment to a configuration, with everything that is wrong said at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any

from attrs import define, evolve, field

from butler.config.config import ChannelEntry, Config, GuildEntry, PluginEntry
from butler.config.environment import SECTIONS, is_secret_name, overrides, read_variables
from butler.config.host import HostSettings
from butler.config.locate import lines_of
from butler.config.problems import At, ConfigProblems, Path, Problem, Sources, in_order, unknown
from butler.config.references import Reference, Variables, references, resolved
from butler.config.secrets import Secrets
from butler.config.structure import fields_of, settings_fields, structure
from butler.config.text import shown
from butler.errors import ConfigError


def load(path: FilePath | None, environ: Mapping[str, str], dotenv: FilePath | None = None) -> Config:
    """The configuration of a host.

    Default < file < `.env` < environment. Raises ``ConfigProblems`` with everything that is wrong if the
    file cannot be read, names a section that there is not, or ``[host]`` is wrong; what is wrong elsewhere
    stands in ``Config.problems`` and costs that plugin, guild or platform only. ``None`` is a host without a file.
    """
    return _of_text(path, _read(path) if path else "", environ, dotenv)


def renewed(old: Config, environ: Mapping[str, str], dotenv: FilePath | None) -> Config:
    """The same configuration with what variables, `.env` and the keyring say now; the file is not read again.

    What was secret before stays known as such; ``[host]`` and the personas stay as they are. Raises ``ConfigProblems``.
    """
    fresh = _of_text(old.file, old.text, environ, dotenv)
    old.secrets.take(fresh.secrets)
    made = {
        path[1] for path in old.sources.variables if len(path) == 2 and path[0] == "platforms"
    }  # by variables that may be gone
    kept = {name: table for name, table in old.platforms.items() if name not in made}
    return evolve(
        fresh, host=old.host, personas=old.personas, platforms={**kept, **fresh.platforms}, secrets=old.secrets
    )


def _of_text(path: FilePath | None, text: str, environ: Mapping[str, str], dotenv: FilePath | None) -> Config:
    name = path.name if path else ""
    values = _parse(name, text)
    variables, problems = read_variables(environ, dotenv)
    lines = _lines(name, text)
    given, misnamed = overrides(variables, values)
    reader = _Reader(Sources(name, lines, given), variables, problems + misnamed)
    return reader.config(values, path, text)


def _read(path: FilePath) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read ({error.strerror})", remedy="give another by --config, or make one by `butler init`"
        ) from error
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _unreadable(f"{path.name}:{line}", "is no UTF-8 text", "save it as UTF-8") from error


def _parse(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise _unreadable(f"{name}:1", "is nested too deeply", "write tables instead of brackets") from error
    except ValueError as error:  # also numbers and dates that TOML allows and Python does not
        said = str(error)
        found = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)", said)
        line = int(found[1]) if found and found[1] else text.count("\n") + 1
        column = f", column {found[2]}" if found and found[2] else ""
        what = said[: found.start()] if found else said
        raise _unreadable(f"{name}:{line}", f"no valid TOML{column}: {what}", "correct that line") from error


def _lines(name: str, text: str) -> dict[Path, int]:
    try:
        return lines_of(text)
    except RecursionError as error:
        raise _unreadable(f"{name}:1", "is nested too deeply", "write tables instead of brackets") from error


def _unreadable(where: str, what: str, remedy: str) -> ConfigProblems:
    return ConfigProblems([Problem(where, (), what, remedy)])


@define
class _Reader:
    """Takes tables apart; what is wrong is collected, and what is wrong with the host itself is fatal."""

    sources: Sources
    variables: Variables
    problems: list[Problem]
    fatal: list[Problem] = field(factory=list)

    def config(self, values: dict[str, Any], path: FilePath | None, text: str) -> Config:
        for name in values:
            if name not in SECTIONS:
                self.fatal.append(self._problem((name,), unknown("section", name, SECTIONS)))
        tables = {name: self._table(values, name, (), self.fatal) for name in SECTIONS}
        host = self._host(tables["host"])
        sections = {name: self._named(tables[name], (name,)) for name in ("platforms", "providers", "personas")}
        plugins = self._plugins(tables["plugins"], ("plugins",))
        guilds = {
            name: self._guild(table, ("guilds", name))
            for name, table in self._named(tables["guilds"], ("guilds",)).items()
        }
        secrets = self._secrets(values, host)
        if self.fatal:
            raise ConfigProblems(_masked(self.fatal + self.problems, secrets))
        return Config(
            host=host, plugins=plugins, guilds=guilds, file=path, text=text, secrets=secrets, sources=self.sources,
            problems=in_order(_masked(self.problems, secrets)), variables=self.variables, **sections,
        )  # fmt: skip

    def _problem(self, path: Path, what: str, remedy: str = "") -> Problem:
        return Problem(self.sources.of(path), path, what, remedy)

    def _table(self, values: Mapping[str, Any], name: str, above: Path, problems: list[Problem]) -> dict[str, Any]:
        value = values.get(name, {})
        if isinstance(value, dict):
            return value
        path = (*above, name)
        remedy = f"write [{Problem('', path, '').key}] and its keys below"
        problems.append(self._problem(path, f"expected a table, not {shown(value)}", remedy))
        return {}

    def _named(self, values: Mapping[str, Any], path: Path) -> dict[str, dict[str, Any]]:
        tables = {name: self._table(values, name, path, self.problems) for name in values}
        return {name: table for name, table in tables.items() if isinstance(values[name], dict)}

    def _host(self, values: Mapping[str, Any]) -> HostSettings:
        config = Config(sources=self.sources, variables=self.variables)
        if missing := config.missing(values, ("host",)):
            self.fatal += missing
            return HostSettings()
        try:
            return structure(HostSettings, config.resolved(values), At(self.sources, ("host",)))
        except ConfigProblems as error:
            self.fatal += error.problems
            return HostSettings()

    def _plugins(self, values: Mapping[str, Any], path: Path) -> dict[str, PluginEntry]:
        tables = self._named(values, path)
        return {name: self._plugin(table, (*path, name)) for name, table in tables.items()}

    def _plugin(self, table: Mapping[str, Any], path: Path) -> PluginEntry:
        values = {key: value for key, value in table.items() if key != "enabled"}
        if "enabled" not in table:
            return PluginEntry(None, values)
        found, wrong = fields_of(
            _Switch, {"enabled": resolved(table["enabled"], self.variables)}, At(self.sources, path)
        )
        self.problems += wrong
        return PluginEntry(found.get("enabled", False), values)  # what cannot be read switches nothing on

    def _guild(self, table: Mapping[str, Any], path: Path) -> GuildEntry:
        channels = self._named(self._table(table, "channels", path, self.problems), (*path, "channels"))
        return GuildEntry(
            plugins=self._plugins(self._table(table, "plugins", path, self.problems), (*path, "plugins")),
            personas=self._named(self._table(table, "personas", path, self.problems), (*path, "personas")),
            channels={name: self._channel(each, (*path, "channels", name)) for name, each in channels.items()},
            values=self._values(table, path, ("plugins", "personas", "channels")),
        )

    def _channel(self, table: Mapping[str, Any], path: Path) -> ChannelEntry:
        plugins = self._plugins(self._table(table, "plugins", path, self.problems), (*path, "plugins"))
        return ChannelEntry(plugins, self._values(table, path, ("plugins",)))

    def _values(self, table: Mapping[str, Any], path: Path, tables: tuple[str, ...]) -> dict[str, Any]:
        """The keys of ``[host]`` that hold in a guild or channel; wrong ones are left out."""
        local = [name for name, each in settings_fields(HostSettings).items() if not each.metadata.get("host_wide")]
        given = {key: value for key, value in table.items() if key not in tables}
        for name in [name for name in given if name not in local]:
            self.problems.append(self._problem((*path, name), unknown("key", name, [*local, *tables])))
            del given[name]
        values = {key: resolved(value, self.variables) for key, value in given.items()}
        typed, wrong = fields_of(HostSettings, values, At(self.sources, path))
        self.problems += wrong
        return {key: value for key, value in given.items() if key in typed}

    def _secrets(self, values: Mapping[str, Any], host: HostSettings) -> Secrets:
        """What the file refers to, and everything whose own name says that it is secret, wherever it was given."""
        secrets = Secrets()
        for _, reference in references(values):
            secrets.add(self.variables.find(reference))
        for name, value in self.variables.values.items():
            if is_secret_name(name) and self.variables.sources[name].startswith("."):
                secrets.add(value)
        for name, value in _leaves(values):
            if is_secret_name(name) and Reference.read(value) is None:
                secrets.add(value)
        for password in (host.database_password, _password_of(values)):
            secrets.add(password)
        return secrets


def _leaves(values: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text, with the name of the key that it stands under."""
    if isinstance(values, str):
        yield name, values
    elif isinstance(values, Mapping):
        for key, value in values.items():
            yield from _leaves(value, str(key))
    elif isinstance(values, list):
        for value in values:
            yield from _leaves(value, name)


def _password_of(values: Mapping[str, Any]) -> str:
    """The password in the database's address as it was given, which may be too wrong to be taken apart."""
    host = values.get("host")
    address = str(host.get("database", "")) if isinstance(host, dict) else ""
    return address.partition("://")[2].rpartition("@")[0].partition(":")[2]


def _masked(problems: list[Problem], secrets: Secrets) -> list[Problem]:
    return [evolve(problem, what=secrets.scrub(problem.what)) for problem in problems]


@define
class _Switch:
    enabled: bool = True
