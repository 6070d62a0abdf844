"""The pieces of a message or a form that somebody can use: found by what is written on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from butler_discord.testing.deeds.texts import every
from butler_discord.testing.errors import JSON
from butler_discord.testing.people.errors import Impossible
from butler_discord.testing.people.options import user_of
from butler_discord.testing.state.channels import Channel
from butler_discord.testing.state.guilds import Guild, Role
from butler_discord.testing.state.messages import Message
from butler_discord.testing.world import World

BUTTON, CHOICE, TEXT, PEOPLE, ROLES, BOTH, CHANNELS, LABEL, ROW = 2, 3, 4, 5, 6, 7, 8, 18, 1
MENUS = (CHOICE, PEOPLE, ROLES, BOTH, CHANNELS)


def button(message: Message, name: str) -> JSON:
    """The button with this label, custom id or emoji. Raises ``Impossible``."""
    buttons = [each for each in every(message.components) if each["type"] == BUTTON]
    for each in buttons:
        if name in {each.get("label"), each.get("custom_id"), (each.get("emoji") or {}).get("name")}:
            if each.get("disabled"):
                raise Impossible(f"the button {name!r} is disabled")
            if "custom_id" not in each:
                raise Impossible(f"the button {name!r} opens {each.get('url')}")
            return each
    labels = [each.get("label") or (each.get("emoji") or {}).get("name") for each in buttons]
    raise Impossible(f"there is no button {name!r}; there is {labels}")


def menu(message: Message, name: str = "") -> JSON:
    """The menu with this placeholder or custom id, or the only one. Raises ``Impossible``."""
    menus = [each for each in every(message.components) if each["type"] in MENUS]
    fitting = [each for each in menus if name in {"", each["custom_id"], each.get("placeholder")}]
    if len(fitting) != 1:
        raise Impossible(f"{len(fitting)} menus fit {name!r}: {[each['custom_id'] for each in menus]}")
    if fitting[0].get("disabled"):
        raise Impossible("the menu is disabled")
    return fitting[0]


def chosen(world: World, found: JSON, given: Sequence[Any], channel: Channel) -> JSON:
    """What goes to the application when somebody chose these. Raises ``Impossible``."""
    least, most = found.get("min_values", 1), found.get("max_values", 1)
    if not least <= len(given) <= most:
        raise Impossible(f"{least} to {most} can be chosen, not {len(given)}")
    if found["type"] == CHOICE:
        return {"values": [_value(found, each) for each in given]}
    resolved: JSON = {}
    return {"values": [_entity(each, channel.guild, resolved) for each in given], "resolved": resolved}


def _value(found: JSON, given: Any) -> str:
    for option in found["options"]:
        if given in {option["label"], option["value"]}:
            return str(option["value"])
    raise Impossible(f"the menu has no {given!r}: {[option['label'] for option in found['options']]}")


def _entity(given: Any, guild: Guild | None, resolved: JSON) -> str:
    if isinstance(given, Role):
        resolved.setdefault("roles", {})[str(given.id)] = given.json()
        return str(given.id)
    if isinstance(given, Channel):
        resolved.setdefault("channels", {})[str(given.id)] = {**given.json(), "permissions": "0"}
        return str(given.id)
    user = user_of(given)
    if user is None:
        raise Impossible(f"{given!r} cannot be chosen")
    resolved.setdefault("users", {})[str(user.id)] = user.json()
    if guild and user.id in guild.members:
        member = {**guild.members[user.id].json(user=False), "permissions": "0"}
        resolved.setdefault("members", {})[str(user.id)] = member
    return str(user.id)


def resolved(world: World, target: Any, channel: Channel, viewer: int) -> JSON:
    """The target of a right click, as it goes to the application."""
    if isinstance(target, Message):
        return {"messages": {str(target.id): target.json(viewer)}}
    found: JSON = {}
    _entity(target, channel.guild, found)
    return found


def filled(form: JSON, given: Mapping[str, Any]) -> list[JSON]:
    """A form as it goes to the application. Raises ``Impossible``."""
    left = dict(given)
    sent = [_part(part, left) for part in form["components"]]
    if left:
        raise Impossible(f"the form has no field {', '.join(left)}")
    return sent


def _part(part: JSON, left: dict[str, Any]) -> JSON:
    kept: JSON = {"type": part["type"], "id": part["id"]}
    if part["type"] == ROW:
        return {**kept, "components": [_field(each, each.get("label"), left) for each in part["components"]]}
    if part["type"] == LABEL:
        return {**kept, "component": _field(part["component"], part.get("label"), left)}
    return kept


def _field(field: JSON, label: str | None, left: dict[str, Any]) -> JSON:
    kept: JSON = {"type": field["type"], "id": field["id"], "custom_id": field["custom_id"]}
    key = label if label in left else field["custom_id"]
    given = left.pop(key, None)
    if field["type"] == CHOICE:
        return {**kept, "values": [_value(field, each) for each in given or []]}
    text = str(given if given is not None else field.get("value") or "")
    least, most = field.get("min_length") or 0, field.get("max_length") or 4000
    if field.get("required", True) and not text:
        raise Impossible(f"the field {label!r} is required")
    if text and not least <= len(text) <= most:
        raise Impossible(f"the field {label!r} takes {least} to {most} characters, not {len(text)}")
    return {**kept, "value": text}
