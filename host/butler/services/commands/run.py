"""Running a command: may they, not too often, do they mean it; then the handler, inside the fence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from butler.clock import Clock
from butler.errors import CommandError
from butler.model import Button, Guild, Person
from butler.services.commands.cooldown import Cooldowns
from butler.services.commands.execute import Cooling, Executor, call_of, kind_of, said
from butler.services.commands.node import Node
from butler.services.commands.parse import Unknown, arguments, body_of, find, given, path_of
from butler.services.commands.pending import Confirmations, answer_of
from butler.services.commands.registry import Commands
from butler.services.commands.request import Guarded, Outcome, Request
from butler.services.commands.values import Directory, Setting

CONFIRM = "confirm"
"""The host's action behind the buttons of a confirmation; its value is ``yes:TOKEN`` or ``no:TOKEN``."""
ANSWER = "answer"
"""What a yes or no that is waited for counts as."""
Read = Callable[[], Awaitable[dict[str, Any]]]


def _utc(guild: Guild) -> dt.tzinfo:
    return dt.UTC


class Runner:
    """Runs commands for one host. Memory for cooldowns and confirmations is bounded."""

    def __init__(
        self,
        commands: Commands,
        directory: Directory,
        guarded: Guarded,
        *,
        clock: Clock | None = None,
        zone: Callable[[Guild], dt.tzinfo] = _utc,
        executor: Executor | None = None,
    ) -> None:
        self.commands = commands
        self.executor = executor or Executor(guarded)
        self._directory = directory
        self._clock = clock or Clock()
        self._zone = zone
        self._cooldowns = Cooldowns(self._clock)
        self._confirmations = Confirmations(self._clock)

    def called(self, text: str, prefix: str, person: str, channel: str) -> str:
        """What a message calls: ``"karma give"``, :data:`ANSWER`, or ``""`` if it is for no command.

        A name that nobody has is given back as typed: it is answered too.
        """
        body = body_of(text, prefix)
        if body is not None:
            return path_of(self.commands, body)
        waits = answer_of(text) is not None and self._confirmations.waits(person, channel)
        return ANSWER if waits else ""

    async def take(self, request: Request, text: str) -> Outcome | None:
        """Run what a message calls, or answer what waits for its author's yes or no; ``None``: it is neither."""
        body = body_of(text, request.prefix)
        if body is not None:
            return await self.run(request, body)
        yes = answer_of(text)
        if yes is None or not self._confirmations.waits(request.person.id, request.channel.id):
            return None
        return await self.answer(request, yes=yes)

    async def run(self, request: Request, line: str) -> Outcome:
        """Run a typed line, without its prefix."""
        if _machine(request.person):
            return Outcome("ignored")
        try:
            found = find(self.commands, line, request)
        except Unknown as error:
            return await said(request, "unknown", str(error))
        return await self._checked(request, found.node, lambda: arguments(found, self._setting(request), request.shown))

    async def invoke(self, request: Request, path: tuple[str, ...], values: Mapping[str, Any]) -> Outcome:
        """Run a command whose options the platform took apart: by name, as text or as what they are already."""
        if _machine(request.person):
            return Outcome("ignored")
        node = self.commands.at(path, request.enabled)
        if node is None or not node.callable:
            return await self._gone(request, path)
        return await self._checked(request, node, lambda: given(node, values, self._setting(request), request.shown))

    async def answer(self, request: Request, *, yes: bool, token: str = "") -> Outcome:
        """Run, or drop, what waits for this person's yes. The permission is looked at again."""
        pending = self._confirmations.take(request.person.id, request.channel.id, token)
        if pending is None:
            return await said(request, "unknown", "That question is too old; give the command again.")
        node = self.commands.at(pending.path, request.enabled)
        if node is None:
            return await self._gone(request, pending.path)
        if not yes:
            return await said(request, "cancelled", "Very well, nothing was done.", path=node.path, plugin=node.plugin)
        try:
            self._permit(request, node)
        except CommandError as error:
            return await said(request, kind_of(error), str(error), path=node.path, plugin=node.plugin)
        return await self._execute(request, node, pending.values)

    async def _checked(self, request: Request, node: Node, read: Read) -> Outcome:
        try:
            self._permit(request, node)
            values = await read()
        except CommandError as error:
            return await said(request, kind_of(error), str(error), path=node.path, plugin=node.plugin)
        if node.command.confirm:
            return await self._ask(request, node, values)
        return await self._execute(request, node, values)

    def _permit(self, request: Request, node: Node) -> None:
        self.commands.permissions.check(request.person, request.guild, rank=node.rank, grants=node.grants)
        left = self._cooldowns.left(_key(request, node))
        if left:
            raise Cooling(f"{request.shown}{node.key} can be used again in {max(1, round(left))} s.")

    async def _ask(self, request: Request, node: Node, values: dict[str, Any]) -> Outcome:
        token = self._confirmations.ask(request.person.id, request.channel.id, node.path, values)
        text = f"{node.command.confirm} (yes or no, within {self._confirmations.expiry:.0f} s)"
        buttons = (Button("Yes", CONFIRM, f"yes:{token}", "danger"), Button("No", CONFIRM, f"no:{token}"))
        call = call_of(request, node.instance, node.path, values, ephemeral=node.ephemeral)
        await call.reply(text, buttons=buttons)
        return Outcome("asked", (text,), node.path, node.plugin)

    async def _execute(self, request: Request, node: Node, values: dict[str, Any]) -> Outcome:
        call = call_of(request, node.instance, node.path, values, ephemeral=node.ephemeral)
        key = _key(request, node)
        self._cooldowns.take(key, node.command.cooldown)
        outcome = await self.executor.run(
            request, call, node.plugin, f"command {node.key}", lambda: node.handler(call, **values)
        )
        if outcome.kind in ("wrong", "denied"):
            self._cooldowns.release(key)  # refused by the handler: nothing was used
        return outcome

    async def _gone(self, request: Request, path: tuple[str, ...]) -> Outcome:
        return await said(request, "unknown", f"There is no command {request.shown}{' '.join(path)} here.")

    def _setting(self, request: Request) -> Setting:
        return Setting(self._directory, request.channel, self._clock.now(), self._zone(request.guild))


def _machine(person: Person) -> bool:
    """Commands are taken from people only (HOST-5)."""
    return person.bot or bool(person.persona)


def _key(request: Request, node: Node) -> tuple[str, str, str]:
    return request.person.id, request.channel.id, node.key
