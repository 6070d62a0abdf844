"""Finding and importing plugins; whatever is wrong with one is said by name, package, line and remedy (HOST-2)."""

from __future__ import annotations

import importlib
import importlib.metadata
import sys
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

import pluggy
from attrs import evolve, frozen

from butler import hookspecs
from butler.engine.checks import check_plugin
from butler.errors import PluginError
from butler.hookspecs import NAME
from butler.plugin import Plugin


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
    """Every plugin that is installed. Of two that claim one name the first (by package) has it."""
    found: dict[str, Found] = {}
    points = importlib.metadata.entry_points(group=group)
    for point in sorted(points, key=lambda point: (point.name, point.dist.name if point.dist else "")):
        package = point.dist.name if point.dist else "?"
        version = point.dist.version if point.dist else "?"
        if (holder := found.get(point.name)) is None:
            found[point.name] = Found(point.name, package, version, point.value)
        elif holder.distribution != package:
            problem = f"{package} {version} claims this name too and is left out; uninstall one of them"
            found[point.name] = evolve(holder, problem=problem)
    return found


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
        plugin = self._made(found, self._classes.get(name) or _imported(found))
        plugin.name = name
        check_plugin(plugin, found.label)
        self._manager.register(plugin, name)
        self._loaded[name] = found.version
        return plugin

    def _made(self, found: Found, kind: Any) -> Plugin:
        if not (isinstance(kind, type) and issubclass(kind, Plugin)):
            raise PluginError(
                f"{found.label}: {found.value} is no plugin class", remedy="name a subclass of butler.Plugin"
            )
        try:
            return kind()
        except BaseException as error:
            raise PluginError(f"{found.label}: {_told(error)} when it was made") from error

    def unload(self, name: str) -> None:
        """Take a plugin out; harmless if it is not in."""
        if self._manager.has_plugin(name):
            self._manager.unregister(name=name)
        self._loaded.pop(name, None)

    def implementations(self, hook: str) -> Iterator[tuple[Plugin, Any]]:
        """Who implements a hook, in call order: ``tryfirst``, the others by name, ``trylast``."""
        implementations = getattr(self._manager.hook, hook).get_hookimpls()
        for each in sorted(implementations, key=lambda each: (each.trylast - each.tryfirst, each.plugin_name)):
            yield each.plugin, _fitted(each.function, hook)


def purge(package: str) -> None:
    """Forget a package's modules, so that the next import reads the new version."""
    for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
        del sys.modules[name]


def _imported(found: Found) -> Any:
    module, _, attribute = found.value.partition(":")
    try:
        owner: Any = importlib.import_module(module)
        for part in attribute.split("."):
            owner = getattr(owner, part)
    except BaseException as error:
        raise PluginError(
            f"{found.label}: {found.value} cannot be imported: {_told(error)}", remedy=_remedy(error, found)
        ) from error
    return owner


def _told(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}: {error}{where}"


def _remedy(error: BaseException, found: Found) -> str:
    if isinstance(error, ModuleNotFoundError):
        return f"install what is missing (`pip install {error.name}`), or reinstall {found.distribution}"
    return f"upgrade or uninstall {found.distribution}"


def _fitted(function: Any, hook: str) -> Any:
    """The function as it is called, with all of the hook's arguments in order; it may leave some out."""
    spec = getattr(hookspecs, hook)
    wanted = spec.__code__.co_varnames[: spec.__code__.co_argcount]
    code = function.__func__.__code__
    given = code.co_varnames[1 : code.co_argcount]
    if given == wanted:
        return function
    places = tuple(wanted.index(name) for name in given)

    def fitted(*arguments: Any) -> Any:
        return function(*[arguments[place] for place in places])

    return fitted
