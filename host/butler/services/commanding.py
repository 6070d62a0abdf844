"""Commands, buttons, menus and forms as the turns see them: what is asked, and what came of it (HOST-10)."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import attrs

from butler.engine.unit import current
from butler.errors import PlatformError
from butler.model import Action, Channel, Event, Guild, Message, Person, Reply
from butler.platform import Platform
from butler.services.commands import Outcome, Request
from butler.services.controls.service import Controls
from butler.services.settings import Settings

CHOICE = "choice"
"""What an answer to a question in numbers or words counts as."""
DONE = "Done."


class Commanding:
    """Binds commands and controls to messages, interactions and the running unit."""

    def __init__(
        self,
        controls: Controls,
        settings: Settings,
        platform: Callable[[str], Platform | None],
        act: Callable[[str, Action], Awaitable[None]],
    ) -> None:
        """``act`` says what a command says after it has ended."""
        self._act = act
        self._controls = controls
        self._runner = controls.runner
        self._settings = settings
        self._platform = platform

    def command_in(self, item: Message | Event) -> str:
        """What a message or an interaction calls, as a name; ``""`` if it calls nothing."""
        if isinstance(item, Event):
            return self._called(item)
        prefix = self._prefix(item.channel.id)
        if self._controls.picked(item, prefix) is not None:
            return CHOICE
        return self._runner.called(item.text, prefix, item.author.id, item.channel.id)

    def _called(self, event: Event) -> str:
        """A command's path, ``plugin/action`` of a button, or the name of a right-click command."""
        if event.kind != "interaction" or event.channel is None or event.person is None or event.person.bot:
            return ""
        if event.data.get("do") == "command":
            return " ".join(event.data.get("path", ())) or "command"
        if event.data.get("do") == "context":
            return f"{event.data.get('plugin', '')}/{event.data.get('name', '')}"
        return self._controls.named(event.text)

    async def run(self, item: Message | Event) -> str:
        """Run what is called; what is said goes into the running unit."""
        outcome = await (self._interaction(item) if isinstance(item, Event) else self._message(item))
        return "" if outcome is None else " ".join(filter(None, (outcome.kind, *outcome.path, outcome.fault)))

    async def _message(self, message: Message) -> Outcome | None:
        request = self._request(message, message.author, message=message)
        picked = self._controls.picked(message, request.prefix)
        if picked is not None:
            return await self._controls.using.answered(request, picked)
        return await self._runner.take(request, message.text)

    async def _interaction(self, event: Event) -> Outcome:
        assert event.person is not None  # such events call nothing
        said: list[Reply] = []
        request = self._request(event, event.person, to=event.id, on=_on(event), said=said)
        outcome = await self._asked(request, event)
        if not said:
            await self._quietly(request, event)
        return outcome

    async def _asked(self, request: Request, event: Event) -> Outcome:
        data = event.data
        if data.get("do") == "command":
            return await self._runner.invoke(request, tuple(data.get("path", ())), data.get("options", {}))
        if data.get("do") == "context":
            target = await self._controls.target(request, data.get("on", "message"), event.target, data)
            return await self._controls.interactions.context(request, data["plugin"], data["name"], target)
        fields, values, of = data.get("fields"), data.get("values", ()), data.get("of", "")
        return await self._controls.using.used(request, event.text, tuple(values), of=of, fields=fields)

    async def _quietly(self, request: Request, event: Event) -> None:
        """Nothing was said: a command is confirmed in a word, a button comes up again."""
        if event.data.get("do") == "command":
            await request.send(Reply(DONE, to=event.id, ephemeral=True))
        else:
            await self._show(request, "acknowledge", {})

    async def order(self, message: Message) -> Outcome:
        """Run a line as a command of its author, with their rights; nobody typed it, so it answers nothing."""
        request = self._request(message, message.author)
        return await self._runner.run(request, message.text.lstrip("/!"))

    def is_outside(self, name: str) -> bool:
        """Whether a command or action acts outside store and outbox."""
        plugin, slash, action = name.partition("/")
        commands = self._runner.commands
        if slash:
            found = commands.action(plugin, action, frozenset({plugin}))
            return found is not None and found[1].outside
        node = commands.named(name)
        return node is not None and node.command.outside

    def menu(self) -> dict[str, str]:
        """Every command that anybody may use, with its first line of help."""
        commands = self._runner.commands
        enabled = self._settings.enabled("", "")
        return {node.name: node.doc.summary for node in commands.allowed(enabled, Person("nobody"), Guild(""))}

    async def complete(
        self, person: Person, channel: Channel, path: tuple[str, ...], option: str, typed: str
    ) -> list[str]:
        """What may be meant by the beginning of an option."""
        enabled = self._settings.enabled(channel.guild.id, channel.id)
        request = Request(person, channel, enabled, _nowhere, self._prefix(channel.id))
        return await self._controls.interactions.complete(request, path, option, typed)

    def _request(
        self, item: Message | Event, person: Person, *, said: list[Reply] | None = None, **more: Any
    ) -> Request:
        channel = item.channel
        assert channel is not None
        request = Request(
            person=person,
            channel=channel,
            enabled=self._settings.enabled(channel.guild.id, channel.id),
            send=_nowhere,
            prefix=self._prefix(channel.id),
            progress=lambda done, total, text: self._show(
                request, "progress", {"done": done, "total": total, "text": text}
            ),
            **more,
        )

        async def send(reply: Reply, owner: str = "host", replaces: str = "") -> None:
            if said is not None:
                said.append(reply)
            await self._send(item, person, reply, owner, replaces)

        request = attrs.evolve(request, send=send)
        return request

    def _prefix(self, channel: str) -> str:
        platform = self._platform(channel)
        return platform.command_prefix if platform else "/"

    async def _show(self, request: Request, kind: str, data: Mapping[str, Any]) -> None:
        """Shown where the platform can show it, and forgotten: it is no message."""
        platform = self._platform(request.channel.id)
        if platform is not None and platform.can(kind, request.channel):
            shown = Action(kind, request.channel.id, request.to, data=data)
            with contextlib.suppress(PlatformError):
                await platform.perform(shown, "")

    async def _send(self, item: Message | Event, person: Person, reply: Reply, owner: str, replaces: str) -> None:
        assert item.channel is not None
        action = Action("send", item.channel.id, reply=attrs.evolve(reply, to=reply.to or item.id))
        platform = self._platform(item.channel.id)
        if replaces and platform is not None and platform.can("edit", item.channel):
            action = attrs.evolve(action, kind="edit", target=replaces)
        elif not reply.markdown and not (reply.form or reply.listing or reply.files):
            return  # only buttons were to be taken away
        action = await self._controls.dressed(owner, action, person.id)
        unit = current()
        if unit is not None:
            unit.actions.append(("host", action, ""))
        else:
            await self._act("host", action)


def _on(event: Event) -> str:
    return "" if event.data.get("do") in {"command", "context"} else event.target


async def _nowhere(reply: Reply, owner: str = "host", replaces: str = "") -> None:
    raise NotImplementedError
