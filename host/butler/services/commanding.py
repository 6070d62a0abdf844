"""Commands as the turns see them: is this message one, and what came of it (HOST-10)."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable

import attrs

from butler.engine.unit import current
from butler.errors import PlatformError
from butler.model import Action, Guild, Message, Person, Reply
from butler.platform import Platform
from butler.services.commands import Request, Runner
from butler.services.settings import Settings


class Commanding:
    """Binds the commands service to messages and the running unit."""

    def __init__(
        self,
        runner: Runner,
        settings: Settings,
        platform: Callable[[str], Platform | None],
        act: Callable[[str, Action], Awaitable[None]],
    ) -> None:
        """``act`` says what a command says after it has ended."""
        self._act = act
        self._runner = runner
        self._settings = settings
        self._platform = platform

    def command_in(self, message: Message) -> str:
        """What a message calls: the command's name, ``"answer"`` for a yes or no that is waited for, or ``""``."""
        return self._runner.called(message.text, self._prefix(message), message.author.id, message.channel.id)

    async def run(self, message: Message) -> str:
        """Run what a message calls; what is said goes into the running unit."""
        request = Request(
            person=message.author,
            channel=message.channel,
            enabled=self._settings.enabled(message.guild.id, message.channel.id),
            send=lambda reply: self._send(message, reply),
            prefix=self._prefix(message),
            message=message,
            progress=lambda done, total, text: self._progress(message, done, total, text),
        )
        outcome = await self._runner.take(request, message.text)
        return "" if outcome is None else " ".join(filter(None, (outcome.kind, *outcome.path, outcome.fault)))

    def is_outside(self, name: str) -> bool:
        """Whether a command acts outside store and outbox."""
        node = self._runner.commands.named(name)
        return node is not None and node.command.outside

    def menu(self) -> dict[str, str]:
        """Every command that anybody may use, with its first line of help."""
        commands = self._runner.commands
        enabled = self._settings.enabled("", "")
        return {node.name: node.doc.summary for node in commands.allowed(enabled, Person("nobody"), Guild(""))}

    def _prefix(self, message: Message) -> str:
        platform = self._platform(message.channel.id)
        return platform.command_prefix if platform else "/"

    async def _progress(self, message: Message, done: int, total: int, text: str) -> None:
        """Shown where the platform can show it, and forgotten: it is no message."""
        platform = self._platform(message.channel.id)
        if platform is not None and platform.can("progress", message.channel):
            shown = Action("progress", message.channel.id, data={"done": done, "total": total, "text": text})
            with contextlib.suppress(PlatformError):
                await platform.perform(shown, "")

    async def _send(self, message: Message, reply: Reply) -> None:
        unit = current()
        answer = Action("send", message.channel.id, reply=attrs.evolve(reply, to=reply.to or message.id))
        if unit is not None:
            unit.actions.append(("host", answer, ""))
        else:
            await self._act("host", answer)
