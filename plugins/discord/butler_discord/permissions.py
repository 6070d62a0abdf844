"""What somebody may do in a guild or a channel, computed as Discord does; and the rank that follows from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from attrs import frozen
from butler import Rank

ADMINISTRATOR = 1 << 3
MANAGE_GUILD = 1 << 5
VIEW_CHANNEL = 1 << 10
ALL = (1 << 53) - 1

BITS: Mapping[str, int] = {
    "create_invite": 1 << 0, "kick": 1 << 1, "ban": 1 << 2, "administrator": ADMINISTRATOR, "manage_channels": 1 << 4,
    "manage_guild": MANAGE_GUILD, "react": 1 << 6, "audit_log": 1 << 7,
    "view": VIEW_CHANNEL, "send": 1 << 11, "manage_messages": 1 << 13,
    "embed": 1 << 14, "attach": 1 << 15, "history": 1 << 16, "mention_everyone": 1 << 17, "connect": 1 << 20,
    "speak": 1 << 21, "mute": 1 << 22, "deafen": 1 << 23, "move": 1 << 24, "change_nickname": 1 << 26,
    "manage_nicknames": 1 << 27, "manage_roles": 1 << 28, "manage_webhooks": 1 << 29, "manage_threads": 1 << 34,
    "create_threads": 1 << 35, "send_in_threads": 1 << 38, "timeout": 1 << 40, "polls": 1 << 49, "pin": 1 << 51,
}  # fmt: skip
"""The permissions that actions need, by short names."""


@frozen
class Overwrite:
    """What a channel allows or denies a role or a member."""

    id: int
    allow: int
    deny: int


def of_guild(guild: int, roles: Mapping[int, int], held: Iterable[int]) -> int:
    """A member's permissions in a guild; the role with the guild's own id is everybody's."""
    found = roles.get(guild, 0)
    for role in held:
        found |= roles.get(role, 0)
    return ALL if found & ADMINISTRATOR else found


def of_channel(base: int, guild: int, member: int, held: Collection[int], overwrites: Iterable[Overwrite]) -> int:
    """A member's permissions in a channel, from those in its guild."""
    if base & ADMINISTRATOR:
        return ALL
    by_id = {each.id: each for each in overwrites}
    everybody = by_id.get(guild)
    if everybody is not None:
        base = (base & ~everybody.deny) | everybody.allow
    allow = deny = 0
    for role in held:
        if (each := by_id.get(role)) is not None:
            allow, deny = allow | each.allow, deny | each.deny
    base = (base & ~deny) | allow
    if (own := by_id.get(member)) is not None:
        base = (base & ~own.deny) | own.allow
    return base if base & VIEW_CHANNEL else 0


def named(bits: int) -> list[str]:
    """The short names of permissions."""
    return [name for name, bit in BITS.items() if bits & bit]


def rank_of(permissions: int, *, owner: bool = False, pending: bool = False) -> Rank:
    """Owner; administrators are admins, who may manage the guild managers; whoever was not let in yet is a guest."""
    if owner:
        return Rank.OWNER
    if permissions & ADMINISTRATOR:
        return Rank.ADMIN
    if permissions & MANAGE_GUILD:
        return Rank.MANAGER
    return Rank.GUEST if pending else Rank.MEMBER
