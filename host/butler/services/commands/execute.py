"""Plugin code behind a command, a button or a completion, run inside the fence and told to the person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from attrs import frozen

from butler.call import Call, reply_of
from butler.errors import CommandError, Denied, WebError
from butler.model import Form, Listing, Reply
from butler.plugin import Plugin
from butler.services.commands.request import Guarded, Kind, Outcome, Request

DEADLINE = 30.0
"""Seconds that a command may take; a plugin that needs more says so in ``deadlines = {"command": 120}``."""


@frozen
class _Refused:
    """What a handler raised that is meant for the person, and no fault of the plugin."""

    error: CommandError | WebError


class Executor:
    """Runs handlers through the injected fence; faults become one neutral line with the error's id."""

    def __init__(self, guarded: Guarded, kind: str = "command", deadline: float = DEADLINE) -> None:
        """``kind`` is what a plugin's ``deadlines`` call it, ``deadline`` what holds where they do not."""
        self._guarded = guarded
        self._kind = kind
        self._deadline = deadline
        self._log = structlog.get_logger("butler.commands")

    async def run(
        self, request: Request, call: Call, plugin: str, what: str, fn: Callable[[], Awaitable[Any]]
    ) -> Outcome:
        """Run ``fn`` and say what it returns (a text, a ``Reply``, ``Listing``, a ``Form`` or nothing) or raises."""

        async def handle() -> tuple[str, ...]:
            return await self._answered(call, await fn(), plugin)

        result, fault = await self.value(request, call.plugin, plugin, what, handle)
        if fault:
            text = f"Something went wrong with that, and it is recorded (error {fault})."
            return await said(request, "failed", text, path=call.path, plugin=plugin, fault=fault)
        if isinstance(result, _Refused):
            return await said(request, kind_of(result.error), str(result.error), path=call.path, plugin=plugin)
        return Outcome("ran", result, call.path, plugin)

    async def value(
        self, request: Request, instance: Plugin, plugin: str, what: str, fn: Callable[[], Awaitable[Any]]
    ) -> tuple[Any, str]:
        """What ``fn`` returns, and the error's id if it failed."""

        deadline = instance.deadlines.get(self._kind, self._deadline)
        try:
            result, fault = await self._guarded(
                plugin, what, fn, guild=request.guild.id, deadline=deadline, expected=(CommandError, WebError)
            )
        except (CommandError, WebError) as error:
            return _Refused(error), ""
        return result, fault.id if fault is not None else ""

    async def _answered(self, call: Call, result: Any, plugin: str) -> tuple[str, ...]:
        if isinstance(result, str | Reply | Listing | Form) and result:
            await call.reply(result)
            return (reply_of(result).markdown,)
        if result is not None and result != "":
            self._log.warning(
                "a command returned what cannot be said",
                command=" ".join(call.path),
                plugin=plugin,
                type=type(result).__name__,
            )
        return ()


def call_of(
    request: Request,
    instance: Plugin,
    path: tuple[str, ...],
    args: dict[str, Any],
    *,
    owner: str = "host",
    ephemeral: bool = False,
    chosen: tuple[Any, ...] = (),
) -> Call:
    """The call as the handler gets it. ``owner`` is the plugin whose actions the buttons of an answer name."""

    async def send(reply: Reply, replaces: str) -> None:
        await request.send(reply, owner, replaces)

    return Call(
        person=request.person,
        channel=request.channel,
        path=path,
        args=args,
        prefix=request.shown,
        enabled=request.enabled,
        plugin=instance,
        send=send,
        progress=request.progress,
        message=request.message,
        ephemeral=ephemeral,
        on=request.on,
        chosen=chosen,
        to=request.to,
    )


async def said(
    request: Request, kind: Kind, text: str, *, path: tuple[str, ...] = (), plugin: str = "", fault: str = ""
) -> Outcome:
    """Tell the person, for their eyes alone where that is possible, and note what came of it."""
    to = request.message.id if request.message else request.to
    await request.send(Reply(text, to=to, ephemeral=True))
    return Outcome(kind, (text,), path, plugin, fault)


class Cooling(CommandError):
    """They have to wait before they use it again."""


def kind_of(error: CommandError | WebError) -> Kind:
    if isinstance(error, Denied):
        return "denied"
    return "cooldown" if isinstance(error, Cooling) else "wrong"
