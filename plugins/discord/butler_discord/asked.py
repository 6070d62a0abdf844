"""What somebody asked by a command, a button, a menu, a form or a right-click, as the host knows it (PLAT-1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen
from butler import Channel, Event, Person

from butler_discord.guilds import Guilds, channel_of
from butler_discord.ids import asked, made_at, ours
from butler_discord.known import Known

JSON = dict[str, Any]

SUBCOMMAND, GROUP = 1, 2
NAMING = frozenset({6, 7, 8, 9})
"""Types of options that hold an id: a person, a channel, a role, either."""
ON_PERSON, ON_MESSAGE = 2, 3
MENUS: Mapping[int, str] = {5: "people", 6: "roles", 7: "people", 8: "channels"}


@frozen
class Question:
    """An interaction, taken apart."""

    event: Event
    people: tuple[Person, ...] = ()
    """Those whom it names."""
    ephemeral: bool = False
    """Whether a promised answer is for the asker's eyes alone."""


def where(raw: JSON, guilds: Guilds) -> Channel:
    """The channel in which something was asked."""
    found = guilds.channel(int(raw["channel_id"]))
    if found is not None:
        return found
    known = guilds.known.get(int(raw.get("guild_id") or 0))
    if known is not None:
        told = {"id": raw["channel_id"], "type": 0, **(raw.get("channel") or {})}
        return guilds.shown(known, guilds.room(known, told))
    return channel_of({"id": raw["channel_id"]})


def who(raw: JSON, guilds: Guilds) -> Person:
    """Who asks."""
    known = guilds.known.get(int(raw.get("guild_id") or 0))
    member = raw.get("member")
    return guilds.person(member["user"], member, known) if member else guilds.person(raw["user"], None, None)


def event(raw: JSON, guilds: Guilds, data: Mapping[str, Any], *, target: str = "", text: str = "") -> Event:
    """The event of an interaction."""
    channel = where(raw, guilds)
    identifier = int(raw["id"])
    return Event(
        asked(identifier),
        "interaction",
        channel.guild,
        made_at(identifier),
        channel,
        who(raw, guilds),
        target,
        text,
        data,
    )


def path_and_options(data: JSON) -> tuple[list[str], list[JSON]]:
    """The names of command and subcommands, and the options."""
    path, options = [str(data["name"])], data.get("options") or []
    while options and options[0].get("type") in {SUBCOMMAND, GROUP}:
        path.append(str(options[0]["name"]))
        options = options[0].get("options") or []
    return path, options


def plain(options: list[JSON]) -> dict[str, Any]:
    """Options by name, people and channels as the host's ids."""
    return {
        str(each["name"]): ours(each["value"]) if each.get("type") in NAMING else each.get("value") for each in options
    }


def resolved_people(data: JSON, guilds: Guilds, known: Known | None) -> tuple[Person, ...]:
    """The people whom an interaction names."""
    resolved = data.get("resolved") or {}
    members = resolved.get("members") or {}
    users = resolved.get("users") or {}
    return tuple(guilds.person(user, members.get(identifier), known) for identifier, user in users.items())


def message_told(raw: JSON) -> JSON:
    """A message as a right-click command names it."""
    author = raw.get("author") or {}
    return {
        "text": raw.get("content") or "",
        "author": ours(author.get("id", 0)),
        "name": author.get("global_name") or author.get("username") or "",
        "bot": bool(author.get("bot")),
        "at": made_at(int(raw["id"])).timestamp(),
    }


def control(raw: JSON, guilds: Guilds) -> Question:
    """A button or a menu was used."""
    data, known = raw["data"], guilds.known.get(int(raw.get("guild_id") or 0))
    of = MENUS.get(int(data.get("component_type") or 0), "")
    values = [ours(each) if of else str(each) for each in data.get("values") or ()]
    told: dict[str, Any] = {"do": "control", "values": values, **({"of": of} if of else {})}
    target = ours(raw["message"]["id"]) if raw.get("message") else ""
    made = event(raw, guilds, told, target=target, text=str(data["custom_id"]))
    return Question(made, resolved_people(data, guilds, known))


def form(raw: JSON, guilds: Guilds) -> Question:
    """A form was filled in."""
    data = raw["data"]
    fields = {str(each["custom_id"]): str(each.get("value") or "") for each in _inputs(data.get("components") or ())}
    target = ours(raw["message"]["id"]) if raw.get("message") else ""
    made = event(raw, guilds, {"do": "control", "fields": fields}, target=target, text=str(data["custom_id"]))
    return Question(made, ephemeral=True)


def _inputs(components: Any) -> Iterator[JSON]:
    for each in components:
        if "custom_id" in each and "value" in each:
            yield each
        inner = each.get("components") or ([each["component"]] if each.get("component") else ())
        yield from _inputs(inner)
