"""Whether a plugin keeps the contract; looked at once, when it is loaded (HOST-2, AUTH-6)."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import attrs
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from rapidfuzz import process

from butler import hookspecs
from butler.errors import ContractError
from butler.hookspecs import API_VERSION, HOOKS
from butler.plugin import Plugin

OPTIONS = "butler_impl"
"""Where pluggy's marker leaves its options on a function."""


def check_plugin(plugin: Plugin, label: str) -> None:
    """Raises ``ContractError`` that names the plugin, its package, file and line, what is wrong and the remedy."""
    _check_api(plugin, label)
    _check_declarations(plugin, label)
    for function, options in _hooks(plugin):
        _check_hook(function, options, label)


def _check_api(plugin: Plugin, label: str) -> None:
    try:
        fits = SpecifierSet(plugin.api).contains(str(API_VERSION))
    except (InvalidSpecifier, TypeError) as error:
        raise ContractError(
            f"{label}: api = {plugin.api!r} is no range of versions", remedy='write ">=1,<2"'
        ) from error
    if not fits:
        raise ContractError(
            f"{label} works with the host's API {plugin.api}, this host has {API_VERSION}",
            remedy="install a version of the plugin, or of the host, that fits",
        )


def _check_declarations(plugin: Plugin, label: str) -> None:
    for name in (*plugin.guards, *plugin.deadlines):
        if name not in HOOKS and name != "command":
            raise ContractError(f"{label}: there is no hook {name!r}", remedy=_nearest(name))
    if not attrs.has(plugin.settings):
        raise ContractError(
            f"{label}: settings = {plugin.settings!r} is no attrs class", remedy="decorate it with @attrs.frozen"
        )
    for table in plugin.tables:
        name = table._meta.table_name
        if not name.startswith(f"{plugin.name}_"):
            raise ContractError(
                f"{label}: the table {name!r} does not begin with {plugin.name}_",
                remedy=f"name the package butler_{plugin.name}, or set table_name in its Meta",
            )


def _hooks(plugin: Plugin) -> Iterator[tuple[Any, dict[str, Any]]]:
    for name, function in inspect.getmembers(type(plugin), inspect.isroutine):
        options = getattr(function, OPTIONS, None)
        if options is not None:
            yield function, options
        elif name in HOOKS:
            raise ContractError(
                f"{plugin.name}: {name} at {_where(function)} is not marked as a hook", remedy="put @hookimpl above it"
            )


def _check_hook(function: Any, options: dict[str, Any], label: str) -> None:
    name = options.get("specname") or function.__name__
    where = f"{label}: {name} at {_where(function)}"
    if name not in HOOKS:
        raise ContractError(f"{where}: there is no such hook", remedy=_nearest(name))
    if options.get("wrapper") or options.get("hookwrapper"):
        raise ContractError(f"{where} is a wrapper, which the host does not use", remedy="implement the hook itself")
    if not inspect.iscoroutinefunction(function):
        raise ContractError(f"{where} is not asynchronous", remedy="write `async def`")
    wanted = list(inspect.signature(getattr(hookspecs, name)).parameters)
    given = list(inspect.signature(function).parameters)[1:]
    for argument in given:
        if argument not in wanted:
            raise ContractError(
                f"{where} takes {argument!r}, which this hook does not give", remedy=f"it gives {', '.join(wanted)}"
            )


def _where(function: Any) -> str:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else "?"


def _nearest(name: str) -> str:
    best = process.extractOne(name, HOOKS, score_cutoff=60)
    return f"did you mean {best[0]!r}?" if best else f"the hooks are {', '.join(HOOKS)}"
