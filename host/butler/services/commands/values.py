"""From what was typed to what the handler gets; what cannot be understood says what was expected."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from attrs import frozen

from butler.errors import BadArgument
from butler.model import Channel, Person
from butler.services.commands.signature import Kind, Option
from butler.services.commands.times import duration, moment

LARGEST = 2**53 - 1
"""What JSON, Discord and every store keep exactly."""
_YES = frozenset({"yes", "y", "true", "on", "1"})
_NO = frozenset({"no", "n", "false", "off", "0"})
_LISTED = 8
Named = TypeVar("Named", Person, Channel)

EXPECTED: Mapping[Kind, str] = MappingProxyType(
    {
        "text": "a text",
        "integer": "a whole number",
        "number": "a number",
        "flag": "yes or no",
        "person": "a person",
        "channel": "a channel",
        "time": "a date or time such as “tomorrow 9:00”, “in 2 hours” or “2030-12-24 18:00”",
        "duration": "a duration such as 30m, 2h or 1d",
        "choice": "one of a list",
    }
)


class Directory(Protocol):
    """Who and what a name may mean. The commands choose among what it gives and say what is ambiguous."""

    async def person(self, text: str, channel: Channel) -> list[Person]:
        """Those whose id it is or whose name begins with it, in any case, seen from a channel; 25 suffice."""
        ...

    def channels_of(self, guild: str) -> list[Channel]:
        """The channels of a guild."""
        ...


@frozen
class Setting:
    """Where and when something was typed: whom names mean and what “tomorrow” is."""

    directory: Directory
    channel: Channel
    now: dt.datetime
    zone: dt.tzinfo = dt.UTC


async def convert(option: Option, text: str, setting: Setting) -> Any:
    """The value of an option. Raises ``BadArgument`` that says what was expected."""
    if option.kind == "person":
        return await _person(option, text, setting)
    if option.kind == "channel":
        return _channel(option, text, setting)
    if option.kind == "choice":
        return _choice(option, text)
    try:
        return _plain(option.kind, text, setting)
    except (ValueError, OverflowError) as error:
        raise wrong(option, text) from error


def wrong(option: Option, text: str) -> BadArgument:
    return BadArgument(f"{option.label} must be {expected(option)}, not {shown(text)}")


def expected(option: Option) -> str:
    """What an option expects, in words."""
    if option.kind == "choice":
        return "one of " + ", ".join(name for name, _ in option.choices)
    return EXPECTED[option.kind]


def shown(text: str) -> str:
    """What somebody typed, safe and short enough to be said back to them."""
    clean = "".join(letter if letter.isprintable() and letter != "`" else " " for letter in text[:41])
    return f"“{clean[:40].strip()}{'…' if len(text) > 40 else ''}”"


def _plain(kind: Kind, text: str, setting: Setting) -> Any:
    if kind == "integer":
        return _bounded(int(text))
    if kind == "number":
        return _finite(float(text))
    if kind == "flag":
        return _flag(text)
    if kind == "duration":
        return duration(text)
    if kind == "time":
        return moment(text, setting.now, setting.zone)
    return text


def _bounded(number: int) -> int:
    if abs(number) > LARGEST:
        raise ValueError("too large")
    return number


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError("not finite")
    return number


def _flag(text: str) -> bool:
    word = text.strip().casefold()
    if word not in _YES | _NO:
        raise ValueError("neither yes nor no")
    return word in _YES


def _choice(option: Option, text: str) -> Any:
    typed = text.strip().casefold()
    exact = [value for name, value in option.choices if name.casefold() == typed]
    near = exact or [value for name, value in option.choices if typed and name.casefold().startswith(typed)]
    if len(near) != 1:
        raise wrong(option, text)
    return near[0]


_MENTION = re.compile(r"<(?:@!?|#)(\d{1,32})>")
_MATRIX = re.compile(r"[@#!][^\s:]+:\S+")


def _key(text: str, setting: Setting) -> str:
    """What to look for: ``<@1>``, ``@ann``, ``#hall`` and ids in the forms that platforms show them."""
    platform = setting.channel.platform
    if match := _MENTION.fullmatch(text):
        return f"{platform}:{match[1]}"
    if _MATRIX.fullmatch(text):
        return f"{platform}:{text}"
    return text.strip().lstrip("@#").strip()


async def _person(option: Option, text: str, setting: Setting) -> Person:
    key = _key(text[:256], setting)
    return _chosen(option, text, key, await setting.directory.person(key, setting.channel) if key else [])


def _channel(option: Option, text: str, setting: Setting) -> Channel:
    if text.strip().casefold() in ("here", "#here"):
        return setting.channel
    here = setting.directory.channels_of(setting.channel.guild.id)
    return _chosen(option, text, _key(text[:256], setting), here)


def _chosen(option: Option, text: str, key: str, found: Sequence[Named]) -> Named:
    """The one that is meant: by id, by name, by the beginning of its name."""
    for fits in (_is, _is_named, _begins):
        matching = list({each.id: each for each in found if key and fits(each, key)}.values())
        if len(matching) == 1:
            return matching[0]
        if matching:
            raise _ambiguous(option, text, matching)
    raise BadArgument(f"{option.label}: I know no {option.kind} called {shown(text)} here")


def _is(each: Person | Channel, key: str) -> bool:
    return key in (each.id, each.id.partition(":")[2])


def _is_named(each: Person | Channel, key: str) -> bool:
    return each.name.casefold() == key.casefold()


def _begins(each: Person | Channel, key: str) -> bool:
    return each.name.casefold().startswith(key.casefold())


def _ambiguous(option: Option, text: str, matching: Sequence[Person | Channel]) -> BadArgument:
    listed = ", ".join(f"{shown(each.name)} ({each.id})" for each in matching[:_LISTED])
    more = f" and {len(matching) - _LISTED} more" if len(matching) > _LISTED else ""
    return BadArgument(f"{option.label}: {shown(text)} may be {listed}{more}; write the name in full or the id")
