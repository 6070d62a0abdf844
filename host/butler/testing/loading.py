"""Plugins for a house: given as classes or by name, nothing else of what is installed."""

from __future__ import annotations

import importlib
import re

from butler.engine.loader import Found, Loader, discover
from butler.hookspecs import NAME
from butler.plugin import Plugin


def name_of(plugin: type[Plugin] | str) -> str:
    """What a plugin is called: its own ``name``, its package's (``butler_karma``: karma), else its class's."""
    if isinstance(plugin, str):
        return plugin
    package = plugin.__module__.partition(".")[0]
    if plugin.name:
        return plugin.name
    if package.startswith(f"{NAME}_"):
        return package.removeprefix(f"{NAME}_")
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
