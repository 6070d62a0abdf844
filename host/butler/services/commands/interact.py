"""What is done without typing a command: buttons, menus, forms, right-clicks, completion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from butler.declare import ActionHandler
from butler.errors import CommandError
from butler.model import Message, Person, Reply
from butler.plugin import Plugin
from butler.services.commands.execute import call_of, kind_of, said
from butler.services.commands.registry import HOST
from butler.services.commands.request import Outcome, Request
from butler.services.commands.run import CONFIRM, Runner
from butler.services.controls.forms import arguments_for

MOST = 25
"""So many completions are given at most."""


class Interactions:
    """Hands interactions to the plugins that declared them, permissions and cooldowns looked at."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._commands = runner.commands

    async def press(
        self,
        request: Request,
        plugin: str,
        name: str,
        value: str,
        *,
        chosen: Sequence[Any] = (),
        fields: Mapping[str, Any] | None = None,
    ) -> Outcome:
        """A button, menu or form of a plugin was used; ``value`` is what it carried."""
        if (plugin, name) == (HOST, CONFIRM):
            return await self._confirm(request, value)
        found = self._commands.action(plugin, name, request.enabled)
        if found is None:
            return await said(request, "unknown", "That button does nothing any more.")
        instance, action = found
        key = (request.person.id, request.channel.id, f"{plugin}/{name}")
        try:
            self._permit(request, action, key)
        except CommandError as error:
            return await said(request, kind_of(error), str(error), path=(name,), plugin=plugin)
        self._runner.cooldowns.take(key, action.cooldown)
        outcome = await self._pressed(request, plugin, instance, action, value, tuple(chosen), dict(fields or {}))
        if outcome.kind in ("wrong", "denied"):
            self._runner.cooldowns.release(key)
        return outcome

    def _permit(self, request: Request, action: ActionHandler, key: tuple[str, str, str]) -> None:
        grants = (action.grant,) if action.grant else ()
        self._commands.permissions.check(request.person, request.guild, rank=action.rank, grants=grants)
        self._runner.cool(key, "That")

    async def _pressed(
        self,
        request: Request,
        plugin: str,
        instance: Plugin,
        action: ActionHandler,
        value: str,
        chosen: tuple[Any, ...],
        fields: dict[str, Any],
    ) -> Outcome:
        call = call_of(
            request, instance, (action.name,), {"value": value, **fields}, owner=plugin, ephemeral=action.ephemeral,
            chosen=chosen,
        )  # fmt: skip
        handler: Any = action.handler.__get__(instance)
        wanted = arguments_for(action, fields)
        return await self._runner.executor.run(
            request, call, plugin, f"action {action.name}", lambda: handler(call, value, **wanted)
        )

    async def _confirm(self, request: Request, value: str) -> Outcome:
        """The buttons of a question go with its answer."""
        answer, _, token = value.partition(":")
        if request.on:
            await request.send(Reply(to=request.to), replaces=request.on)
        return await self._runner.answer(request, yes=answer == "yes", token=token)

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
        call = call_of(request, instance, (name,), {"target": target}, owner=plugin, ephemeral=True)
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
        call = call_of(request, node.instance, node.path, {}, owner=node.plugin)
        handler: Any = completer.__get__(node.instance)
        result, _ = await self._runner.executor.value(
            request, node.instance, node.plugin, f"completion of {node.key} {option}", lambda: handler(call, typed)
        )
        return [str(each) for each in result[:MOST]] if isinstance(result, list | tuple) else []
