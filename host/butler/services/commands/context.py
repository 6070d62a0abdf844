"""Right-click commands where nobody can right-click: typed, as a reply to the message or with somebody's name."""

from __future__ import annotations

from typing import Any

from butler.call import Call
from butler.declare import Command, ContextCommand
from butler.errors import CommandError
from butler.model import Person
from butler.plugin import Plugin
from butler.services.commands.node import normal


def typed(context: ContextCommand) -> Command:
    """The command that is typed for a right-click command."""

    async def on_message(self: Plugin, call: Call, message: str = "") -> Any:
        identifier = message or (call.message.reply_to if call.message else "")
        found = await self.host.message(identifier) if identifier else None
        if found is None or found.channel.id != call.channel.id:
            raise CommandError(
                "Which message do you mean?", remedy=f"reply to it with {call.prefix}{name}, or give its id"
            )
        return await context.handler(self, call, found)

    async def on_person(self: Plugin, call: Call, person: Person) -> Any:
        return await context.handler(self, call, person)

    name = normal("-".join(context.name.split()))
    handler, option = (
        (on_person, "person: who is meant")
        if context.on == "person"
        else (on_message, "message: a message's id; leave it out where you reply to it")
    )
    handler.__doc__ = f"{(context.handler.__doc__ or context.name).strip()}\n\n{option}"
    return Command(handler, name, rank=context.rank, ephemeral=True, context=True)
