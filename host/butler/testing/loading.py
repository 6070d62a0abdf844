"""Plugins for a house: given as classes or by name, nothing else of what is installed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from butler.engine.loader import Found, Loader
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


def fill(loader: Loader, plugins: Iterable[tuple[str, type[Plugin] | str]]) -> None:
    """Have a loader know these plugins and no others. Raises ``LookupError`` for a name that is not installed."""
    installed = dict(loader.found)
    loader.found.clear()
    for name, plugin in plugins:
        add(loader, name, plugin, installed)


def add(loader: Loader, name: str, plugin: type[Plugin] | str, installed: Mapping[str, Found]) -> None:
    """Have a loader know one more."""
    if not isinstance(plugin, str):
        loader.add(name, plugin)
    elif plugin in installed:
        loader.found[name] = installed[plugin]
    else:
        raise LookupError(f"no plugin {plugin} is installed; installed are: {', '.join(sorted(installed))}")
