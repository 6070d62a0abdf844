"""The whole configuration: read, checked, and built into settings classes on demand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path as FilePath
from typing import Any, TypeVar

from attrs import Factory, field, frozen

from butler.config.host import HostSettings
from butler.config.problems import At, ConfigProblems, Path, Problem, Sources, unknown
from butler.config.references import Variables, references, resolved
from butler.config.secrets import Secrets
from butler.config.structure import settings_fields, structure

T = TypeVar("T")


def _names(tables: Mapping[str, Any]) -> str:
    """Tables as a repr shows them: what is in them may be secret."""
    return repr(list(tables))


@frozen
class PluginEntry:
    """A ``[…plugins.NAME]`` table: whether it says that the plugin is enabled, and its settings."""

    enabled: bool | None = None
    values: Mapping[str, Any] = field(factory=dict, repr=False)


@frozen
class ChannelEntry:
    """A ``[guilds."ID".channels."ID"]`` table; ``values`` are keys of ``[host]`` that hold there."""

    plugins: Mapping[str, PluginEntry] = field(factory=dict)
    values: Mapping[str, Any] = field(factory=dict, repr=False)


@frozen
class GuildEntry:
    """A ``[guilds."ID"]`` table; ``values`` are keys of ``[host]`` that hold there (``timezone``)."""

    plugins: Mapping[str, PluginEntry] = field(factory=dict)
    personas: Mapping[str, Mapping[str, Any]] = field(factory=dict, repr=False)
    channels: Mapping[str, ChannelEntry] = field(factory=dict)
    values: Mapping[str, Any] = field(factory=dict, repr=False)


@frozen(eq=False)
class Config:
    """What butler.toml, `.env` and the environment say together. Tables hold ``env:NAME`` as written."""

    host: HostSettings = Factory(HostSettings)
    platforms: Mapping[str, Mapping[str, Any]] = field(factory=dict, repr=_names)
    providers: Mapping[str, Mapping[str, Any]] = field(factory=dict, repr=_names)
    plugins: Mapping[str, PluginEntry] = field(factory=dict, repr=_names)
    personas: Mapping[str, Mapping[str, Any]] = field(factory=dict, repr=_names)
    guilds: Mapping[str, GuildEntry] = field(factory=dict, repr=_names)
    file: FilePath | None = None
    text: str = field(default="", repr=False)
    """The file as it was read."""
    problems: tuple[Problem, ...] = ()
    """What is wrong without keeping the host from running: a plugin's section, a guild's value, a variable."""
    secrets: Secrets = field(factory=Secrets)
    sources: Sources = field(factory=Sources, repr=False)
    variables: Variables = field(factory=Variables, repr=False)

    @property
    def folder(self) -> FilePath:
        """What relative paths in the file are relative to."""
        return self.file.parent if self.file else FilePath()

    def where(self, *path: str | int) -> str:
        """Where a value was given: ``butler.toml:14``, ``environment BUTLER_HOST__DATA``; ``default`` if nowhere."""
        return self.sources.of(path) if self.given(path) else "default"

    def at(self, *path: str | int) -> At:
        """A place in it, to name problems by."""
        return At(self.sources, path)

    def given(self, path: Path) -> bool:
        """Whether the file or a variable names that very path."""
        return path in self.sources.lines or path in self.sources.variables

    def structure(self, kind: type[T], values: Mapping[str, Any], where: str | Path) -> T:
        """A table of the configuration as a settings class, its variables resolved, its secrets known from now on.

        ``where`` is the table's name, ``"platforms.matrix"`` or the path. Raises ``ConfigProblems``.
        """
        path = tuple(where.split(".", 1)) if isinstance(where, str) else where
        at = At(self.sources, path)
        if missing := self.missing(values, path):
            raise ConfigProblems(missing)
        made = structure(kind, self.resolved(values), at)
        self.know_secrets(kind, vars_of(made))
        return made

    def resolved(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values with each reference replaced."""
        return {key: resolved(value, self.variables) for key, value in values.items()}

    def missing(self, values: Mapping[str, Any], path: Path) -> list[Problem]:
        """Each ``env:NAME`` and ``keyring:NAME`` below a path that is not set."""
        at = At(self.sources, path)
        found = [(below, self.variables.lacks(reference)) for below, reference in references(values)]
        return [at.problem(below, *lack) for below, lack in found if lack is not None]

    def know_secrets(self, kind: type, values: Mapping[str, Any]) -> None:
        """Take the values of a class's ``secret()`` fields among the secrets."""
        for name, each in settings_fields(kind).items():
            if each.metadata.get("secret") and isinstance(values.get(name), str):
                self.secrets.add(values[name])

    def strangers(self, section: str, names: Iterable[str], kind: str = "") -> list[Problem]:
        """What a section names that is not installed: ``strangers("plugins", installed)``."""
        known = list(names)
        return [
            Problem(
                self.sources.of((section, name)), (section, name), unknown(kind or section.rstrip("s"), name, known)
            )
            for name in getattr(self, section)
            if name not in known
        ]


def vars_of(instance: Any) -> dict[str, Any]:
    """The values of a settings instance by the names they are given by."""
    return {name: getattr(instance, each.name) for name, each in settings_fields(type(instance)).items()}
