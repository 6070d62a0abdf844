"""What can be done to people: roles, names, timeouts, kicks, bans, voice (PLAT-2)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import hikari
from butler import Action, Clock, PlatformError, Sent

from butler_discord.bot import Bot
from butler_discord.doing import needed, reason
from butler_discord.guilds import Guilds
from butler_discord.ids import native
from butler_discord.known import Known
from butler_discord.refusals import understood
from butler_discord.render import clean, cut

LONGEST = dt.timedelta(days=28)
"""Discord's timeouts last so long at most."""


class Moderating:
    """People in a guild; ``target`` names the person."""

    def __init__(self, bot: Bot, guilds: Guilds, clock: Clock) -> None:
        self._bot = bot
        self._guilds = guilds
        self._clock = clock

    def _known(self, action: Action) -> Known:
        known = self._guilds.rooms.get(native(action.channel))
        if known is None:
            raise PlatformError(f"{action.kind} needs a channel of a guild")
        return known

    async def roles(self, action: Action, key: str) -> Sent:
        """Give the roles ``data["add"]`` and take ``data["remove"]``, lists of ids."""
        guild, person = self._known(action).id, native(action.target)
        with understood():
            for role in action.data.get("add", ()):
                await self._bot.rest.add_role_to_member(guild, person, native(role), reason=reason(action))
            for role in action.data.get("remove", ()):
                await self._bot.rest.remove_role_from_member(guild, person, native(role), reason=reason(action))
        return Sent(action.target)

    async def nickname(self, action: Action, key: str) -> Sent:
        """Call ``target`` (without one: the bot) ``data["name"]`` here; an empty name takes it away."""
        guild = self._known(action).id
        name = cut(clean(str(action.data.get("name", ""))), 32) or None
        with understood():
            if not action.target or native(action.target) == self._bot.me:
                await self._bot.rest.edit_my_member(guild, nickname=name, reason=reason(action))
            else:
                await self._bot.rest.edit_member(guild, native(action.target), nickname=name, reason=reason(action))
        return Sent(action.target)

    async def timeout(self, action: Action, key: str) -> Sent:
        """Silence ``target`` for ``data["seconds"]``, or until ``data["until"]`` (ISO); 0 ends it."""
        until: Any = None
        if told := action.data.get("until"):
            until = dt.datetime.fromisoformat(str(told))
        elif seconds := float(action.data.get("seconds", 0)):
            until = self._clock.now() + dt.timedelta(seconds=seconds)
        if until is not None:
            until = min(until, self._clock.now() + LONGEST)
        with understood():
            await self._bot.rest.edit_member(
                self._known(action).id, native(action.target), communication_disabled_until=until,
                reason=reason(action),
            )  # fmt: skip
        return Sent(action.target)

    async def kick(self, action: Action, key: str) -> Sent:
        """Put ``target`` out; they may come again."""
        with understood():
            await self._bot.rest.kick_user(self._known(action).id, native(action.target), reason=reason(action))
        return Sent(action.target)

    async def ban(self, action: Action, key: str) -> Sent:
        """Ban ``target``; ``data["delete_seconds"]`` of what they said goes as well."""
        seconds = max(0, min(604_800, int(action.data.get("delete_seconds", 0))))
        with understood():
            await self._bot.rest.ban_user(
                self._known(action).id, native(action.target), delete_message_seconds=seconds, reason=reason(action)
            )
        return Sent(action.target)

    async def unban(self, action: Action, key: str) -> Sent:
        """Let ``target`` in again."""
        with understood():
            await self._bot.rest.unban_user(self._known(action).id, native(action.target), reason=reason(action))
        return Sent(action.target)

    async def voice_connect(self, action: Action, key: str) -> Sent:
        """Enter the voice channel (``mute``, ``deaf``: ourselves); ``data["leave"]`` leaves it."""
        known = self._known(action)
        channel = None if action.data.get("leave") else native(action.channel)
        with understood():
            await self._bot.gateway.update_voice_state(
                known.id, channel, self_mute=bool(action.data.get("mute")), self_deaf=bool(action.data.get("deaf"))
            )
        return Sent(action.channel)

    async def voice_mute(self, action: Action, key: str) -> Sent:
        """Mute (``data["mute"]``) or deafen (``data["deaf"]``) ``target`` for everybody."""
        fields: dict[str, Any] = {name: bool(action.data[name]) for name in ("mute", "deaf") if name in action.data}
        if not fields:
            needed(action, "mute")
        with understood():
            await self._bot.rest.edit_member(
                self._known(action).id, native(action.target), reason=reason(action), **fields
            )
        return Sent(action.target)

    async def voice_move(self, action: Action, key: str) -> Sent:
        """Move ``target`` to the voice channel ``data["to"]``; empty: out of voice."""
        to = action.data.get("to")
        where = native(str(to)) if to else None
        with understood():
            await self._bot.rest.edit_member(
                self._known(action).id, native(action.target), voice_channel=hikari.Snowflake(where) if where else None,
                reason=reason(action),
            )  # fmt: skip
        return Sent(action.target)
