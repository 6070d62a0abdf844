"""A command as somebody types it: ``/karma show bob`` or ``/karma show person:bob``, read by what the command wants."""

from __future__ import annotations

import shlex
from typing import Any

from attrs import frozen

from butler_discord.testing.errors import JSON
from butler_discord.testing.people.errors import Impossible
from butler_discord.testing.people.options import (
    ATTACHMENT,
    BOOLEAN,
    CHANNEL,
    GROUP,
    INTEGER,
    MENTIONABLE,
    NUMBER,
    ROLE,
    SUBCOMMAND,
    USER,
)
from butler_discord.testing.people.person import Person
from butler_discord.testing.state.channels import Channel
from butler_discord.testing.state.guilds import Guild

TRUE = {"true", "yes", "on", "1"}
FALSE = {"false", "no", "off", "0"}


@frozen
class Typed:
    """A line, read as far as it goes."""

    line: str
    """The command and its subcommands."""
    options: JSON
    wanted: list[JSON]
    """The options that it takes, or the subcommands that can follow."""
    last: str = ""
    """The word that is being typed."""


def words_of(text: str) -> list[str]:
    """The words of a line, quoted ones whole. An open quotation ends with the line."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.replace('"', " ").replace("'", " ").split()


def read(person: Person, text: str, where: Channel) -> Typed:
    """Read a whole line. Raises ``Impossible`` with what is wrong."""
    words = words_of(text.removeprefix("/"))
    known = person.commands(where)
    if not words or words[0] not in known:
        raise Impossible(f"there is no /{words[0] if words else ''}; there is {', '.join(sorted(known)) or 'nothing'}")
    path, wanted, rest = [words[0]], known[words[0]][1].data["options"], words[1:]
    while rest and (step := _step(wanted, rest[0])):
        path.append(rest.pop(0))
        wanted = step["options"]
    return Typed(" ".join(path), _options(person, wanted, rest, where), wanted)


def _step(wanted: list[JSON], word: str) -> JSON | None:
    return next((each for each in wanted if each["type"] in {SUBCOMMAND, GROUP} and each["name"] == word), None)


def _options(person: Person, wanted: list[JSON], words: list[str], where: Channel) -> JSON:
    """``name:value`` where a name is given, else one after the other; the last takes the rest."""
    known = {each["name"]: each for each in wanted if each["type"] not in {SUBCOMMAND, GROUP}}
    found: dict[str, str] = {}
    last = ""
    for word in words:
        name, colon, value = word.partition(":")
        free = [each for each in known if each not in found]
        if colon and name in known:
            found[name], last = value, name
        elif free:
            found[free[0]], last = word, free[0]
        elif last:
            found[last] += f" {word}"
        else:
            raise Impossible(f"what is {word!r}? it takes {', '.join(known) or 'nothing'}")
    return {name: value_of(person, known[name], text, where.guild) for name, text in found.items()}


def value_of(person: Person, option: JSON, text: str, guild: Guild | None) -> Any:
    """What a word stands for. Raises ``Impossible``."""
    kind, name = option["type"], text.lstrip("@#").strip("<>&!")
    if kind in {INTEGER, NUMBER}:
        return _number(option, text)
    if kind == BOOLEAN:
        if text.lower() not in TRUE | FALSE:
            raise Impossible(f"{option['name']} is yes or no, not {text!r}")
        return text.lower() in TRUE
    if kind in {USER, ROLE, MENTIONABLE, CHANNEL}:
        return _named(option, name, guild)
    if kind == ATTACHMENT:
        raise Impossible(f"{option['name']} is a file, which cannot be typed")
    choices = {str(each["name"]): each["value"] for each in option.get("choices") or []}
    return choices.get(text, text)


def _number(option: JSON, text: str) -> int | float:
    try:
        return int(text) if option["type"] == INTEGER else float(text)
    except ValueError:
        raise Impossible(f"{option['name']} is a number, not {text!r}") from None


def _named(option: JSON, name: str, guild: Guild | None) -> Any:
    """The member, role or channel of this name or id."""
    if guild is None:
        raise Impossible(f"{option['name']} is only possible in a guild")
    kind = option["type"]
    found: list[Any] = []
    if kind in {USER, MENTIONABLE}:
        found += [each for each in guild.members.values() if name in {each.user.name, each.name, str(each.user.id)}]
    if kind in {ROLE, MENTIONABLE}:
        found += [each for each in guild.roles.values() if name in {each.name, str(each.id)}]
    if kind == CHANNEL:
        found += [each for each in guild.channels.values() if name in {each.name, str(each.id)}]
    if not found:
        raise Impossible(f"there is no {name!r} for {option['name']}")
    return found[0]


async def suggest(person: Person, text: str, where: Channel) -> list[str]:
    """What could stand at the end of a line that is being typed: commands, subcommands, options, choices."""
    words = words_of(text.removeprefix("/"))
    last = "" if not words or text.endswith(" ") else words.pop()
    known = person.commands(where)
    if not words:
        return sorted(name for name in known if name.startswith(last))
    if words[0] not in known:
        return []
    path, wanted, rest = [words[0]], known[words[0]][1].data["options"], words[1:]
    while rest and (step := _step(wanted, rest[0])):
        path.append(rest.pop(0))
        wanted = step["options"]
    steps = [each["name"] for each in wanted if each["type"] in {SUBCOMMAND, GROUP}]
    if steps:
        return sorted(name for name in steps if name.startswith(last))
    return await _values(person, " ".join(path), wanted, rest, last, where)


async def _values(
    person: Person, line: str, wanted: list[JSON], before: list[str], last: str, where: Channel
) -> list[str]:
    name, colon, typed = last.partition(":")
    given = {word.partition(":")[0] for word in before}
    options = {each["name"]: each for each in wanted}
    if not colon or name not in options:
        return [f"{each}:" for each in options if each.startswith(last) and each not in given]
    option = options[name]
    if option.get("autocomplete"):
        found = await person.complete(line, name, typed, where)
    elif option.get("choices"):
        found = [each["name"] for each in option["choices"]]
    elif option["type"] in {USER, MENTIONABLE} and where.guild:
        found = [member.user.name for member in where.guild.members.values()]
    elif option["type"] == BOOLEAN:
        found = ["yes", "no"]
    else:
        found = []
    return [f"{name}:{_quoted(str(each))}" for each in found if str(each).lower().startswith(typed.lower())][:25]


def _quoted(text: str) -> str:
    return shlex.quote(text) if " " in text else text
