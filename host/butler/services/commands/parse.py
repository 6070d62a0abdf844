"""From a typed line to a command and its arguments; whatever is wrong says what was expected."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from butler.errors import BadArgument, CommandError
from butler.services.commands.near import nearest
from butler.services.commands.node import Node
from butler.services.commands.registry import Commands
from butler.services.commands.request import Request
from butler.services.commands.signature import Option
from butler.services.commands.usage import example_of, usage_of
from butler.services.commands.values import Setting, convert, expected, shown
from butler.services.commands.words import Reader, Word

_NAME = re.compile(r"[^\W_][\w-]*(?=\s|$)")
_SUBNAME = re.compile(r"\s*([^\W_][\w-]{0,63})(?=\s|$)")
_GREEDY = 4
"""So many words may make up one time or duration: “tomorrow at 9:00”."""


class Unknown(CommandError):
    """There is no such command here."""


@frozen
class Found:
    """A command and the line behind its name."""

    node: Node
    reader: Reader
    tried: str = ""
    """The word after a group's name that is none of its subcommands: its own handler takes it."""


def body_of(text: str, prefix: str) -> str | None:
    """What stands behind the prefix, if the text is a command and not merely begins like one (``/home/x``, ``!!``)."""
    if not prefix or not text.startswith(prefix):
        return None
    return text[len(prefix) :] if _NAME.match(text, len(prefix), len(prefix) + 128) else None


def find(commands: Commands, line: str, request: Request) -> Found:
    """The command that a line (without prefix) calls. Raises ``Unknown`` with the nearest name."""
    prefix, enabled = request.shown, request.enabled
    reader = Reader(line)
    name = _bare(reader)
    node = commands.find(name, enabled)
    if node is None:
        near = commands.suggestion(name, enabled, request.person, request.guild)
        hint = f"did you mean {prefix}{near}?" if near else f"{prefix}help lists what there is"
        raise Unknown(f"There is no command {shown(prefix + (name or line))} here", remedy=hint)
    return _descend(node, reader, prefix)


def path_of(commands: Commands, line: str) -> str:
    """The path of names that a line begins with, whoever has them enabled; what nobody has as it was typed."""
    reader = Reader(line)
    name = _bare(reader)
    node = commands.find(name, frozenset(commands.plugins))
    if node is None:
        return name
    try:
        return _descend(node, reader, "").node.key
    except Unknown:
        return node.key


def _descend(node: Node, reader: Reader, prefix: str) -> Found:
    while node.children:
        before = reader.at
        word = _bare(reader)
        child = node.child(word) if word else None
        if child is None:
            reader.at = before
            return _own(node, reader, word, prefix)
        if child is node:
            break
        node = child
    return Found(node, reader)


def _own(node: Node, reader: Reader, word: str, prefix: str) -> Found:
    if node.callable:
        return Found(node, reader, word)
    listed = ", ".join(node.children)
    near = nearest(word, list(node.children))
    hint = f"did you mean {prefix}{node.written} {near}?" if near else ""
    said = f"{prefix}{node.written} has no {shown(word)}" if word else f"{prefix}{node.written} does nothing by itself"
    raise Unknown(f"{said}; there is: {listed}", remedy=hint)


def _bare(reader: Reader) -> str:
    """The next word if it may name a subcommand."""
    match = _SUBNAME.match(reader.line, reader.at)
    if match is None:
        return ""
    reader.at = match.end()
    return match[1]


async def arguments(found: Found, setting: Setting, prefix: str) -> dict[str, Any]:
    """The options' values by parameter name. Raises ``BadArgument`` with usage and an example."""
    try:
        return await _Arguments(found, setting).read()
    except BadArgument as error:
        raise explained(found.node, str(error), prefix, _meant(found)) from error


async def given(node: Node, values: Mapping[str, Any], setting: Setting, prefix: str) -> dict[str, Any]:
    """The same for options that a platform took apart: text is converted, anything else is taken as it is."""
    taken: dict[str, Any] = {}
    try:
        for option in node.options:
            value = next((value for name, value in values.items() if option.is_called(name)), None)
            if isinstance(value, str):
                value = await convert(option, value, setting)
            taken[option.name] = missing(option) if value is None else value
    except BadArgument as error:
        raise explained(node, str(error), prefix) from error
    return taken


def explained(node: Node, problem: str, prefix: str, more: str = "") -> BadArgument:
    """The problem with the usage and an example below it."""
    lines = [f"{problem}{more}.", f"Usage: `{usage_of(node, prefix)}`", f"Example: `{example_of(node, prefix)}`"]
    return BadArgument("\n".join(lines))


def _meant(found: Found) -> str:
    near = nearest(found.tried, list(found.node.children))
    return f" (or did you mean {found.node.key} {near}?)" if near else ""


class _Arguments:
    """One line's arguments while they are read."""

    def __init__(self, found: Found, setting: Setting) -> None:
        self.node = found.node
        self.reader = found.reader
        self.setting = setting
        self.values: dict[str, Any] = {}
        self.keys = frozenset(option.label for option in self.node.options)
        self.flags = frozenset(option.label for option in self.node.options if option.kind == "flag")

    async def read(self) -> dict[str, Any]:
        for option in [each for each in self.node.options if not each.named and not each.rest]:
            if option.name not in self.values and await self._named():
                await self._positional(option)
        await self._named()
        await self._rest()
        for option in self.node.options:
            if option.name not in self.values:
                self.values[option.name] = missing(option)
        return self.values

    async def _named(self) -> bool:
        """Read what is given as ``name=value``; false at the end of the line."""
        while True:
            before = self.reader.at
            word = self.reader.word(self.keys, self.flags)
            if word is None:
                return False
            if not word.key:
                self.reader.at = before
                return True
            await self._take(word)

    async def _take(self, word: Word) -> None:
        option = self.node.option(word.key)
        assert option is not None  # the reader knows the keys from these options
        if option.name in self.values:
            raise BadArgument(f"{option.label} is given twice")
        text = self.reader.rest(word.start) if option.rest else word.text
        self.values[option.name] = await convert(option, text, self.setting)

    async def _positional(self, option: Option) -> None:
        if option.name in self.values:
            return
        word = self.reader.word()
        if word is None:
            return
        if option.kind in ("time", "duration") and not word.quoted:
            self.values[option.name] = await self._greedy(option, word)
        else:
            self.values[option.name] = await convert(option, word.text, self.setting)

    async def _greedy(self, option: Option, first: Word) -> Any:
        """The longest run of words that makes up a time."""
        ends = [self.reader.at]
        while len(ends) < _GREEDY and self.reader.word(self.keys) is not None:
            ends.append(self.reader.at)
        for end in reversed(ends):
            self.reader.at = end
            try:
                return await convert(option, self.reader.line[first.start : end], self.setting)
            except BadArgument:
                continue
        raise BadArgument(f"{option.label} must be {expected(option)}, not {shown(first.text)}")

    async def _rest(self) -> None:
        option = next((each for each in self.node.options if each.rest), None)
        before = self.reader.at
        left = self.reader.rest()
        if not left.strip():
            return
        if option is None or option.name in self.values:
            word = Reader(self.reader.line, before).word()
            raise BadArgument(
                f"{shown(word.text if word else left)} is one word too many (put “” around words that belong together)"
            )
        self.values[option.name] = await convert(option, left, self.setting)


def missing(option: Option) -> Any:
    """The default of an option that was not given. Raises ``BadArgument`` if it is needed."""
    if option.required:
        raise BadArgument(f"{option.label} is missing: {option.help or expected(option)}")
    return option.default
