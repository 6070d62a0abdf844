"""What a house runs on: its configuration, and plugins given as classes or by name."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import attrs

from butler.config import Config, load
from butler.engine.loader import Found, Loader, discover
from butler.hookspecs import NAME as GROUP
from butler.plugin import Plugin
from butler.testing.model import ScriptedModel
from butler.testing.world import NAME


def name_of(plugin: type[Plugin] | str) -> str:
    """What a plugin is called: its own ``name``, its package's (``butler_karma``: karma), else its class's."""
    if isinstance(plugin, str):
        return plugin
    package = plugin.__module__.partition(".")[0]
    if plugin.name:
        return plugin.name
    if package.startswith(f"{GROUP}_"):
        return package.removeprefix(f"{GROUP}_")
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", plugin.__name__).lower()


def class_of(plugin: type[Plugin] | str) -> type[Plugin]:
    """The class. Raises ``LookupError`` for a name that is not installed."""
    if not isinstance(plugin, str):
        return plugin
    module, _, name = _installed(plugin).value.partition(":")
    found: type[Plugin] = getattr(importlib.import_module(module), name)
    return found


def _installed(name: str) -> Found:
    found = discover()
    if name not in found:
        raise LookupError(f"no plugin {name} is installed; installed are: {', '.join(sorted(found))}")
    return found[name]


def add(loader: Loader, plugin: type[Plugin] | str) -> str:
    """Have a loader know a plugin; returns its name. Raises ``LookupError`` for a name that is not installed."""
    name = name_of(plugin)
    if isinstance(plugin, str):
        loader.found[name] = _installed(plugin)
    else:
        loader.add(name, plugin)
    return name


def configuration(toml: str, data: Path) -> Config:
    """A butler.toml as a house runs on it: with its data, its platform, and a scripted persona unless it has others."""
    file = data / "butler.toml"
    file.write_text(toml, encoding="utf-8")
    config = load(file, {})
    personas = dict(config.personas) or {"TheButler": {"prompt": "You are TheButler.", "model": ScriptedModel.name}}
    return attrs.evolve(
        config,
        host=attrs.evolve(config.host, data=str(data)),
        platforms={NAME: {}, **config.platforms},
        personas=personas,
    )
