"""What can be done to messages and channels, each action in a few lines (PLAT-2).

An action names its message, person or role in ``target``; what else it needs stands in ``data``, as the docstring of
each method says.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import hikari
from butler import Action, Clock, PlatformError, Sent

from butler_discord.bot import Bot
from butler_discord.guilds import Guilds
from butler_discord.ids import made_at, native, ours
from butler_discord.known import THREADS
from butler_discord.permissions import BITS, Overwrite
from butler_discord.refusals import understood
from butler_discord.render import clean, cut

BULK_AGE = dt.timedelta(days=13, hours=23)
"""Discord deletes messages of the last 14 days in bulk."""
BULK = 100
WRITING = BITS["send"] | BITS["send_in_threads"] | BITS["create_threads"]
"""What nobody may in a locked channel."""
_EMOJI = re.compile(r"<a?:(\w+):(\d+)>")


def needed(action: Action, key: str) -> Any:
    """What an action cannot do without. Raises ``PlatformError``."""
    value = action.data.get(key)
    if value in (None, ""):
        raise PlatformError(f"the action {action.kind!r} needs data[{key!r}]")
    return value


def reason(action: Action) -> Any:
    """Why, for the guild's audit log."""
    return cut(clean(str(action.data.get("reason", ""))), 512) or hikari.UNDEFINED


