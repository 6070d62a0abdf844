"""What the host says, as messages on Discord: in the right voice, with a nonce, waking nobody (PLAT-2, PLAT-3)."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import attrs
import hikari
from butler import Action, Lost, Message, PlatformError, Reply, Sent

from butler_discord import render
from butler_discord.guilds import Guilds
from butler_discord.ids import interaction_of, native, ours
from butler_discord.refusals import understood
from butler_discord.voices import Voice, Voices

MOST_TYPING = 60.0
MOST_NAMED = 5
TYPING_LASTS = 8.0
"""Discord shows somebody as typing for ten seconds."""
_MARKS = re.compile(r"[\[\]()*_`~|<>\\#]")


@attrs.frozen
class Letter:
    """A message as it will be sent: where, in whose voice, with which text."""

    channel: int
    voice: Voice
    text: str
    reply: Reply
    answers: int = 0
    """The message that it refers to."""


class Sending:
    """Sends, edits and deletes what the host says."""

    def __init__(self, host: Any, voices: Voices, guilds: Guilds) -> None:
        self._host = host
        self._voices = voices
        self._guilds = guilds

    async def send(self, action: Action, key: str) -> Sent:
        """Say it. Raises one of the host's platform errors."""
        letter = await self.letter(action)
        if letter.reply.typing:
            await self._type(letter, letter.reply.typing)
        try:
            return _sent(await self._posted(letter, key))
        except Lost as error:
            if not await self._voices.lost(letter.voice, error):
                raise
        letter = await self.letter(action)  # through a new webhook
        return _sent(await self._posted(letter, key))

    async def letter(self, action: Action) -> Letter:
        """What an action will send. The same each time, so that it can be looked for."""
        reply = _reply(action)
        channel = native(action.channel)
        voice = await self._voices.voice(reply.persona, channel)
        answered = native(reply.to) if reply.to and interaction_of(reply.to) is None and _is_id(reply.to) else 0
        text = render.clean(reply.text)
        if voice.webhook:
            text = f"{await self._quote(action, reply.to)}{text}" if answered else text
            answered = 0
        elif voice.name:
            text = f"**{_MARKS.sub('', voice.name)}**: {text}"
        text = _named(text, reply)
        if not text.strip() and not (reply.files or reply.card or reply.menus or reply.buttons):
            raise PlatformError("a message without text, files and card cannot be sent", remedy="give it a text")
        return Letter(channel, voice, text, reply, answered)

    async def _quote(self, action: Action, answered: str) -> str:
        """Webhooks cannot reply: a small line links to what is answered."""
        said: Message | None = await self._host.message(answered)
        known = self._guilds.rooms.get(native(action.channel))
        if known is None:
            return ""
        link = f"https://discord.com/channels/{known.id}/{native(action.channel)}/{native(answered)}"
        name = _MARKS.sub("", said.author.name)[:24] if said else "reply"
        return f"-# ↪ [{name or 'reply'}](<{link}>)\n"

    async def _posted(self, letter: Letter, key: str) -> hikari.Message:
        reply, voice = letter.reply, letter.voice
        parts = content(letter.text, reply)
        with understood():
            if voice.webhook:
                room = self._guilds.rooms[letter.channel].rooms[letter.channel]
                thread = letter.channel if room.kind in {10, 11, 12} else hikari.UNDEFINED
                return await voice.bot.rest.execute_webhook(
                    voice.webhook, voice.token, username=voice.name, avatar_url=voice.picture or hikari.UNDEFINED,
                    thread=thread, **parts,
                )  # fmt: skip
            answered = letter.answers or hikari.UNDEFINED
            return await voice.bot.rest.create_message(
                letter.channel, nonce=key, reply=answered,
                reply_must_exist=False if letter.answers else hikari.UNDEFINED,
                mentions_reply=False, **parts,
            )  # fmt: skip

    async def edit(self, action: Action) -> Sent:
        """Put another text, card and controls in the place of one of ours; an empty text leaves the text."""
        reply, channel, message = _reply(action), native(action.channel), native(action.target)
        voice = await self._voices.voice(reply.persona, channel)
        text = f"**{voice.name}**: {reply.text}" if voice.name and not voice.webhook and reply.text else reply.text
        parts = changed(render.clean(text), reply)
        with understood():
            if voice.webhook:
                room = self._guilds.rooms[channel].rooms[channel]
                thread = channel if room.kind in {10, 11, 12} else hikari.UNDEFINED
                told = await voice.bot.rest.edit_webhook_message(
                    voice.webhook, voice.token, message, thread=thread, **parts
                )
            else:
                told = await voice.bot.rest.edit_message(channel, message, **parts)
        return _sent(told)

    async def delete(self, action: Action) -> Sent:
        """Take a message away; ``data["reason"]``."""
        channel, message = native(action.channel), native(action.target)
        with understood():
            await self._voices.bot_at(channel).rest.delete_message(
                channel, message, reason=str(action.data.get("reason", "")) or hikari.UNDEFINED
            )
        return Sent(action.target)

    async def typing(self, action: Action) -> Sent:
        """Show as typing, for a moment."""
        channel = native(action.channel)
        with understood():
            await self._voices.bot_at(channel).rest.trigger_typing(channel)
        return Sent("")

    async def _type(self, letter: Letter, seconds: float) -> None:
        left = min(seconds, MOST_TYPING)
        while left > 0:
            with understood():
                await letter.voice.bot.rest.trigger_typing(letter.channel)
            await asyncio.sleep(min(left, TYPING_LASTS))
            left -= TYPING_LASTS


def content(text: str, reply: Reply) -> dict[str, Any]:
    """The parts of a new message, for whichever way it is sent."""
    parts: dict[str, Any] = {"content": text or hikari.UNDEFINED, **render.mentions(reply)}
    files = render.attachments(reply.files)
    if files:
        parts["attachments"] = files
    if reply.card is not None:
        parts["embeds"] = [render.embed(reply.card, files)]
    if reply.buttons or reply.menus:
        parts["components"] = render.components(reply)
    return parts


def changed(text: str, reply: Reply) -> dict[str, Any]:
    """The parts of an edit: what the reply does not have goes, but for the text."""
    parts: dict[str, Any] = {"content": text or hikari.UNDEFINED, **render.mentions(reply)}
    files = render.attachments(reply.files)
    parts["components"] = render.components(reply)
    if files:
        parts["attachments"] = files
    if text or reply.card is not None:
        parts["embeds"] = [render.embed(reply.card, files)] if reply.card is not None else []
    return parts


def _named(text: str, reply: Reply) -> str:
    """Discord wakes those whom the text itself names: who is to be woken is named at its end, if not before."""
    people = [native(each) for each in reply.mentions[:MOST_NAMED]]
    lacking = [f"<@{each}>" for each in people if f"<@{each}>" not in text and f"<@!{each}>" not in text]
    return " ".join(filter(None, (text, *lacking)))


def _reply(action: Action) -> Reply:
    if action.reply is None:
        raise PlatformError(f"the action {action.kind!r} came without a reply", remedy="give Action(reply=…)")
    return action.reply


def _is_id(identifier: str) -> bool:
    return identifier.removeprefix("discord:").isdecimal()


def _sent(message: hikari.Message) -> Sent:
    return Sent(ours(int(message.id)), message.created_at)
