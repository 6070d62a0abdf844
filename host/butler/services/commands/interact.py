"""What is done without typing a command: buttons, menus, forms, right-clicks, completion."""

from __future__ import annotations

from typing import Any

from butler.errors import CommandError
from butler.model import Message, Person
from butler.services.commands.execute import call_of, kind_of, said
from butler.services.commands.registry import HOST
from butler.services.commands.request import Outcome, Request
from butler.services.commands.run import CONFIRM, Runner

MOST = 25
"""So many completions are given at most."""


class Interactions:
    """Hands interactions to the plugins that declared them."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._commands = runner.commands

    async def press(self, request: Request, plugin: str, name: str, value: str) -> Outcome:
        """A button, menu or form of a plugin was used; ``value`` is what it carried."""
        if (plugin, name) == (HOST, CONFIRM):
            answer, _, token = value.partition(":")
            return await self._runner.answer(request, yes=answer == "yes", token=token)
        found = self._commands.action(plugin, name, request.enabled)
        if found is None:
            return await said(request, "unknown", "That button does nothing any more.")
        instance, action = found
        call = call_of(request, instance, (name,), {"value": value})
        handler: Any = action.handler.__get__(instance)
        return await self._runner.executor.run(request, call, plugin, f"action {name}", lambda: handler(call, value))

    async def context(self, request: Request, plugin: str, name: str, target: Message | Person) -> Outcome:
        """A right-click command was used on a message or a person."""
        found = self._commands.context(plugin, name, request.enabled)
        if found is None:
            return await said(request, "unknown", f"There is no “{name}” here any more.")
        instance, command = found
        try:
            self._commands.permissions.check(request.person, request.guild, rank=command.rank)
        except CommandError as error:
            return await said(request, kind_of(error), str(error), path=(name,), plugin=plugin)
        call = call_of(request, instance, (name,), {"target": target}, ephemeral=True)
        handler: Any = command.handler.__get__(instance)
        return await self._runner.executor.run(request, call, plugin, f"context {name}", lambda: handler(call, target))

    async def complete(self, request: Request, path: tuple[str, ...], option: str, typed: str) -> list[str]:
        """What may be meant by the beginning of an option; empty where nobody can say."""
        node = self._commands.at(path, request.enabled)
        found = node.option(option) if node else None
        if node is None or found is None or not self._commands.may(node, request.person, request.guild):
            return []
        if found.choices:
            names = [name for name, _ in found.choices]
            return [name for name in names if name.casefold().startswith(typed.casefold())][:MOST]
        completer = node.command.completers.get(found.name)
        if completer is None:
            return []
        call = call_of(request, node.instance, node.path, {})
        handler: Any = completer.__get__(node.instance)
        result, _ = await self._runner.executor.value(
            request, node.instance, node.plugin, f"completion of {node.key} {option}", lambda: handler(call, typed)
        )
        return [str(each) for each in result[:MOST]] if isinstance(result, list | tuple) else []
