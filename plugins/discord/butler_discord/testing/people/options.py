"""What a person may give a command: options by name, of the types that it wants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from butler_discord.testing.errors import JSON
from butler_discord.testing.people.errors import Impossible
from butler_discord.testing.state.channels import Channel
from butler_discord.testing.state.commands import Command
from butler_discord.testing.state.files import Attachment
from butler_discord.testing.state.guilds import Guild, Member, Role
from butler_discord.testing.state.users import User

STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = range(3, 12)
SUBCOMMAND, GROUP = 1, 2


@frozen
class Filled:
    """A command with its options, as it goes to the application."""

    options: list[JSON]
    resolved: JSON


def user_of(value: Any) -> User | None:
    """The account behind whatever stands for a person."""
    if isinstance(value, Member):
        return value.user
    found = getattr(value, "user", value)
    return found if isinstance(found, User) else None


def fill(
    command: Command, path: list[str], given: Mapping[str, Any], guild: Guild | None, *, typing: str | None = None
) -> Filled:
    """Fill in a command's (sub)command. ``typing``: the option that is being typed. Raises ``Impossible``."""
    wanted: list[JSON] = command.data["options"]
    steps: list[JSON] = []
    for step in path:
        found = next((each for each in wanted if each["name"] == step and each["type"] in {SUBCOMMAND, GROUP}), None)
        if found is None:
            raise Impossible(f"/{command.name} has no subcommand {step}; it has {_names(wanted)}")
        steps.append(found)
        wanted = found["options"]
    if any(each["type"] in {SUBCOMMAND, GROUP} for each in wanted):
        raise Impossible(f"/{' '.join([command.name, *path])} needs one of {_names(wanted)}")
    resolved: JSON = {}
    options = _given(wanted, given, resolved, guild, typing)
    for step_of in reversed(steps):
        options = [{"name": step_of["name"], "type": step_of["type"], "options": options}]
    return Filled(options, resolved)


def _names(options: list[JSON]) -> str:
    return ", ".join(each["name"] for each in options) or "none"


def _given(
    wanted: list[JSON], given: Mapping[str, Any], resolved: JSON, guild: Guild | None, typing: str | None
) -> list[JSON]:
    known = {each["name"]: each for each in wanted}
    if strange := set(given) - set(known):
        raise Impossible(f"there is no option {', '.join(sorted(strange))}; there are {_names(wanted)}")
    missing = [each["name"] for each in wanted if each.get("required") and each["name"] not in given]
    if missing and typing is None:
        raise Impossible(f"the option {', '.join(missing)} is required")
    found = []
    for name, value in given.items():
        option: JSON = {"name": name, "type": known[name]["type"], "value": value}
        if name == typing:
            option["focused"] = True
        else:
            option["value"] = _value(known[name], value, resolved, guild)
        found.append(option)
    return found


def _value(option: JSON, value: Any, resolved: JSON, guild: Guild | None) -> Any:
    kind = option["type"]
    if kind == USER or (kind == MENTIONABLE and user_of(value)):
        return _user(option, value, resolved, guild)
    if kind == CHANNEL and isinstance(value, Channel):
        resolved.setdefault("channels", {})[str(value.id)] = {**value.json(), "permissions": "0"}
        return str(value.id)
    if kind in {ROLE, MENTIONABLE} and isinstance(value, Role):
        resolved.setdefault("roles", {})[str(value.id)] = value.json()
        return str(value.id)
    if kind == ATTACHMENT and isinstance(value, Attachment):
        resolved.setdefault("attachments", {})[str(value.id)] = {**value.json(), "ephemeral": True}
        return str(value.id)
    types: dict[int, tuple[type, ...]] = {STRING: (str,), INTEGER: (int,), BOOLEAN: (bool,), NUMBER: (int, float)}
    if kind not in types or not isinstance(value, types[kind]) or (kind == INTEGER and isinstance(value, bool)):
        raise Impossible(f"the option {option['name']} does not take {value!r}")
    _bounds(option, value)
    return value


def _bounds(option: JSON, value: Any) -> None:
    choices = [each["value"] for each in option.get("choices") or []]
    if choices and value not in choices:
        raise Impossible(f"the option {option['name']} is one of {choices}, not {value!r}")
    size = len(value) if isinstance(value, str) else value
    kind = "length" if isinstance(value, str) else "value"
    least, most = option.get(f"min_{kind}"), option.get(f"max_{kind}")
    if (least is not None and size < least) or (most is not None and size > most):
        raise Impossible(f"the option {option['name']} is {least} to {most} ({kind}), not {size}")


def _user(option: JSON, value: Any, resolved: JSON, guild: Guild | None) -> str:
    user = user_of(value)
    if user is None:
        raise Impossible(f"the option {option['name']} is a person, not {value!r}")
    resolved.setdefault("users", {})[str(user.id)] = user.json()
    if guild and user.id in guild.members:
        member = {**guild.members[user.id].json(user=False), "permissions": "0"}
        resolved.setdefault("members", {})[str(user.id)] = member
    return str(user.id)
