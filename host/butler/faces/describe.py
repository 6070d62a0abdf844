"""What a plugin is made of, read from its class: for lists, the schema, and the check of all that is installed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import field, frozen

from butler.config import Classes
from butler.config.structure import settings_fields
from butler.declare import ActionHandler, Command, ContextCommand, Job, Timed, Tool, declared
from butler.engine.checks import OPTIONS
from butler.engine.loader import Found, Loader
from butler.errors import PluginError
from butler.faces.console import ConsoleSettings
from butler.hookspecs import HOOKS
from butler.platform import Platform
from butler.plugin import Plugin
from butler.services.cast.specs import PersonaSpec


@frozen
class Inspected:
    """An installed plugin, imported to look at it; ``plugin`` is ``None`` where that failed."""

    found: Found
    plugin: Plugin | None = None
    problem: str = ""

    @property
    def declares(self) -> dict[str, list[str]]:
        """What it declares, by kind, empty kinds left out."""
        return describe(type(self.plugin)) if self.plugin is not None else {}


def inspect_all(names: Iterable[str] | None = None) -> list[Inspected]:
    """Import the installed plugins (or those of them) and look at each; nothing is started."""
    loader = Loader()
    return [_inspected(loader, name) for name in sorted(loader.found if names is None else names)]


def _inspected(loader: Loader, name: str) -> Inspected:
    found = loader.found[name]
    try:
        return Inspected(found, loader.load(name), found.problem)
    except PluginError as error:
        return Inspected(found, None, str(error))


def describe(kind: type[Plugin]) -> dict[str, list[str]]:
    """What a plugin class declares, by kind, empty kinds left out."""
    told = {
        "hooks": [name for name in HOOKS if hasattr(getattr(kind, name, None), OPTIONS)],
        "commands": _commands(kind),
        "context commands": [each.name for each in declared(kind, ContextCommand).values()],
        "tools": [each.name for each in declared(kind, Tool).values()],
        "actions": [each.name for each in declared(kind, ActionHandler).values()],
        "jobs": [each.name for each in declared(kind, Job).values()],
        "timed": list(declared(kind, Timed)),
        "tables": [table._meta.table_name for table in _tables(kind)],
        "settings": list(settings_fields(kind.settings)),
        "offers": list(kind.offers),
        "guards": list(kind.guards),
        "network": list(kind.network),
        "personas": list(kind.personas),
        "platform": [kind.platform.name] if kind.platform else [],
        "provider": [kind.provider.name] if kind.provider else [],
    }
    return {name: values for name, values in told.items() if values}


def _tables(kind: type[Plugin]) -> list[Any]:
    return list(kind.tables)


def _commands(kind: type[Plugin]) -> list[str]:
    """The roots: a subcommand is an attribute of the class as well."""
    commands = declared(kind, Command).values()
    below = {id(child) for command in commands for child in command.children.values()}
    return sorted(command.name for command in commands if id(command) not in below)


@frozen
class Installed:
    """All plugins that are installed, and the settings classes of everything they bring."""

    plugins: list[Inspected] = field(factory=inspect_all)

    @property
    def platforms(self) -> dict[str, type[Platform]]:
        """The platforms that they bring, by name."""
        kinds = [type(each.plugin).platform for each in self.plugins if each.plugin is not None]
        return {kind.name: kind for kind in kinds if kind is not None}

    @property
    def classes(self) -> Classes:
        """For the schema and for ``config show``."""
        kinds = [type(each.plugin) for each in self.plugins if each.plugin is not None]
        return Classes(
            plugins={each.found.name: type(each.plugin).settings for each in self.plugins if each.plugin is not None},
            platforms={"console": ConsoleSettings}
            | {kind.platform.name: kind.platform.settings for kind in kinds if kind.platform},
            providers={kind.provider.name: kind.provider.settings for kind in kinds if kind.provider},
            persona=PersonaSpec,
        )
