"""Whether a plugin keeps the contract; looked at once, when it is loaded (HOST-2, AUTH-6)."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterator, Mapping
from inspect import Parameter
from typing import Any, Final

import attrs
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from rapidfuzz import process

from butler import hookspecs
from butler.config.destinations import Destination
from butler.declare import ActionHandler, Command, ConsoleCommand, ContextCommand, Job, Tool, declared
from butler.errors import ContractError
from butler.hookspecs import API_VERSION, HOOKS
from butler.plugin import Plugin

OPTIONS: Final = "butler_impl"
"""Where pluggy's marker leaves its options on a function."""
GUARDABLE: Final = ("on_message", "should_reply", "review_reply")
"""The hooks that can fail closed: what counts as Stop or VETO there has a meaning."""
TIMED: Final = (*HOOKS, "command", "console", "tool")
"""What may be given a deadline of its own."""
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


@attrs.frozen
class Problem:
    """What is wrong, where, and what to do about it."""

    where: str
    text: str
    remedy: str


def check_plugin(plugin: Plugin, label: str) -> None:
    """Raises ``ContractError`` that names the plugin, its package, file and line, what is wrong and the remedy."""
    found = list(_problems(plugin))
    if found:
        first = found[0]
        more = f" (and {len(found) - 1} more: {'; '.join(each.text for each in found[1:])})" if found[1:] else ""
        raise ContractError(f"{label}: {first.text}, at {first.where}{more}", remedy=first.remedy)


def _problems(plugin: Plugin) -> Iterator[Problem]:
    kind = type(plugin)
    at = place(kind)
    for text, remedy in (
        *_api(kind),
        *_name(plugin.name),
        *_settings(kind),
        *_network(kind),
        *_hook_names(kind),
        *_tables(plugin),
    ):
        yield Problem(at, text, remedy)
    for name, function in inspect.getmembers(kind, inspect.isroutine):
        options = getattr(function, OPTIONS, None)
        if options is not None:
            found = _hook(str(options.get("specname") or name), function, options)
        else:
            found = _unmarked(name)
        for text, remedy in found:
            yield Problem(place(function), text, remedy)
    for handler, text in _claimed_twice(kind):
        yield Problem(place(handler), text, "give one of them another name")


Found = Iterator[tuple[str, str]]


def _api(kind: type[Plugin]) -> Found:
    try:
        fits = SpecifierSet(kind.api).contains(str(API_VERSION))
    except (InvalidSpecifier, TypeError, AttributeError):
        yield f"api = {kind.api!r} is no range of versions", 'write for example ">=1,<2"'
        return
    if not fits:
        remedy = "install a version of the plugin, or of the host, that fits"
        yield f"it works with the host's API {kind.api}, this host has {API_VERSION}", remedy


def _name(name: str) -> Found:
    if not _NAME.fullmatch(name) or name == "host":
        remedy = "name the entry point with small letters, digits and _, a letter first, and not host"
        yield f"{name!r} can be no prefix of tables and no section of the configuration", remedy


def _settings(kind: type[Plugin]) -> Found:
    if not (isinstance(kind.settings, type) and attrs.has(kind.settings)):
        yield f"settings = {kind.settings!r} is no attrs class", "decorate a class with @attrs.frozen and name it"


def _network(kind: type[Plugin]) -> Found:
    if isinstance(kind.network, str):
        yield f"network = {kind.network!r} is one text", f"write ({kind.network!r},)"
        return
    for name in kind.network:
        try:
            Destination.read(name)
        except (ValueError, AttributeError) as error:
            yield f"network names {name!r}", str(error)


def _hook_names(kind: type[Plugin]) -> Found:
    """What is declared about hooks."""
    if isinstance(kind.guards, str):
        yield f"guards = {kind.guards!r} is one text", f"write {{{kind.guards!r}}}"
        return
    for name in kind.guards:
        if name in HOOKS and name not in GUARDABLE:
            yield f"guards names {name}, which cannot fail closed", f"only {', '.join(GUARDABLE)} can"
        elif name not in HOOKS:
            yield f"guards names {name!r}, and there is no such hook", _nearest(name, GUARDABLE)
        elif not _implements(kind, name):
            yield f"guards names {name}, which it does not implement", "implement it, or take it out of guards"
    if not isinstance(kind.deadlines, Mapping):
        yield f"deadlines = {kind.deadlines!r} is no mapping", 'write for example {"on_message": 10}'
        return
    for name, seconds in kind.deadlines.items():
        if name not in TIMED:
            yield f"deadlines names {name!r}, and there is no such hook", _nearest(name, TIMED)
        elif isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < float("inf"):
            yield f"the deadline of {name} is {seconds!r}", "give seconds, more than 0"