class Doing:
    """Messages and channels."""

    def __init__(self, bot: Bot, guilds: Guilds, clock: Clock) -> None:
        self._bot = bot
        self._guilds = guilds
        self._clock = clock

    async def bulk_delete(self, action: Action, key: str) -> Sent:
        """Delete ``data["messages"]``, up to a hundred ids; those older than two weeks one by one."""
        channel = native(action.channel)
        ids = sorted({native(each) for each in needed(action, "messages")})
        if len(ids) > BULK:
            raise PlatformError(f"{len(ids)} messages are too many at once", remedy=f"give at most {BULK}")
        limit = self._clock.now() - BULK_AGE
        young = [each for each in ids if made_at(each) > limit]
        single = [each for each in ids if each not in set(young)] + (young if len(young) == 1 else [])
        with understood():
            if len(young) > 1:
                await self._bot.rest.delete_messages(channel, young)
            for each in single:
                try:
                    await self._bot.rest.delete_message(channel, each, reason=reason(action))
                except hikari.NotFoundError:
                    continue
        return Sent("")

    async def react(self, action: Action, key: str) -> Sent:
        """React to ``target`` with ``data["emoji"]``."""
        with understood():
            await self._bot.rest.add_reaction(
                native(action.channel), native(action.target), emoji(needed(action, "emoji"))
            )
        return Sent("")

    async def unreact(self, action: Action, key: str) -> Sent:
        """Take our reaction ``data["emoji"]`` on ``target`` back, or that of ``data["person"]``."""
        channel, message, sign = native(action.channel), native(action.target), emoji(needed(action, "emoji"))
        with understood():
            if person := action.data.get("person"):
                await self._bot.rest.delete_reaction(channel, message, native(person), sign)
            else:
                await self._bot.rest.delete_my_reaction(channel, message, sign)
        return Sent("")

    async def pin(self, action: Action, key: str) -> Sent:
        """Pin ``target``."""
        with understood():
            await self._bot.rest.pin_message(native(action.channel), native(action.target))
        return Sent(action.target)

    async def unpin(self, action: Action, key: str) -> Sent:
        """Unpin ``target``."""
        with understood():
            await self._bot.rest.unpin_message(native(action.channel), native(action.target))
        return Sent(action.target)

    async def thread(self, action: Action, key: str) -> Sent:
        """Begin a thread ``data["name"]`` below ``target``, or without one in the channel. The id is the thread's."""
        channel, name = native(action.channel), cut(clean(str(needed(action, "name"))), 100)
        with understood():
            if action.target:
                try:
                    made: Any = await self._bot.rest.create_message_thread(channel, native(action.target), name)
                except hikari.BadRequestError as error:
                    if error.code != 160004:  # there is one already, and it has the message's id
                        raise
                    return Sent(action.target)
            else:
                made = await self._bot.rest.create_thread(channel, hikari.ChannelType.GUILD_PUBLIC_THREAD, name)
        return Sent(ours(int(made.id)))

    async def create_room(self, action: Action, key: str) -> Sent:
        """A new text channel ``data["name"]`` (``topic``, ``parent``, ``private``, ``invite``: ids) beside this one."""
        known = self._guilds.rooms.get(native(action.channel))
        if known is None:
            raise PlatformError("a channel can be made in a guild only")
        name = cut(clean(str(needed(action, "name"))), 100)
        see = hikari.Permissions.VIEW_CHANNEL
        rules = []
        if action.data.get("private"):
            everybody, member = hikari.PermissionOverwriteType.ROLE, hikari.PermissionOverwriteType.MEMBER
            rules = [hikari.PermissionOverwrite(id=hikari.Snowflake(known.id), type=everybody, deny=see)]
            people = [self._bot.me, *(native(each) for each in action.data.get("invite", ()))]
            rules += [hikari.PermissionOverwrite(id=hikari.Snowflake(each), type=member, allow=see) for each in people]
        parent = native(action.data["parent"]) if action.data.get("parent") else hikari.UNDEFINED
        topic = cut(clean(str(action.data.get("topic", ""))), 1024) or hikari.UNDEFINED
        with understood():
            made = await self._bot.rest.create_guild_text_channel(
                known.id, name, topic=topic, category=parent, reason=reason(action),
                permission_overwrites=rules or hikari.UNDEFINED,
            )  # fmt: skip
        return Sent(ours(int(made.id)))

    async def change(self, action: Action, key: str) -> Sent:
        """``rename`` to ``data["name"]``, ``topic`` to ``data["topic"]``, ``slowmode`` of ``data["seconds"]``."""
        fields: dict[str, Any] = {}
        if action.kind == "rename":
            fields["name"] = cut(clean(str(needed(action, "name"))), 100)
        elif action.kind == "topic":
            fields["topic"] = cut(clean(str(action.data.get("topic", ""))), 1024)
        else:
            fields["rate_limit_per_user"] = max(0, min(21_600, int(action.data.get("seconds", 0))))
        with understood():
            await self._bot.rest.edit_channel(native(action.channel), reason=reason(action), **fields)
        return Sent(action.channel)

    async def delete_room(self, action: Action, key: str) -> Sent:
        """Delete the channel or thread."""
        with understood():
            await self._bot.rest.delete_channel(native(action.channel), reason=reason(action))
        return Sent(action.channel)

    async def permissions(self, action: Action, key: str) -> Sent:
        """What ``target`` (a role or person) may here: ``data["allow"]`` and ``data["deny"]``, lists of names.

        The names are those of :data:`butler_discord.permissions.BITS`; without both it is as in the rest of the guild.
        """
        channel, target = native(action.channel), native(action.target)
        known = self._guilds.rooms.get(channel)
        allow, deny = _bits(action.data.get("allow", ())), _bits(action.data.get("deny", ()))
        role = known is not None and target in known.roles
        kind = hikari.PermissionOverwriteType.ROLE if role else hikari.PermissionOverwriteType.MEMBER
        with understood():
            if not allow and not deny:
                await self._bot.rest.delete_permission_overwrite(channel, target)
            else:
                await self._bot.rest.edit_permission_overwrite(
                    channel, hikari.Snowflake(target), target_type=kind, allow=allow, deny=deny, reason=reason(action)
                )
        return Sent(action.target)

    async def invite(self, action: Action, key: str) -> Sent:
        """A link into the guild (``seconds``, ``uses``; 0: for ever). The id is the link."""
        with understood():
            made = await self._bot.rest.create_invite(
                native(action.channel), max_age=int(action.data.get("seconds", 86_400)),
                max_uses=int(action.data.get("uses", 0)), unique=True, reason=reason(action),
            )  # fmt: skip
        return Sent(f"https://discord.gg/{made.code}")

    async def lock(self, action: Action, key: str) -> Sent:
        """Nobody but those with a right of their own writes here (``lock``), or they may again (``unlock``).

        What else everybody may is left. Raises ``PlatformError`` where it is so already, so that whoever locks knows
        whether it was them.
        """
        channel, wanted = native(action.channel), action.kind == "lock"
        known = self._guilds.rooms.get(channel)
        if known is None:
            raise PlatformError("only a channel of a guild can be locked")
        room = known.rooms[channel]
        if room.kind in THREADS:
            with understood():
                await self._bot.rest.edit_channel(channel, locked=wanted, archived=False, reason=reason(action))
            return Sent(action.channel)
        rule = next((each for each in room.overwrites if each.id == known.id), Overwrite(known.id, 0, 0))
        if (rule.deny & WRITING == WRITING) is wanted:
            raise PlatformError(f"the channel is {'locked' if wanted else 'open'} already")
        allow = rule.allow & ~WRITING
        deny = rule.deny | WRITING if wanted else rule.deny & ~WRITING
        with understood():
            await self._bot.rest.edit_permission_overwrite(
                channel, hikari.Snowflake(known.id), target_type=hikari.PermissionOverwriteType.ROLE,
                allow=hikari.Permissions(allow), deny=hikari.Permissions(deny), reason=reason(action),
            )  # fmt: skip
        return Sent(action.channel)


def _bits(names: Any) -> hikari.Permissions:
    unknown = [name for name in names if name not in BITS]
    if unknown:
        raise PlatformError(f"there is no permission {unknown[0]!r}", remedy=f"one of {', '.join(BITS)}")
    return hikari.Permissions(sum(BITS[name] for name in set(names)))


def emoji(text: str) -> str:
    """An emoji as Discord's API wants it."""
    found = _EMOJI.fullmatch(str(text).strip())
    return f"{found[1]}:{found[2]}" if found else str(text).strip()
