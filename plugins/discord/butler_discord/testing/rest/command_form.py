"""What a command may look like; Discord refuses the whole set for one that is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from butler_discord.testing.errors import JSON, invalid
from butler_discord.testing.state.commands import Command

NAME = re.compile(r"^[-_'\w]{1,32}$")
SUBCOMMANDS = {1, 2}


def check(data: JSON, path: str = "") -> JSON:
    """A command with its defaults. Raises ``Refused``."""
    kind = int(data.get("type") or 1)
    name = str(data.get("name") or "")
    if kind == 1:
        _name(f"{path}name", name)
        _description(f"{path}description", data.get("description"))
    elif not 1 <= len(name) <= 32:
        raise invalid(f"{path}name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 32 in length.")
    options = _options(data.get("options") or [], f"{path}options")
    found: JSON = {
        "type": kind, "name": name, "description": data.get("description") or "", "options": options,
        "default_member_permissions": data.get("default_member_permissions"), "nsfw": bool(data.get("nsfw")),
        "dm_permission": data.get("dm_permission", True), "name_localizations": data.get("name_localizations"),
        "description_localizations": data.get("description_localizations"),
        "integration_types": data.get("integration_types") or [0], "contexts": data.get("contexts"),
    }  # fmt: skip
    if _size(found) > 8000:
        raise invalid(path.rstrip("."), "APPLICATION_COMMAND_TOO_LARGE", "Command exceeds maximum size (8000)")
    return found


def _name(path: str, name: str) -> None:
    if not NAME.match(name) or name != name.lower():
        raise invalid(path, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _description(path: str, text: Any) -> None:
    if not 1 <= len(text or "") <= 100:
        raise invalid(path, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")


def _options(options: list[JSON], path: str) -> list[JSON]:
    if len(options) > 25:
        raise invalid(path, "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    names: set[str] = set()
    optional = False
    for number, option in enumerate(options):
        where = f"{path}.{number}"
        _name(f"{where}.name", str(option.get("name") or ""))
        _description(f"{where}.description", option.get("description"))
        if option["name"] in names:
            raise invalid(where, "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", "Option name already used")
        names.add(option["name"])
        if optional and option.get("required"):
            raise invalid(
                where,
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                "Required options must be placed before non-required options",
            )
        optional = optional or not (option.get("required") or option["type"] in SUBCOMMANDS)
        _choices(option, where)
        option["options"] = _options(option.get("options") or [], f"{where}.options")
    return options


def _choices(option: JSON, where: str) -> None:
    choices = option.get("choices") or []
    if len(choices) > 25:
        raise invalid(f"{where}.choices", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    if choices and option.get("autocomplete"):
        raise invalid(where, "APPLICATION_COMMAND_OPTION_AUTOCOMPLETE_CHOICES", "Choices and autocomplete exclude")
    for number, choice in enumerate(choices):
        if not 1 <= len(str(choice["name"])) <= 100:
            raise invalid(f"{where}.choices.{number}.name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100.")


def _size(data: JSON) -> int:
    """Names, descriptions and values together."""
    own = len(data["name"]) + len(data.get("description") or "")
    choices = sum(len(str(each["name"])) + len(str(each["value"])) for each in data.get("choices") or [])
    return own + choices + sum(map(_size, data.get("options") or []))


def same(scope: Mapping[int, Command], data: JSON) -> Command | None:
    """The command of this name and type that is there already."""
    return next((each for each in scope.values() if (each.name, each.kind) == (data["name"], data["type"])), None)
