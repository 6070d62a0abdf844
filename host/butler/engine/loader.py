"""Finding and importing plugins; whatever is wrong with one is said by name, package, line and remedy (HOST-2)."""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter
from typing import Any, Final

import pluggy
import structlog
from attrs import evolve, frozen

from butler import hookspecs
from butler.engine.checks import check_plugin, place
from butler.engine.importing import imported, told_at
from butler.errors import PluginError
from butler.hookspecs import HOOKS, NAME
from butler.plugin import Plugin

log = structlog.get_logger("butler.loader")

ARGUMENTS: Final = {hook: tuple(inspect.signature(getattr(hookspecs, hook)).parameters) for hook in HOOKS}
"""What each hook gives, in order."""


@frozen
class Found:
    """An installed plugin, as its package's metadata describes it; nothing of it is imported."""

    name: str
    distribution: str
    version: str
    value: str
    """What the entry point names: ``package.module:Class``."""
    problem: str = ""

    @property
    def label(self) -> str:
        """Name and package, for messages."""
        return f"{self.name} ({self.distribution} {self.version})"


def discover(group: str = NAME) -> dict[str, Found]:
    """Every plugin that is installed, from metadata alone. Of two that claim one name the first (by package) has it."""
    found: dict[str, Found] = {}
    for point in sorted(_points(group), key=lambda point: (point.name, point.dist.name if point.dist else "")):
        package = point.dist.name if point.dist else "?"
        version = point.dist.version if point.dist else "?"
        if (holder := found.get(point.name)) is None:
            found[point.name] = Found(point.name, package, version, point.value)
        elif (holder.distribution, holder.value) != (package, point.value):
            problem = f"{package} {version} claims this name too and is left out; uninstall one of them"
            found[point.name] = evolve(holder, problem=problem)
    return found


def _points(group: str) -> list[importlib.metadata.EntryPoint]:
    try:
        return list(importlib.metadata.entry_points(group=group))
    except ValueError:  # one package's file is no text; the others' count all the same
        return [point for package in importlib.metadata.distributions() for point in _points_of(package, group)]


def _points_of(package: importlib.metadata.Distribution, group: str) -> list[importlib.metadata.EntryPoint]:
    try:
        return [point for point in package.entry_points if point.group == group]
    except ValueError as error:
        log.error("entry points of a package cannot be read", package=package.name, reason=str(error))
        return []


class Loader:
    """One host's plugins: found, imported when first enabled, checked, registered with pluggy."""

    def __init__(self, found: Mapping[str, Found] | None = None) -> None:
        self.found = dict(discover() if found is None else found)
        self._classes: dict[str, type] = {}
        self._loaded: dict[str, str] = {}
        self._manager = pluggy.PluginManager(NAME)
        self._manager.add_hookspecs(hookspecs)

    def refresh(self) -> None:
        """Read the packages' metadata anew, after something was installed or removed."""
        importlib.invalidate_caches()
        given = {name: found for name, found in self.found.items() if name in self._classes}
        self.found = {**discover(), **given}

    def add(self, name: str, plugin: type, *, distribution: str = "", version: str = "0") -> None:
        """Take a class as an installed plugin, without a package (tests, scripts)."""
        where = f"{plugin.__module__}:{plugin.__qualname__}"
        self.found[name] = Found(name, distribution or plugin.__module__, version, where)
        self._classes[name] = plugin

    def version(self, name: str) -> str:
        """The version whose code runs, also after another was installed beside it."""
        return self._loaded.get(name) or self.found[name].version

    def load(self, name: str) -> Plugin:
        """Import, check and register a plugin. Raises ``PluginError`` with name, package, reason and remedy."""
        found = self.found.get(name)
        if found is None:
            known = ", ".join(sorted(self.found)) or "none"
            raise PluginError(f"there is no plugin named {name!r}", remedy=f"installed are: {known}")
        if self._manager.has_plugin(name):
            raise PluginError(f"{found.label} is loaded already", remedy="unload it first")
        plugin = self._made(found, self._classes.get(name) or imported(found))
        plugin.name = name
        check_plugin(plugin, found.label)
        self._manager.register(plugin, name)
        self._loaded[name] = found.version
        return plugin

    def _made(self, found: Found, kind: Any) -> Plugin:
        if not (isinstance(kind, type) and issubclass(kind, Plugin)):
            raise PluginError(
                f"{found.label}: {found.value} is {kind!r}, at {place(kind)}, and no plugin class",
                remedy="name a subclass of butler.Plugin",
            )
        try:
            return kind()
        except BaseException as error:
            raise PluginError(
                f"{found.label}: {told_at(error, kind.__module__)} when it was made", remedy="see its __init__"
            ) from error

    def unload(self, name: str) -> None:
        """Take a plugin out; harmless if it is not in."""
        if self._manager.has_plugin(name):
            self._manager.unregister(name=name)
        self._loaded.pop(name, None)

    def implementations(self, hook: str) -> Iterator[tuple[Plugin, Any]]:
        """Who implements a hook, in call order: ``tryfirst``, the others by name, ``trylast``."""
        implementations = getattr(self._manager.hook, hook).get_hookimpls()
        for each in sorted(implementations, key=lambda each: (each.trylast - each.tryfirst, each.plugin_name)):
            yield each.plugin, _fitted(each, ARGUMENTS[hook])


def _fitted(each: pluggy.HookImpl, given: tuple[str, ...]) -> Callable[..., Any]:
    """The function as it is called, with all of the hook's arguments in order; it may leave some out."""
    function: Callable[..., Any] = each.function
    if each.argnames == given:
        return function
    places = [given.index(name) for name in each.argnames]
    if not places:
        return lambda *arguments: function()
    if len(places) == 1:
        only = places[0]
        return lambda *arguments: function(arguments[only])
    pick = itemgetter(*places)
    return lambda *arguments: function(*pick(arguments))
