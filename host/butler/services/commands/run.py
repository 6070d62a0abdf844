"""Running a command: may they, not too often, do they mean it; then the handler, inside the fence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from attrs import frozen

from butler.call import Call
from butler.clock import Clock
from butler.errors import CommandError, Denied
from butler.model import Button, Guild, Person, Reply
from butler.services.commands.cooldown import Cooldowns
from butler.services.commands.node import Node
from butler.services.commands.parse import Unknown, arguments, body_of, find, given
from butler.services.commands.pending import Confirmations, answer_of
from butler.services.commands.registry import Commands
from butler.services.commands.request import Guarded, Kind, Outcome, Request
from butler.services.commands.values import Directory, Setting

CONFIRM = "confirm"
"""The host's action behind the buttons of a confirmation; its value is ``yes:TOKEN`` or ``no:TOKEN``."""
Read = Callable[[], Awaitable[dict[str, Any]]]


class _Cooling(CommandError):
    """They have to wait."""


@frozen
class _Refused:
    """A ``CommandError`` that a handler raised: meant for the person, no fault."""

    error: CommandError


class Runner:
    """Runs commands for one host. Memory for cooldowns and confirmations is bounded."""

    def __init__(
        self,
        commands: Commands,
        directory: Directory,
        guarded: Guarded,
        *,
        clock: Clock | None = None,
        zone: Callable[[Guild], dt.tzinfo] = lambda guild: dt.UTC,
        deadline: float = 30.0,
    ) -> None:
        self.commands = commands
        self._directory = directory
        self._guarded = guarded
        self._clock = clock or Clock()
        self._zone = zone
        self._deadline = deadline
        self._cooldowns = Cooldowns(self._clock)
        self._confirmations = Confirmations(self._clock)
        self._log = structlog.get_logger("butler.commands")

    async def take(self, request: Request, text: str) -> Outcome | None:
        """Run what a message calls, or answer what waits for its author's yes or no; ``None``: it is neither."""
        body = body_of(text, request.prefix)
        if body is not None:
            return await self.run(request, body)
        yes = answer_of(text)
        if yes is None or not self._confirmations.waits(request.person.id, request.channel.id):
            return None
        return await self.answer(request, yes=yes)

    def called(self, text: str, prefix: str, person: str, channel: str) -> str:
        """The first word of what a text calls, ``"answer"`` if it answers what waits for a yes or no, else ``""``."""
        body = body_of(text, prefix)
        if body is not None:
            return body[:64].split(None, 1)[0]
        waits = answer_of(text) is not None and self._confirmations.waits(person, channel)
        return "answer" if waits else ""

    async def run(self, request: Request, line: str) -> Outcome:
        """Run a typed line, without its prefix."""
        if _machine(request.person):
            return Outcome("ignored")
        try:
            found = find(self.commands, line, request)
        except Unknown as error:
            return await self._say(request, "unknown", str(error))
        return await self._checked(request, found.node, lambda: arguments(found, self._setting(request), request.shown))

    async def invoke(self, request: Request, path: tuple[str, ...], values: Mapping[str, Any]) -> Outcome:
        """Run a command whose options the platform took apart: by name, as text or as what they are already."""
        if _machine(request.person):
            return Outcome("ignored")
        node = self.commands.at(path, request.enabled)
        if node is None or not node.callable:
            return await self._say(request, "unknown", f"There is no command {request.shown}{' '.join(path)} here")
        return await self._checked(request, node, lambda: given(node, values, self._setting(request), request.shown))

    async def answer(self, request: Request, *, yes: bool, token: str = "") -> Outcome:
        """Run, or drop, what waits for this person's yes. The permission is looked at again."""
        pending = self._confirmations.take(request.person.id, request.channel.id, token)
        if pending is None:
            return await self._say(request, "unknown", "That question is too old; give the command again")
        node = self.commands.at(pending.path, request.enabled)
        if node is None:
            return await self._say(
                request, "unknown", f"There is no command {request.shown}{' '.join(pending.path)} here"
            )
        if not yes:
            return await self._say(request, "cancelled", "Very well, nothing was done", node)
        try:
            self._permit(request, node)
        except CommandError as error:
            return await self._say(request, _kind(error), str(error), node)
        return await self._execute(request, node, pending.values)

    async def _checked(self, request: Request, node: Node, read: Read) -> Outcome:
        try:
            self._permit(request, node)
            values = await read()
        except CommandError as error:
            return await self._say(request, _kind(error), str(error), node)
        if node.command.confirm:
            return await self._ask(request, node, values)
        return await self._execute(request, node, values)

    def _permit(self, request: Request, node: Node) -> None:
        self.commands.permissions.check(request.person, request.guild, rank=node.rank, grants=node.grants)
        left = self._cooldowns.left(_key(request, node))
        if left:
            raise _Cooling(f"{request.shown}{node.key} can be used again in {max(1, round(left))} s")

    async def _ask(self, request: Request, node: Node, values: dict[str, Any]) -> Outcome:
        token = self._confirmations.ask(request.person.id, request.channel.id, node.path, values)
        text = f"{node.command.confirm} (yes or no, within {self._confirmations.expiry:.0f} s)"
        buttons = (Button("Yes", CONFIRM, f"yes:{token}", "danger"), Button("No", CONFIRM, f"no:{token}"))
        await self._call(request, node, values).reply(text, buttons=buttons)
        return Outcome("asked", (text,), node.path, node.plugin)

    async def _execute(self, request: Request, node: Node, values: dict[str, Any]) -> Outcome:
        call = self._call(request, node, values)
        key = _key(request, node)
        self._cooldowns.take(key, node.command.cooldown)

        async def handle() -> Any:
            try:
                return await node.handler(call, **values)
            except CommandError as error:
                return _Refused(error)

        deadline = node.instance.deadlines.get("command", self._deadline)
        result, fault = await self._guarded(
            node.plugin, f"command {node.key}", handle, guild=request.guild.id, deadline=deadline
        )
        if fault is not None:
            text = f"Something went wrong there, and nothing you did wrong (error {fault.id})"
            return await self._say(request, "failed", text, node, fault.id)
        if isinstance(result, _Refused):
            self._cooldowns.release(key)
            return await self._say(request, _kind(result.error), str(result.error), node)
        return Outcome("ran", await self._answered(call, result, node), node.path, node.plugin)

    async def _answered(self, call: Call, result: Any, node: Node) -> tuple[str, ...]:
        if isinstance(result, str | Reply) and result:
            await call.reply(result)
            return (result if isinstance(result, str) else result.text,)
        if result is not None and result != "":
            self._log.warning(
                "command returned something odd", command=node.key, plugin=node.plugin, kind=type(result).__name__
            )
        return ()

    async def _say(self, request: Request, kind: Kind, text: str, node: Node | None = None, fault: str = "") -> Outcome:
        to = request.message.id if request.message else ""
        await request.send(Reply(text, to=to, ephemeral=True))
        return Outcome(kind, (text,), node.path if node else (), node.plugin if node else "", fault)

    def _call(self, request: Request, node: Node, values: dict[str, Any]) -> Call:
        return Call(
            person=request.person,
            channel=request.channel,
            path=node.path,
            args=values,
            prefix=request.shown,
            enabled=request.enabled,
            plugin=node.instance,
            send=request.send,
            progress=request.progress,
            message=request.message,
            ephemeral=node.ephemeral,
        )

    def _setting(self, request: Request) -> Setting:
        return Setting(self._directory, request.channel, self._clock.now(), self._zone(request.guild))


def _machine(person: Person) -> bool:
    """Commands are taken from people only (HOST-5)."""
    return person.bot or bool(person.persona)


def _key(request: Request, node: Node) -> tuple[str, str, str]:
    return request.person.id, request.channel.id, node.key


def _kind(error: CommandError) -> Kind:
    if isinstance(error, Denied):
        return "denied"
    return "cooldown" if isinstance(error, _Cooling) else "wrong"
