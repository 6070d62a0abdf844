"""Commands, buttons, menus and forms are answered in time, once, as Discord wants it (HOST-5, HOST-10).

Discord wants an answer within three seconds, or a promise of one; then a quarter of an hour is left. The first answer
can be given once only, so a second try finds it there. Further ones can be seen in the channel; those for one person's
eyes cannot, so an empty one is sent and noted first, and filled then.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import hikari
import structlog
from butler import Action, Lost, NotReady, PlatformError, Reply, Scope, Sent

from butler_discord import render
from butler_discord.before import EPHEMERAL, Before
from butler_discord.bot import Bot
from butler_discord.ids import interaction_of, native, ours
from butler_discord.opened import Open, Opened
from butler_discord.refusals import understood
from butler_discord.sending import changed, content

log = structlog.get_logger("butler.discord")

IN_TIME = 2.0
"""After so many seconds without an answer one is promised."""
COMMAND, CONTROL, COMPLETION, FORM = 2, 3, 4, 5
ANSWERED_ALREADY = 40060


class Answers:
    """Answers interactions for one bot."""

    def __init__(self, opened: Opened, bot: Bot, scope: Scope, before: Before) -> None:
        self._opened = opened
        self._bot = bot
        self._scope = scope
        self._before = before
        self.prune = opened.prune
        scope.closing("discord answers", opened.forget_all)

    # --- taking -------------------------------------------------------------------------------------

    async def take(self, identifier: int, token: str, kind: int, *, ephemeral: bool) -> None:
        """An interaction came; written down so that it can be answered after a restart."""
        found = self._opened.begin(identifier, token, kind, ephemeral=ephemeral)
        loop = asyncio.get_running_loop()
        found.timer = loop.call_later(IN_TIME, lambda: self._scope.task(self._promise(found), "discord promise"))
        await self._opened.keep(found)

    async def _promise(self, found: Open) -> None:
        async with found.turn:
            if found.state == "new":
                await self._promised(found)

    async def _promised(self, found: Open) -> None:
        """Say that an answer comes; of a button that its press was noticed."""
        control = found.kind == CONTROL
        deferred = (
            hikari.ResponseType.DEFERRED_MESSAGE_UPDATE if control else hikari.ResponseType.DEFERRED_MESSAGE_CREATE
        )
        flags = EPHEMERAL if found.ephemeral and not control else hikari.UNDEFINED
        try:
            await self._respond(found, deferred, flags=flags)
        except PlatformError as error:
            log.info("an interaction could not be acknowledged", reason=str(error))
            found.state = "unknown"
        else:
            found.state = "noticed" if control else "promised"

    async def acknowledge(self, action: Action) -> Sent:
        """A button's press came to nothing that is said."""
        found = self._opened.known(interaction_of(action.target) or 0)
        if found is not None:
            async with found.turn:
                if found.state == "new":
                    await self._promised(found)
        return Sent("")

    # --- answering ----------------------------------------------------------------------------------

    async def answer(self, action: Action, key: str) -> Sent:
        """Say something in answer. Raises ``Lost`` when it is too late."""
        found = await self._found(action)
        async with found.turn:
            if found.timer is not None:
                found.timer.cancel()
            if found.state == "unknown":
                await self._before.look(found)
            reply = action.reply or Reply()
            if reply.form is not None:
                return await self._form(found, reply, key)
            if action.kind == "edit":
                return await self._update(found, action, reply)
            return await self._say(found, reply, key)

    async def _found(self, action: Action) -> Open:
        found = await self._opened.get(interaction_of(action.reply.to if action.reply else "") or 0)
        if found is None:
            raise Lost("that interaction cannot be answered any more")
        return found

    async def _say(self, found: Open, reply: Reply, key: str) -> Sent:
        text = render.clean(reply.text)
        if found.state == "new":
            sent = await self._first(found, reply, text)
            if sent is not None:
                return sent
        if found.state == "promised" and found.ephemeral == reply.ephemeral:
            return await self._fill_in(found, reply, text)
        if found.state == "promised":  # only a message of its own can be seen by others, or not
            with understood():
                await self._bot.rest.delete_interaction_response(self._bot.application, found.token)
        found.state = "answered"
        return await self._further(found, reply, text, key)

    async def _first(self, found: Open, reply: Reply, text: str) -> Sent | None:
        """Answer at once; ``None`` if something was answered before."""
        flags = EPHEMERAL if reply.ephemeral else hikari.UNDEFINED
        try:
            told = await self._respond(found, hikari.ResponseType.MESSAGE_CREATE, flags=flags, **content(text, reply))
        except PlatformError as error:
            if str(ANSWERED_ALREADY) not in str(error):
                raise
            await self._before.look(found)
            return None
        found.state = "answered"
        return await self._original(found, told)

    async def _fill_in(self, found: Open, reply: Reply, text: str) -> Sent:
        parts = changed(text, reply)
        with understood():
            told = await self._bot.rest.edit_interaction_response(self._bot.application, found.token, **parts)
        found.state = "answered"
        return Sent(ours(int(told.id)), told.created_at)

    async def _original(self, found: Open, told: Any) -> Sent:
        message = getattr(getattr(told, "resource", None), "message", None)
        if message is None:
            with understood():
                message = await self._bot.rest.fetch_interaction_response(self._bot.application, found.token)
        return Sent(ours(int(message.id)), message.created_at)

    async def _further(self, found: Open, reply: Reply, text: str, key: str) -> Sent:
        """Another message. For one person's eyes: an empty one first, so that a crash shows nothing twice."""
        parts = content(text, reply)
        if not reply.ephemeral:
            with understood():
                told = await self._bot.rest.execute_webhook(self._bot.application, found.token, **parts)
            return Sent(ours(int(told.id)), told.created_at)
        message = await self._draft(found, key)
        with understood():
            told = await self._bot.rest.edit_webhook_message(
                self._bot.application, found.token, message, **{**parts, "content": text or None}
            )
        return Sent(ours(message), told.created_at)

    async def _draft(self, found: Open, key: str) -> int:
        there = await self._opened.draft(key)
        if there:
            return there
        with understood():
            told = await self._bot.rest.execute_webhook(
                self._bot.application, found.token, "…", flags=EPHEMERAL, **render.mentions(Reply())
            )
        await self._opened.keep_draft(key, found, int(told.id))
        return int(told.id)

    async def _update(self, found: Open, action: Action, reply: Reply) -> Sent:
        """Put something else in the place of the message that holds the button."""
        parts = changed(render.clean(reply.text), reply)
        if found.state == "new" and found.kind != COMMAND:
            await self._respond(found, hikari.ResponseType.MESSAGE_UPDATE, **parts)
            found.state = "answered"
            return Sent(action.target)
        message = native(action.target)
        try:
            with understood():
                await self._bot.rest.edit_webhook_message(self._bot.application, found.token, message, **parts)
        except NotReady:
            raise
        except PlatformError:  # it is none of this interaction's: then it is one that everybody sees
            with understood():
                await self._bot.rest.edit_message(native(action.channel), message, **parts)
        return Sent(action.target)

    async def _form(self, found: Open, reply: Reply, key: str) -> Sent:
        """Open a form; too late for that, offer a button that opens it."""
        form = reply.form
        assert form is not None  # whoever calls this has seen it
        if found.state == "new" and found.kind != FORM:
            title = render.cut(render.clean(form.title), 45)
            try:
                with understood():
                    await self._bot.rest.create_modal_response(
                        found.id, found.token, title=title, custom_id=form.id, components=render.form_rows(form)
                    )
            except PlatformError as error:
                if str(ANSWERED_ALREADY) not in str(error):  # else it was shown, and only its answer was lost
                    raise
            found.state = "answered"
            return Sent("")
        return await self._say(found, render.as_button(form), key)

    async def _respond(self, found: Open, kind: hikari.ResponseType, **parts: Any) -> Any:
        with understood():
            return await self._bot.rest.create_interaction_response(found.id, found.token, kind, **parts)

    async def find(self, action: Action, key: str, since: dt.datetime) -> Sent | None:
        """Whether an answer was given before a crash. Raises ``Lost`` when nothing can be known any more."""
        return await self._before.find(action, await self._found(action), since)