def _implements(kind: type[Plugin], hook: str) -> bool:
    options = [getattr(function, OPTIONS, {}) for _, function in inspect.getmembers(kind, inspect.isroutine)]
    return hasattr(getattr(kind, hook, None), OPTIONS) or any(each.get("specname") == hook for each in options)


def _tables(plugin: Plugin) -> Found:
    for table in plugin.tables:
        meta: Any = getattr(table, "_meta", None)
        if meta is None:
            yield f"{table!r} among its tables is no table", "derive it from butler.Table"
        elif not str(meta.table_name).startswith(f"{plugin.name}_"):
            remedy = f"name the package butler_{plugin.name}, or set table_name in its Meta"
            yield f"the table {meta.table_name!r} does not begin with {plugin.name}_", remedy


def _unmarked(name: str) -> Found:
    if name in HOOKS:
        yield f"{name} is not marked as a hook", "put @hookimpl above it"


def _hook(name: str, function: Any, options: Mapping[str, Any]) -> Found:
    if name not in HOOKS:
        if not options.get("optionalhook"):
            yield f"there is no hook {name}", _nearest(name, HOOKS)
        return
    if options.get("wrapper") or options.get("hookwrapper"):
        yield f"{name} is a wrapper, and the host uses none", "implement the hook itself"
    elif inspect.isasyncgenfunction(function):
        yield f"{name} yields", "return its result: one, or for build_prompt a list"
    elif not inspect.iscoroutinefunction(function):
        yield f"{name} is not asynchronous", "write `async def`"
    yield from _arguments(name, function)


def _arguments(name: str, function: Any) -> Found:
    """What it asks for is given by name, so it may ask for less than all, in any order."""
    given = tuple(inspect.signature(getattr(hookspecs, name)).parameters)
    bound = inspect.signature(function).parameters.values()
    for parameter in list(bound)[0 if inspect.ismethod(function) else 1 :]:
        if parameter.kind not in (Parameter.POSITIONAL_OR_KEYWORD, Parameter.POSITIONAL_ONLY):
            yield f"{name} takes {parameter}, which cannot be given", f"name what it needs of {', '.join(given)}"
        elif parameter.name not in given:
            yield f"{name} takes {parameter.name!r}, which this hook does not give", _nearest(parameter.name, given)
        elif parameter.default is not Parameter.empty:
            yield f"{name} has a default for {parameter.name!r}, which would always hold", "leave the default out"


def _claimed_twice(kind: type[Plugin]) -> Iterator[tuple[Any, str]]:
    commands = declared(kind, Command).values()
    below = {id(child) for command in commands for child in command.children.values()}
    claims = [
        (f"the {_sort(command)} {name}", command.handler)
        for command in commands
        if id(command) not in below
        for name in (command.name, *command.aliases)
    ]
    for command in commands:
        for child in command.children.values():
            names = (child.name, *child.aliases)
            claims += [(f"the {_sort(command)} {command.name} {name}", child.handler) for name in names]
    claims += [(f"the action {each.name}", each.handler) for each in declared(kind, ActionHandler).values()]
    claims += [(f"the {each.on} command {each.name}", each.handler) for each in declared(kind, ContextCommand).values()]
    claims += [(f"the job {each.name}", each.handler) for each in declared(kind, Job).values()]
    claims += [(f"the tool {each.name}", each.handler) for each in declared(kind, Tool).values()]
    seen: dict[str, Any] = {}
    for name, handler in claims:
        key = name.casefold().replace("_", "-")
        if key in seen:
            yield handler, f"{name} is declared twice, first at {place(seen[key])}"
        seen.setdefault(key, handler)


def _sort(command: Command) -> str:
    return "console command" if isinstance(command, ConsoleCommand) else "command"


def place(what: Any) -> str:
    """File and line of a function or a class."""
    code = getattr(inspect.unwrap(what), "__code__", None) if callable(what) else None
    if code is not None:
        return f"{code.co_filename}:{code.co_firstlineno}"
    try:
        return f"{inspect.getsourcefile(what)}:{inspect.getsourcelines(what)[1]}"
    except (OSError, TypeError):  # made at run time
        return f"{getattr(what, '__module__', '?')}.{getattr(what, '__qualname__', '?')}"


def _nearest(name: str, names: Collection[str]) -> str:
    best = process.extractOne(str(name), names, score_cutoff=60)
    return f"did you mean {best[0]!r}?" if best else f"there are {', '.join(names)}"
