"""Somebody uses what applications offer: commands, menus, buttons, forms."""

from __future__ import annotations

from typing import Any

from butler_discord.testing.errors import JSON
from butler_discord.testing.people import asking, pieces
from butler_discord.testing.people.asking import Answer
from butler_discord.testing.people.errors import Impossible
from butler_discord.testing.people.options import fill
from butler_discord.testing.people.reader import Where
from butler_discord.testing.people.talker import Talker
from butler_discord.testing.state.channels import Channel
from butler_discord.testing.state.commands import Command, may_use
from butler_discord.testing.state.guilds import Member
from butler_discord.testing.state.interactions import Asked, Interaction
from butler_discord.testing.state.messages import Message
from butler_discord.testing.state.users import App

SLASH, ON_PERSON, ON_MESSAGE = 1, 2, 3


class Person(Talker):
    """A person: everything that one can do with a Discord client, in one line each."""

    def commands(self, where: Where = None, kind: int = SLASH) -> dict[str, tuple[App, Command]]:
        """The commands that their client offers them there, by name."""
        channel = self.place(where)
        found: dict[str, tuple[App, Command]] = {}
        for app in self.world.apps.values():
            guild = channel.guild if channel.guild and app.id in channel.guild.members else None
            if guild is None and app.id not in channel.recipients:
                continue
            for scope in (0, guild.id) if guild else (0,):
                for command in app.commands.get(scope, {}).values():
                    if command.kind == kind and may_use(app, command, channel, self.id):
                        found[command.name] = (app, command)
        return found

    def _command(self, name: str, where: Where, kind: int) -> tuple[App, Command]:
        known = self.commands(where, kind)
        if name not in known:
            raise Impossible(f"{self.name} sees no {name!r}; there is {', '.join(sorted(known)) or 'nothing'}")
        return known[name]

    async def slash(self, line: str, where: Where = None, *, wait: bool = True, **options: Any) -> Answer:
        """Use a slash command: ``await ann.slash("karma show", person=bob)``.

        ``wait``: what is promised for later is waited for. Raises ``Impossible``, or ``NoAnswer`` when the
        application does not respond.
        """
        channel = self.place(where)
        name, *path = line.removeprefix("/").split()
        app, command = self._command(name, where, SLASH)
        filled = fill(command, path, options, channel.guild)
        data = _data(command, options=filled.options, **({"resolved": filled.resolved} if filled.resolved else {}))
        return await self._use(app, Asked.COMMAND, channel, data, wait=wait)

    async def complete(self, line: str, option: str, typed: Any, where: Where = None, **others: Any) -> list[Any]:
        """Type into an option, and get what is suggested: ``await ann.complete("karma show", "person", "b")``."""
        channel = self.place(where)
        name, *path = line.removeprefix("/").split()
        app, command = self._command(name, where, SLASH)
        filled = fill(command, path, {**others, option: typed}, channel.guild, typing=option)
        data = _data(command, options=filled.options)
        asked = await asking.ask(self.world, app, Asked.COMPLETE, self.user, channel, data)
        return [choice["value"] for choice in asked.choices]

    async def menu(self, name: str, target: Talker | Member | Message, where: Where = None) -> Answer:
        """Use an entry of the menu that a right click on a person or a message opens."""
        message = target if isinstance(target, Message) else None
        channel = message.channel if message else self.place(where)
        app, command = self._command(name, channel, ON_MESSAGE if message else ON_PERSON)
        chosen = message.id if message else target.user.id if not isinstance(target, Message) else 0
        data = _data(command, target_id=str(chosen), resolved=pieces.resolved(self.world, target, channel, app.id))
        return await self._use(app, Asked.COMMAND, channel, data)

    async def click(self, message: Message | Answer, button: str, *, wait: bool = True) -> Answer:
        """Press the button with this label (or custom id, or emoji)."""
        message = message.message if isinstance(message, Answer) else message
        found = pieces.button(message, button)
        return await self._touch(message, {"component_type": 2, "custom_id": found["custom_id"]}, wait=wait)

    async def choose(self, message: Message | Answer, *chosen: Any, menu: str = "", wait: bool = True) -> Answer:
        """Choose in a menu: labels or values of a text menu; people, roles or channels of the others."""
        message = message.message if isinstance(message, Answer) else message
        found = pieces.menu(message, menu)
        data = {"component_type": found["type"], "custom_id": found["custom_id"]}
        return await self._touch(
            message, {**data, **pieces.chosen(self.world, found, chosen, message.channel)}, wait=wait
        )

    async def _touch(self, message: Message, data: JSON, *, wait: bool) -> Answer:
        if message.deleted or message not in self.sees(message.channel):
            raise Impossible(f"{self.name} does not see that message")
        app = self.world.apps.get(message.app or message.author.id)
        if app is None:
            raise Impossible("there is no application behind that message")
        return await self._use(app, Asked.COMPONENT, message.channel, data, message, wait=wait)

    async def fill(self, form: Answer, fields: dict[str, Any], *, wait: bool = True) -> Answer:
        """Fill in a form that was put before them, by the labels (or custom ids) of its fields, and send it."""
        if form.form is None:
            raise Impossible("there is no form")
        data: JSON = {"custom_id": form.form["custom_id"], "components": pieces.filled(form.form, fields)}
        asked = form.asked
        source = asked.source if asked.kind is Asked.COMPONENT else None
        return await self._use(asked.app, Asked.FORM, asked.channel, data, source, asked, wait=wait)

    async def _use(
        self,
        app: App,
        kind: Asked,
        channel: Channel,
        data: JSON,
        source: Message | None = None,
        trigger: Interaction | None = None,
        *,
        wait: bool = True,
    ) -> Answer:
        self.world.catch_up()
        asked = await asking.ask(self.world, app, kind, self.user, channel, data, source, trigger)
        answer = Answer(self.world, asked)
        return await answer.done() if wait else answer


def _data(command: Command, **more: Any) -> JSON:
    data: JSON = {"id": str(command.id), "name": command.name, "type": command.kind, **more}
    return {**data, "guild_id": str(command.guild)} if command.guild else data
