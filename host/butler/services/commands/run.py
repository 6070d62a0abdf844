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
from butler.services.commands.pending import Confirmations, Given, answer_of
from butler.services.commands.registry import Commands
from butler.services.commands.request import Guarded, Outcome, Request
from butler.services.commands.values import Directory, Setting, shown
from butler.services.controls.keep import Keep

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
        keep: Keep | None = None,
    ) -> None:
        self.commands = commands
        self.executor = executor or Executor(guarded)
        self.directory = directory
        self._clock = clock or Clock()
        self._zone = zone
        self.cooldowns = Cooldowns(self._clock)
        self._confirmations = Confirmations(keep or Keep(self._clock))

    async def start(self) -> None:
        """Read what waited for a yes or no before the restart. Raises ``StoreError``."""
        await self._confirmations.start()

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
        return await self._given(request, Given(line))

    async def invoke(self, request: Request, path: tuple[str, ...], values: Mapping[str, Any]) -> Outcome:
        """Run a command whose options the platform took apart: by name, as text or as what they are already."""
        return await self._given(request, Given("", path, values))

    async def answer(self, request: Request, *, yes: bool, token: str = "") -> Outcome:
        """Run, or drop, what waits for this person's yes. It is read and the permission looked at again."""
        pending = await self._confirmations.take(request.person.id, request.channel.id, token)
        if pending is None:
            return await said(request, "unknown", "That question is too old; give the command again.")
        if not yes:
            return await said(request, "cancelled", "Very well, nothing was done.")
        return await self._given(request, pending.given, at=dt.datetime.fromtimestamp(pending.at, dt.UTC))

    async def _given(self, request: Request, what: Given, at: dt.datetime | None = None) -> Outcome:
        """``at``: when it was given, if it was confirmed since."""
        if _machine(request.person):
            return Outcome("ignored")
        try:
            node, read = self._read(request, what, self.setting(request, at))
        except Unknown as error:
            return await said(request, "unknown", str(error))
        return await self._checked(request, node, what, read, confirmed=at is not None)

    def _read(self, request: Request, what: Given, setting: Setting) -> tuple[Node, Read]:
        """The command that is meant, and how to read its arguments. Raises ``Unknown``."""
        if what.line:
            found = find(self.commands, what.line, request)
            return found.node, lambda: arguments(found, setting, request.shown)
        node = self.commands.at(what.path, request.enabled)
        if node is None or not node.callable:
            raise Unknown(f"There is no command {request.shown}{' '.join(what.path)} here.")
        return node, lambda: given(node, what.values, setting, request.shown)

    async def _checked(self, request: Request, node: Node, what: Given, read: Read, *, confirmed: bool) -> Outcome:
        try:
            self._permit(request, node)
            values = await read()
        except CommandError as error:
            return await said(request, kind_of(error), str(error), path=node.path, plugin=node.plugin)
        if node.command.confirm and not confirmed:
            return await self._ask(request, node, what, values)
        return await self._execute(request, node, values)

    def _permit(self, request: Request, node: Node) -> None:
        self.commands.permissions.check(request.person, request.guild, rank=node.rank, grants=node.grants)
        self.cool(_key(request, node), f"{request.shown}{node.key}")

    def cool(self, key: tuple[str, str, str], name: str) -> None:
        """Raise ``CommandError`` while somebody has to wait before the next use."""
        if left := self.cooldowns.left(key):
            raise Cooling(f"{name} can be used again in {max(1, round(left))} s.")

    async def _ask(self, request: Request, node: Node, what: Given, values: dict[str, Any]) -> Outcome:
        token = await self._confirmations.ask(request.person.id, request.channel.id, what)
        question = node.command.confirm.format_map({name: _told(value) for name, value in values.items()})
        text = f"{question} (yes or no, within {self._confirmations.expiry:.0f} s)"
        buttons = (Button("Yes", CONFIRM, f"yes:{token}", "danger"), Button("No", CONFIRM, f"no:{token}"))
        call = call_of(request, node.instance, node.path, values, ephemeral=node.ephemeral)
        await call.reply(text, buttons=buttons, only=(request.person.id,), lasts=self._confirmations.expiry)
        return Outcome("asked", (text,), node.path, node.plugin)

    async def _execute(self, request: Request, node: Node, values: dict[str, Any]) -> Outcome:
        call = call_of(request, node.instance, node.path, values, owner=node.plugin, ephemeral=node.ephemeral)
        key = _key(request, node)
        self.cooldowns.take(key, node.command.cooldown)
        outcome = await self.executor.run(
            request, call, node.plugin, f"command {node.key}", lambda: node.handler(call, **values)
        )
        if outcome.kind in ("wrong", "denied"):
            self.cooldowns.release(key)  # refused by the handler: nothing was used
        return outcome

    def setting(self, request: Request, at: dt.datetime | None = None) -> Setting:
        """Where and when names and times are meant."""
        return Setting(self.directory, request.channel, at or self._clock.now(), self._zone(request.guild))


def _told(value: Any) -> str:
    """An argument as a question names it."""
    return shown(str(getattr(value, "name", value)))[1:-1]


def _machine(person: Person) -> bool:
    """Commands are taken from people only (HOST-5)."""
    return person.bot or bool(person.persona)


def _key(request: Request, node: Node) -> tuple[str, str, str]:
    return request.person.id, request.channel.id, node.key
