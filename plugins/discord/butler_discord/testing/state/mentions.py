"""Whom a message wakes: what its text names, less what ``allowed_mentions`` and permissions keep from ringing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from butler_discord.testing.errors import JSON, invalid

if TYPE_CHECKING:
    from butler_discord.testing.state.channels import Channel
    from butler_discord.testing.state.messages import Message

USER = re.compile(r"<@!?(\d{1,20})>")
ROLE = re.compile(r"<@&(\d{1,20})>")
KINDS = ("users", "roles", "everyone")
IN_MESSAGES: Final[JSON] = {"parse": list(KINDS), "replied_user": True}
"""What a message without ``allowed_mentions`` may wake."""
THROUGH_WEBHOOKS: Final[JSON] = {"parse": ["users"]}
"""The same for a webhook's and an interaction's."""


@frozen
class Mentions:
    """Whom a text names with effect."""

    users: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()
    everyone: bool = False
    """``@everyone`` or ``@here``."""


NOBODY = Mentions()


@frozen
class Ping:
    """A message that rang for somebody."""

    message: Message
    mentions: Mentions
    who: frozenset[int]
    """The accounts it rang for."""
    edit: bool = False
    """By an edit: Discord highlights it then, without a sound."""


def check(allowed: Any, otherwise: JSON = IN_MESSAGES) -> JSON:
    """Check an ``allowed_mentions`` as Discord does; ``otherwise``: what holds if there is none. Raises ``Refused``."""
    if allowed is None:
        return otherwise
    parse = allowed.get("parse") or []
    for number, kind in enumerate(parse):
        if kind not in KINDS:
            raise invalid(
                f"allowed_mentions.parse.{number}", "BASE_TYPE_CHOICES", f"Value must be one of {set(KINDS)}."
            )
    for kind in ("users", "roles"):
        listed = allowed.get(kind) or []
        if listed and kind in parse:
            raise invalid(
                "allowed_mentions",
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                f"parse:[{kind!r}] and {kind}: [ids...] are mutually exclusive.",
            )
        if len(listed) > 100:
            raise invalid(f"allowed_mentions.{kind}", "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.")
    found: JSON = allowed
    return found


def found_in(
    texts: list[str], channel: Channel, allowed: JSON, *, may_everyone: bool, answered: Message | None = None
) -> Mentions:
    """Whom these texts wake in a channel. ``may_everyone``: the sender's permission for everyone and any role."""
    text = "\n".join(texts)
    parse = allowed.get("parse") or []
    known = channel.world.users
    users = {user for user in _named(USER, text, allowed, "users", parse) if user in known}
    if answered is not None and allowed.get("replied_user", False) and answered.author.id in known:
        users.add(answered.author.id)
    if channel.guild is None:
        return Mentions(frozenset(users))
    roles = {
        role
        for role in _named(ROLE, text, allowed, "roles", parse)
        if role in channel.guild.roles and role != channel.guild.id
        if may_everyone or channel.guild.roles[role].mentionable
    }
    everyone = may_everyone and "everyone" in parse and ("@everyone" in text or "@here" in text)
    return Mentions(frozenset(users), frozenset(roles), everyone)


def _named(pattern: re.Pattern[str], text: str, allowed: JSON, kind: str, parse: list[str]) -> set[int]:
    named = {int(found) for found in pattern.findall(text)}
    if kind in parse:
        return named
    return named & {int(listed) for listed in allowed.get(kind) or []}


def who(mentions: Mentions, channel: Channel, sender: int) -> frozenset[int]:
    """The accounts that it rings for: those who can see the channel, never the sender."""
    from butler_discord.testing.state.permissions import Permission, in_channel  # noqa: PLC0415 - a cycle otherwise

    if channel.guild is None:
        return (mentions.users & frozenset(channel.recipients)) - {sender}
    members = channel.guild.members
    rung = {user for user in mentions.users if user in members}
    if mentions.everyone:
        rung |= set(members)
    if mentions.roles:
        rung |= {user for user, member in members.items() if mentions.roles & set(member.roles)}
    return frozenset(user for user in rung - {sender} if in_channel(channel, user) & Permission.VIEW_CHANNEL)
