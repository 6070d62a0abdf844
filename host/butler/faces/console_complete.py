"""What may be meant by the beginning of a line: commands with their help, subcommands, options, names."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from typing import TYPE_CHECKING

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from butler.faces.console import HOUSE, ROOM, YOU, Console
from butler.services.commands.node import Node
from butler.services.commands.signature import Option

if TYPE_CHECKING:
    from butler.host import Host

LOCAL = {
    "as": "Speak as system or assistant.",
    "console": "The operator's commands: /console help.",
    "exit": "End the conversation.",
}
"""What the console itself understands."""
_MOST = 50


class Completions(Completer):
    """Completes for the person at the console what is enabled there and allowed to them."""

    def __init__(self, host: Host, console: Console) -> None:
        self._host = host
        self._console = console

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """The asynchronous form below is the one that is used."""
        return ()

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        """For the text before the cursor."""
        text = document.text_before_cursor.lstrip()
        if not text.startswith("/"):
            return
        *before, typed = text[1:].split(" ")
        found = await self._after(before, typed) if before else self._commands(typed)
        for completion in list(found)[:_MOST]:
            yield completion

    def _commands(self, typed: str) -> Iterable[Completion]:
        enabled = self._host.settings.enabled(HOUSE.id, ROOM.id)
        nodes = self._host.commands.allowed(enabled, self._console.person, HOUSE)
        names = {node.name: node.summary for node in nodes} | LOCAL
        return _matching(names, typed, "/")

    async def _after(self, words: list[str], typed: str) -> Iterable[Completion]:
        if words[0] == "console":
            told = await self._host.operating.complete(" ".join([*words[1:], typed]), YOU)
            return [Completion(text, -replaces, display_meta=about) for text, replaces, about in told]
        if words[0] == "as":
            return _matching({"system": "Tell the persona something.", "assistant": "Speak for it."}, typed)
        node = self._node(words)
        if node is None:
            return ()
        found = list(_matching({child.name: child.summary for child in node.children.values()}, typed))
        return found + [each for option in node.options for each in await self._option(option, typed)]

    def _node(self, words: list[str]) -> Node | None:
        """The deepest command that the words before the cursor name."""
        enabled = self._host.settings.enabled(HOUSE.id, ROOM.id)
        node = self._host.commands.find(words[0], enabled)
        for word in words[1:]:
            node = (node.child(word) or node) if node else None
        return node if node and self._host.commands.may(node, self._console.person, HOUSE) else None

    async def _option(self, option: Option, typed: str) -> Iterable[Completion]:
        key, sign, value = typed.partition("=")
        named = bool(sign) and option.is_called(key)
        value = value if named else typed
        if option.choices:
            return _matching({name: option.help for name, _ in option.choices}, value)
        if option.kind == "person" and value:
            people = await self._host.places.person(value, ROOM)
            return [Completion(person.name, -len(value), display_meta=person.id) for person in people]
        return () if named or not typed else _matching({f"{option.label}=": option.help}, typed)


def _matching(names: dict[str, str], typed: str, prefix: str = "") -> Iterable[Completion]:
    folded = typed.casefold()
    return [
        Completion(name, -len(typed), display=f"{prefix}{name}", display_meta=about)
        for name, about in sorted(names.items())
        if name.casefold().startswith(folded)
    ]
