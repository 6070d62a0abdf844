"""What became of an interaction before a restart, so that nothing is answered twice (HOST-5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable

import hikari
from butler import Action, Lost, Reply, Sent

from butler_discord import render
from butler_discord.bot import Bot
from butler_discord.ids import native, ours
from butler_discord.opened import Open
from butler_discord.refusals import understood
from butler_discord.seeking import Seeker

EPHEMERAL, LOADING = hikari.MessageFlag.EPHEMERAL, hikari.MessageFlag.LOADING
CONTROL = 3
WasSent = Callable[[str], Awaitable[bool]]


class Before:
    """Looks at what is there."""

    def __init__(self, bot: Bot, seeker: Seeker, was_sent: WasSent) -> None:
        self._bot = bot
        self._seeker = seeker
        self._was_sent = was_sent

    async def look(self, found: Open) -> None:
        """What became of an interaction before: nothing, a promise, or an answer."""
        try:
            with understood():
                told = await self._bot.rest.fetch_interaction_response(self._bot.application, found.token)
        except Lost:
            found.state = "new"
            return
        found.state = "promised" if told.flags & LOADING else "answered"

    async def find(self, action: Action, found: Open, since: dt.datetime) -> Sent | None:
        """Whether an answer was given before a crash."""
        reply = action.reply or Reply()
        if action.kind == "edit" or reply.form is not None:
            return None  # the same again does no harm; a form was shown, or is lost
        first = await self._unnoted_first(found)
        if first is not None:
            return first
        if reply.ephemeral:
            return None  # its draft is filled in again
        wanted = render.print_of(render.clean(reply.text), reply)
        return await self._seeker.like(
            native(action.channel), self._bot.rest, since, lambda message: render.print_seen(message) == wanted
        )

    async def _unnoted_first(self, found: Open) -> Sent | None:
        """The first answer, if it is there and no row has it yet."""
        try:
            with understood():
                told = await self._bot.rest.fetch_interaction_response(self._bot.application, found.token)
        except Lost:
            return None
        if told.flags & LOADING:
            found.state = "promised"
            return None
        found.state = "answered"
        identifier = ours(int(told.id))
        source = found.kind == CONTROL and int(told.id) < found.id  # the message that holds the button
        if source or await self._was_sent(identifier):
            return None
        return Sent(identifier, told.created_at)
