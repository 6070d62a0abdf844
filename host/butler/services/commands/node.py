"""A command as the host keeps it: checked, with its options, what it needs, and its subcommands."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from typing import Any

import attrs
from attrs import field, frozen

from butler.declare import Command, ConsoleCommand
from butler.errors import ContractError
from butler.model import Rank
from butler.plugin import Plugin
from butler.services.commands.docs import Doc, doc_of
from butler.services.commands.signature import Option, options_of, where

_NAME = re.compile(r"[^\W_][\w-]{0,31}")


def normal(name: str) -> str:
    """A name as it is compared: any case, underscores as dashes."""
    return name.strip().casefold().replace("_", "-")


@frozen(eq=False)
class Node:
    """One command of one plugin, bound to its instance."""

    plugin: str
    instance: Plugin = field(repr=False)
    command: Command = field(repr=False)
    path: tuple[str, ...]
    options: tuple[Option, ...] = field(repr=False)
    doc: Doc = field(repr=False)
    rank: Rank = Rank.MEMBER
    """What it needs: its own rank or its group's, the higher."""
    grants: tuple[str, ...] = ()
    ephemeral: bool = False
    root_name: str = ""
    """What its author called the command that it belongs to."""
    children: Mapping[str, Node] = field(factory=dict, repr=False)

    @property
    def name(self) -> str:
        return self.path[-1]

    @property
    def key(self) -> str:
        """Its name in logs and keys: ``karma give``."""
        return " ".join(self.path)

    @property
    def written(self) -> str:
        """Its name as people see and type it: on the console with underscores."""
        return self.key.replace("-", "_") if isinstance(self.command, ConsoleCommand) else self.key

    @property
    def summary(self) -> str:
        """Its first line of help."""
        return self.doc.summary

    @property
    def callable(self) -> bool:
        """Whether it does something itself, or only holds subcommands."""
        return not self.command.group

    @property
    def handler(self) -> Any:
        """The handler as a bound method."""
        return self.command.handler.__get__(self.instance)

    def option(self, name: str) -> Option | None:
        return next((option for option in self.options if option.is_called(name)), None)

    def child(self, name: str) -> Node | None:
        """The subcommand of that name or alias; the ``default_name`` of a group is itself."""
        key = normal(name[:64])
        if key in self.children:
            return self.children[key]
        for child in self.children.values():
            if key in map(normal, child.command.aliases):
                return child
        return self if self.children and self.callable and key == normal(self.command.default_name) else None

    def renamed(self, name: str) -> Node:
        """The same under another name of its root."""
        return self if self.path[0] == name else self._moved((name,))

    def _moved(self, path: tuple[str, ...]) -> Node:
        children = {name: child._moved((*path, name)) for name, child in self.children.items()}
        return attrs.evolve(self, path=path, children=children)


def grow(plugin_name: str, plugin: Plugin, command: Command, above: Node | None = None) -> Node:
    """Check a command and its subcommands and bind them. Raises ``ContractError`` with file and line."""
    name = normal(command.name)
    if not _NAME.fullmatch(name):
        raise _broken(command, "may have letters, digits and dashes, at most 32")
    parameters = command.handler.__code__.co_varnames
    doc = doc_of(command.handler.__doc__, parameters)
    if not doc.summary:
        raise _broken(command, "needs a docstring: its first line is what people read in /help")
    if isinstance(command, ConsoleCommand) and not doc.examples and not command.group:
        raise _broken(command, "needs a line `Example: …` in its docstring")
    grants = (*above.grants, command.grant) if above else (command.grant,)
    node = Node(
        plugin_name,
        plugin,
        command,
        (*above.path, name) if above else (name,),
        options_of(command, doc, type(plugin)),
        doc,
        max(command.rank, above.rank) if above else command.rank,
        tuple(dict.fromkeys(filter(None, grants))),
        command.ephemeral or bool(above and above.ephemeral),
        above.root_name if above else name,
    )
    _check_question(node)
    children = [grow(plugin_name, plugin, child, node) for child in command.children.values()]
    if command.group and not children:
        raise _broken(command, "is a group without subcommands")
    if children and not command.group and normal(command.default_name) in [child.name for child in children]:
        raise _broken(command, f"has a subcommand called like its default_name {command.default_name!r}")
    return attrs.evolve(node, children={child.name: child for child in children})


def _check_question(node: Node) -> None:
    """The question of a command that asks may name its options, and nothing else."""
    try:
        named = {each for _, each, _, _ in string.Formatter().parse(node.command.confirm) if each is not None}
    except ValueError as error:
        raise _broken(node.command, f"asks {node.command.confirm!r}, which cannot be read ({error})") from error
    unknown = named - {option.name for option in node.options}
    if unknown:
        raise _broken(node.command, f"asks about {sorted(unknown)}, which it does not have")


def _broken(command: Command, what: str) -> ContractError:
    return ContractError(f"command {command.name!r} at {where(command.handler)} {what}")
