"""What may be meant by the beginning of a line on the console: commands, options, and what their plugins suggest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from butler.services.commands import Commands, Request, Runner
from butler.services.commands.execute import call_of
from butler.services.commands.node import Node
from butler.services.commands.signature import Option

MOST = 50


class Suggestion(NamedTuple):
    """A text that may replace the last characters of what was typed."""

    text: str
    replaces: int
    """How many characters before the cursor it replaces."""
    about: str = ""


async def suggestions(commands: Commands, runner: Runner, request: Request, text: str) -> list[Suggestion]:
    """For the text before the cursor, the likeliest first."""
    *before, typed = text.lstrip().split(" ")
    if not before:
        names = {
            node.written: node.summary for node in commands.allowed(request.enabled, request.person, request.guild)
        }
        return _matching(names, typed)
    node = commands.find(before[0], request.enabled)
    if node is None:
        return []
    found = [each for option in _open(node, before[1:]) for each in await _of(runner, request, node, option, typed)]
    keys = {f"--{option.label} ": option.help for option in node.options}
    return (found + (_matching(keys, typed) if typed.startswith("-") else []))[:MOST]


def _open(node: Node, words: list[str]) -> list[Option]:
    """The options that the word which is being typed may belong to."""
    if words and words[-1].startswith("--"):
        named = node.option(words[-1].removeprefix("--"))
        return [named] if named else []
    taken = sum(not word.startswith("--") and "=" not in word for word in words)
    positional = [option for option in node.options if not option.named and not option.rest]
    return positional[taken : taken + 1] or [option for option in node.options if option.rest]


async def _of(runner: Runner, request: Request, node: Node, option: Option, typed: str) -> list[Suggestion]:
    if option.choices:
        return _matching({name: option.help for name, _ in option.choices}, typed)
    completer = node.command.completers.get(option.name)
    if completer is None:
        return []
    handler = completer.__get__(node.instance)
    call = call_of(request, node.instance, node.path, {})
    found, fault = await runner.executor.value(
        request, node.instance, node.plugin, f"completion of {node.key} {option.name}", lambda: handler(call, typed)
    )
    return [] if fault else [Suggestion(str(each), len(typed)) for each in _listed(found)]


def _listed(found: Any) -> list[Any]:
    return list(found) if isinstance(found, list | tuple) else []


def _matching(names: Mapping[str, str], typed: str) -> list[Suggestion]:
    folded = typed.casefold().replace("-", "_") if not typed.startswith("-") else typed.casefold()
    return [
        Suggestion(name, len(typed), about)
        for name, about in sorted(names.items())
        if name.casefold().startswith(folded)
    ][:MOST]
