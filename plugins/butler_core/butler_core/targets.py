"""Whom a manager means: a channel, a person, a role, or everybody; and who that is when it is said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

import peewee
from attrs import frozen
from butler import BadArgument, Channel, Guild, Person, PlatformError

from butler_core.kept import Kept

Kind = Literal["channel", "person", "role", "all"]
EVERYBODY = frozenset({"all", "everybody", "everyone", "@everyone"})
_MENTION = re.compile(r"<(@!?|@&|#)(\d{1,32})>")
_KINDS: dict[str, tuple[Kind, ...]] = {"@": ("person",), "@!": ("person",), "@&": ("role",), "#": ("channel",)}
LONGEST = 100


@frozen
class Target:
    """Whom something is for."""

    kind: Kind
    id: str = ""
    name: str = ""

    @property
    def shown(self) -> str:
        """As it is said back."""
        signs = {"channel": "#", "role": "role ", "person": "", "all": ""}
        return "everybody" if self.kind == "all" else f"{signs[self.kind]}{self.name.lstrip('#') or self.id}"


class Aimed(Kept):
    """A row that is for somebody."""

    to_kind = peewee.TextField()
    to = peewee.TextField()
    to_name = peewee.TextField()

    @property
    def target(self) -> Target:
        """Whom it is for."""
        kind: Any = self.to_kind
        return Target(kind, self.to, self.to_name)


async def find(host: Any, text: str, here: Channel) -> Target:
    """Whom a text means: ``#general``, ``here``, ``@ann``, a role's name, ``everybody``. Raises ``BadArgument``."""
    text = text.strip()[:LONGEST]
    if text.casefold() in {"here", "#here"}:
        return Target("channel", here.id, here.name)
    if text.casefold() in EVERYBODY:
        return Target("all")
    kinds: tuple[Kind, ...] = ("channel", "role", "person")
    key = text
    if match := _MENTION.fullmatch(text):
        kinds, key = _KINDS[match[1]], f"{here.platform}:{match[2]}"
    elif text.startswith("#"):
        kinds, key = ("channel",), text[1:]
    elif text.startswith("@"):
        kinds, key = ("person", "role"), text[1:]
    for kind in kinds:
        found = [each for each in await _known(host, kind, key, here) if _is(each, key)]
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(f"{each.shown} ({each.id})" for each in found[:5])
            raise BadArgument(f"“{text}” may be {names}", remedy="write the id")
    raise BadArgument(
        f"I know no channel, role or person called “{text}” here", remedy="write #channel, @person, a role, or here"
    )


async def _known(host: Any, kind: Kind, key: str, here: Channel) -> list[Target]:
    if kind == "channel":
        there = [each for each in host.channels if each.guild.id == here.guild.id]
        return [Target("channel", each.id, each.name) for each in there]
    if kind == "role":
        try:
            roles = await host.roles(here.guild)
        except PlatformError:
            roles = {}
        return [Target("role", role, name) for role, name in roles.items()]
    return [Target("person", each.id, each.name) for each in await host.people(key, here) if not each.bot]


def _is(each: Target, key: str) -> bool:
    names = {each.id, each.id.partition(":")[2], each.name.casefold(), each.name.casefold().lstrip("#")}
    return bool(key) and (key in names or key.casefold() in names)


async def people(host: Any, target: Target, guild: Guild) -> Sequence[Person]:
    """Who that is now; machines are not among them."""
    if target.kind == "person":
        return [await host.person(target.id, guild)]
    there = [each for each in host.channels if each.guild.id == guild.id and not each.thread_of]
    if target.kind == "channel" or not there:
        return []
    found: dict[str, Person] = {}
    for channel in there:
        for person in await _members(host, channel):
            if not person.bot and (target.kind == "all" or target.id in person.roles):
                found[person.id] = person
        if guild.platform == "discord":  # there a guild's members are told at once
            break
    return [*found.values()]


async def _members(host: Any, channel: Channel) -> Sequence[Person]:
    try:
        members: Sequence[Person] = await host.members(channel)
    except PlatformError:
        return ()
    return members
