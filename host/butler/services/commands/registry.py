"""Which commands there are, what they are called, and which of them exist in a guild."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import structlog
from attrs import field, frozen

from butler.declare import ActionHandler, Command, ContextCommand, declared
from butler.errors import ContractError
from butler.model import Guild, Person
from butler.plugin import Plugin
from butler.services.commands.context import typed
from butler.services.commands.near import nearest
from butler.services.commands.node import Node, grow, normal
from butler.services.commands.tree import CommandSpec, MenuPart, menu_of, spec_of
from butler.services.permissions import Permissions

HOST = "host"
"""The plugin that holds the host's own commands: always enabled, its names are never taken."""

T = TypeVar("T", ActionHandler, ContextCommand)


@frozen
class Clash:
    """Two plugins claimed one name: who got something else instead, or nothing (an alias)."""

    plugin: str
    wanted: str
    got: str
    holder: str


@frozen
class _Names:
    """The names that hold now; rebuilt when a plugin comes or goes, never per message."""

    nodes: Mapping[str, Node] = field(factory=dict)
    aliases: Mapping[str, Node] = field(factory=dict)
    clashes: tuple[Clash, ...] = ()


class Commands:
    """All commands of one host.

    A command exists in a guild only if its plugin is enabled there; elsewhere it answers as unknown.
    """

    def __init__(self, permissions: Permissions, kind: type[Command] = Command) -> None:
        self.permissions = permissions
        self._kind = kind
        self._roots: dict[str, tuple[Node, ...]] = {}
        self._plugins: dict[str, Plugin] = {}
        self._names = _Names()
        self._log = structlog.get_logger("butler.commands")

    def add(self, plugin_name: str, plugin: Plugin) -> tuple[Clash, ...]:
        """Take a plugin's commands and actions; returns the names that it could not have.

        Raises ``ContractError``, with nothing added, if a declaration is not of the right form.
        """
        found = [each for each in declared(type(plugin), Command).values() if type(each) is self._kind]
        children = {id(child) for command in found for child in _below(command)}
        roots = [command for command in found if id(command) not in children]
        nodes = tuple(grow(plugin_name, plugin, command) for command in roots)
        if self._kind is Command:
            nodes += _contexts(plugin_name, plugin, {node.name for node in nodes})
        twice = {node.name for node in nodes if sum(other.name == node.name for other in nodes) > 1}
        if twice:
            raise ContractError(
                f"plugin {plugin_name!r} declares the command {min(twice)!r} twice", remedy="rename one"
            )
        self.remove(plugin_name)
        self._roots[plugin_name] = nodes
        self._plugins[plugin_name] = plugin
        before = set(self._names.clashes)
        self._rebuild()
        new = tuple(clash for clash in self._names.clashes if clash not in before)
        for clash in new:
            self._log.warning(
                "command name taken", plugin=clash.plugin, wanted=clash.wanted, got=clash.got, holder=clash.holder
            )
        return new

    def remove(self, plugin_name: str) -> None:
        """Forget a plugin's commands and actions."""
        if self._roots.pop(plugin_name, None) is not None:
            del self._plugins[plugin_name]
            self._rebuild()

    @property
    def plugins(self) -> Mapping[str, Plugin]:
        """The plugins whose commands are known, by name."""
        return self._plugins

    @property
    def clashes(self) -> tuple[Clash, ...]:
        """Every name that somebody wanted and did not get."""
        return self._names.clashes

    def find(self, name: str, enabled: frozenset[str]) -> Node | None:
        """The command of that name or alias, in any case, if its plugin is enabled."""
        node = self.named(name)
        return node if node is not None and self._exists(node, enabled) else None

    def named(self, name: str) -> Node | None:
        """The command of that name or alias, wherever it is enabled; ``"karma give"`` is a subcommand."""
        first, *below = name[:256].split() or [""]
        key = normal(first)
        node = self._names.nodes.get(key) or self._names.aliases.get(key)
        for each in below:
            node = node.child(each) if node else None
        return node

    def at(self, path: Sequence[str], enabled: frozenset[str]) -> Node | None:
        """The command at a path of names; a group's ``default_name`` is the group itself."""
        return self.find(" ".join(path), enabled)

    def action(self, plugin: str, name: str, enabled: frozenset[str]) -> tuple[Plugin, ActionHandler] | None:
        """What a plugin's button, menu or form of that name does, if the plugin is enabled."""
        return self._declared(plugin, name, ActionHandler, enabled)

    def context(self, plugin: str, name: str, enabled: frozenset[str]) -> tuple[Plugin, ContextCommand] | None:
        """What a plugin's right-click command of that name does, if the plugin is enabled."""
        return self._declared(plugin, name, ContextCommand, enabled)

    def contexts(self, enabled: frozenset[str]) -> list[tuple[str, ContextCommand]]:
        """The right-click commands that exist there, with their plugins' names."""
        alive = [name for name in sorted(self._plugins) if name == HOST or name in enabled]
        return [(name, each) for name in alive for each in declared(type(self._plugins[name]), ContextCommand).values()]

    def _declared(self, plugin: str, name: str, kind: type[T], enabled: frozenset[str]) -> tuple[Plugin, T] | None:
        instance = self._plugins.get(plugin)
        if instance is None or not (plugin == HOST or plugin in enabled):
            return None
        found = [each for each in declared(type(instance), kind).values() if each.name == name]
        return (instance, found[0]) if found else None

    def suggestion(self, name: str, enabled: frozenset[str], person: Person, guild: Guild) -> str:
        """The nearest name that the person may use here, or ``""``."""
        found = self.named(nearest(normal(name[:64]), [node.name for node in self.allowed(enabled, person, guild)]))
        return found.written if found is not None else ""

    def roots(self, enabled: frozenset[str]) -> list[Node]:
        """The commands that exist there, the host's first, then by plugin and name."""
        nodes = [node for node in self._names.nodes.values() if self._exists(node, enabled)]
        return sorted(nodes, key=lambda node: (node.plugin != HOST, node.plugin, node.name))

    def allowed(self, enabled: frozenset[str], person: Person, guild: Guild) -> Iterator[Node]:
        """Those that the person may use there, at least a part of them."""
        return (node for node in self.roots(enabled) if self.may(node, person, guild))

    def may(self, node: Node, person: Person, guild: Guild) -> bool:
        """Whether the person may use a command; of a group, any part of it."""
        if node.callable and self.permissions.allows(person, guild, rank=node.rank, grants=node.grants):
            return True
        return any(self.may(child, person, guild) for child in node.children.values())

    def menu(self, enabled: frozenset[str], person: Person, guild: Guild) -> list[MenuPart]:
        """What the person may use there, plugin by plugin: for help and welcome menus."""
        return menu_of(self.allowed(enabled, person, guild))

    def tree(self, enabled: frozenset[str]) -> list[CommandSpec]:
        """The commands that exist there, for platforms with commands of their own."""
        return [spec_of(node) for node in self.roots(enabled) if not node.command.context]

    def _exists(self, node: Node, enabled: frozenset[str]) -> bool:
        return node.plugin == HOST or node.plugin in enabled

    def _rebuild(self) -> None:
        nodes: dict[str, Node] = {}
        aliases: dict[str, Node] = {}
        clashes: list[Clash] = []
        order = sorted(self._roots, key=lambda plugin: plugin != HOST)
        for root in (root for plugin in order for root in self._roots[plugin]):
            name = _free(root, nodes)
            nodes[name] = root.renamed(name)
            if name != root.name:
                clashes.append(Clash(root.plugin, root.name, name, nodes[root.name].plugin))
        for node in nodes.values():
            for alias in map(normal, node.command.aliases):
                holder = nodes.get(alias) or aliases.setdefault(alias, node)
                if holder is not node:
                    clashes.append(Clash(node.plugin, alias, "", holder.plugin))
        self._names = _Names(nodes, aliases, tuple(clashes))


def _contexts(plugin_name: str, plugin: Plugin, taken: Collection[str]) -> tuple[Node, ...]:
    """The right-click commands as typed ones; where the plugin has a command of that name, that one holds."""
    made = [typed(context) for context in declared(type(plugin), ContextCommand).values()]
    return tuple(grow(plugin_name, plugin, command) for command in made if command.name not in taken)


def _free(node: Node, taken: Mapping[str, Any]) -> str:
    if node.name not in taken:
        return node.name
    base = normal(f"{node.plugin}-{node.name}")
    number = 2
    name = base
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    return name


def _below(command: Command) -> Iterator[Command]:
    for child in command.children.values():
        yield child
        yield from _below(child)
