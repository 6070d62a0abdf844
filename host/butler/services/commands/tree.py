"""Commands as platforms, menus and help need them: neutral, in order, without handlers."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from attrs import frozen

from butler.model import Rank
from butler.plugin import Plugin
from butler.services.commands.node import Node, normal
from butler.services.commands.signature import Option


@frozen
class CommandSpec:
    """A command for a platform with commands of its own: it holds options, or subcommands, never both."""

    name: str
    description: str
    path: tuple[str, ...]
    """What to call :meth:`Runner.invoke` with."""
    plugin: str
    options: tuple[Option, ...] = ()
    """Those that are needed first."""
    subcommands: tuple[CommandSpec, ...] = ()
    rank: Rank = Rank.MEMBER
    grants: tuple[str, ...] = ()
    ephemeral: bool = False


@frozen
class MenuItem:
    """One command in a menu."""

    name: str
    summary: str
    subcommands: tuple[str, ...] = ()


@frozen
class MenuPart:
    """What one plugin offers."""

    plugin: str
    about: str
    """The first line of the plugin's docstring, or ``""``."""
    items: tuple[MenuItem, ...]


def spec_of(node: Node) -> CommandSpec:
    """A group's own handler becomes the subcommand ``default_name``."""
    if not node.children:
        return _spec(node, node.name, node.path, options=_ordered(node.options))
    inner = [spec_of(child) for child in node.children.values()]
    if node.callable:
        name = normal(node.command.default_name)
        inner.insert(0, _spec(node, name, (*node.path, name), options=_ordered(node.options)))
    return _spec(node, node.name, node.path, subcommands=tuple(inner))


def _spec(
    node: Node,
    name: str,
    path: tuple[str, ...],
    *,
    options: tuple[Option, ...] = (),
    subcommands: tuple[CommandSpec, ...] = (),
) -> CommandSpec:
    return CommandSpec(
        name, node.summary, path, node.plugin, options, subcommands, node.rank, node.grants, node.ephemeral
    )


def _ordered(options: Iterable[Option]) -> tuple[Option, ...]:
    return tuple(sorted(options, key=lambda option: not option.required))


def menu_of(nodes: Iterable[Node]) -> list[MenuPart]:
    """Nodes that stand plugin by plugin, as a menu."""
    return [
        MenuPart(plugin, about(next(iter(part)).instance), tuple(_item(node) for node in part))
        for plugin, part in ((plugin, list(group)) for plugin, group in groupby(nodes, lambda node: node.plugin))
    ]


def about(plugin: Plugin) -> str:
    """What a plugin is for, in one line."""
    lines = (type(plugin).__doc__ or "").strip().splitlines()
    return lines[0].strip().rstrip(".") if lines else ""


def _item(node: Node) -> MenuItem:
    return MenuItem(node.name, node.summary, tuple(node.children))
