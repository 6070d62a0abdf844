"""The host's commands as Discord's own, in each guild those that are enabled there (HOST-10, PLAT-4).

They are made with lightbulb at run time; what comes of using one is taken by the one listener, so that it is journaled
before anything is done. A guild is only asked to change what has changed.
"""

from __future__ import annotations

import hashlib
import json
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import hikari
import lightbulb
import structlog
from attrs import frozen

from butler_discord.render import clean, cut

log = structlog.get_logger("butler.discord")

MOST = 100
"""Slash commands of a guild; 5 of each kind of right-click command."""
MOST_MENU = 5
IN_A_GROUP = 25
OPTIONS = 25
CHOICES = 25
_LOCALE: Any = hikari.Locale.EN_US


@frozen
class Offer:
    """What one guild is offered, ready to be sent."""

    builders: tuple[hikari.api.CommandBuilder, ...]
    paths: Mapping[tuple[str, ...], tuple[tuple[str, ...], bool]]
    """What Discord calls a command, to what the host calls it, and whether its answers are for one person's eyes."""
    menus: Mapping[tuple[int, str], tuple[str, str]]
    """Kind and name of a right-click command to its plugin and its own name."""
    left_out: tuple[str, ...]
    digest: str


async def offer(specs: Sequence[Any], contexts: Sequence[tuple[str, Any]], *, private: bool) -> Offer:
    """What to offer. ``private``: everywhere but for private channels only (a guild has its own)."""
    paths: dict[tuple[str, ...], tuple[tuple[str, ...], bool]] = {}
    left: list[str] = [spec.name for spec in specs[MOST:]]
    builders: list[Any] = []
    for spec in specs[:MOST]:
        try:
            builders.append(await _slash(spec, paths, left))
        except ValueError as error:
            log.warning("discord cannot take a command", command=spec.name, plugin=spec.plugin, reason=str(error))
    menus: dict[tuple[int, str], tuple[str, str]] = {}
    for plugin, context in contexts:
        kind = hikari.CommandType.MESSAGE if context.on == "message" else hikari.CommandType.USER
        name = _free((int(kind), cut(clean(context.name), 32)), menus, plugin)
        if sum(key[0] == int(kind) for key in menus) >= MOST_MENU:
            left.append(context.name)
            continue
        menus[name] = (plugin, context.name)
        builders.append(await _menu(kind, name[1]))
    if private:
        for builder in builders:
            builder.set_context_types([hikari.ApplicationContextType.BOT_DM])
    return Offer(tuple(builders), paths, menus, tuple(left), _digest(builders))


def _free(key: tuple[int, str], taken: Mapping[tuple[int, str], Any], plugin: str) -> tuple[int, str]:
    return key if key not in taken else (key[0], cut(f"{key[1]} ({plugin})", 32))


def _digest(builders: Sequence[hikari.api.CommandBuilder]) -> str:
    """What tells two offers apart."""
    factory = hikari.impl.EntityFactoryImpl(None)  # type: ignore[arg-type]  # an application is needed for reading only
    told = [repr(sorted(builder.build(factory).items(), key=repr)) for builder in builders]
    return hashlib.blake2s(json.dumps(told).encode(), digest_size=16).hexdigest()


async def _slash(
    spec: Any, paths: dict[tuple[str, ...], tuple[tuple[str, ...], bool]], left: list[str]
) -> hikari.api.CommandBuilder:
    if not spec.subcommands:
        paths[(spec.name,)] = (spec.path, spec.ephemeral)
        alone: hikari.api.CommandBuilder = await _command(spec, spec.name, left)._command_data.as_command_builder(
            _LOCALE, _UNTOLD
        )
        return alone
    group = lightbulb.Group(spec.name, _about(spec))
    for child in spec.subcommands[:IN_A_GROUP]:
        if child.subcommands:
            below = group.subgroup(child.name, _about(child))
            for name, leaf in list(_leaves(child))[:IN_A_GROUP]:
                below.register(_command(leaf, name, left))
                paths[spec.name, child.name, name] = (leaf.path, leaf.ephemeral)
        else:
            group.register(_command(child, child.name, left))
            paths[spec.name, child.name] = (child.path, child.ephemeral)
    left.extend(f"{spec.name} {child.name}" for child in spec.subcommands[IN_A_GROUP:])
    return await group.as_command_builder(_LOCALE, _UNTOLD)


def _leaves(spec: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """Discord's groups are two deep: what is deeper is named by its whole path."""
    for child in spec.subcommands:
        name = f"{above}{child.name}"
        if child.subcommands:
            yield from _leaves(child, f"{name}-")
        else:
            yield name[:32], child


def _command(spec: Any, name: str, left: list[str]) -> Any:
    """A command class, as lightbulb wants one."""
    left.extend(f"{' '.join(spec.path)} {each.label}" for each in spec.options[OPTIONS:])

    def body(namespace: dict[str, Any]) -> None:
        for number, each in enumerate(spec.options[:OPTIONS]):
            namespace[f"option_{number}"] = _option(each)
        namespace["handled"] = lightbulb.invoke(_handled)

    return types.new_class("Offered", (lightbulb.SlashCommand,), {"name": name, "description": _about(spec)}, body)


async def _handled(self: Any, context: Any) -> None:
    """Never called: what is used reaches the host as an event."""


async def _untold(context: Any) -> None:
    """Never called: what is typed is completed by the host."""


def _option(option: Any) -> Any:
    make = _MAKERS.get(option.kind, lightbulb.string)
    more: dict[str, Any] = {} if option.required else {"default": None}
    choices = [name for name, _ in option.choices if name]
    if 1 <= len(choices) <= CHOICES:
        more["choices"] = [lightbulb.Choice(cut(name, 100), name[:100]) for name in choices]
    elif make is lightbulb.string and (option.completes or option.choices):
        more["autocomplete"] = _untold
    about = option.help or _KINDS.get(option.kind, option.kind)
    return make(option.label.lower()[:32], cut(clean(about), 100), **more)


def _about(spec: Any) -> str:
    return cut(clean(spec.description), 100) or spec.name


async def _menu(kind: hikari.CommandType, name: str) -> hikari.api.CommandBuilder:
    base = lightbulb.MessageCommand if kind is hikari.CommandType.MESSAGE else lightbulb.UserCommand

    def body(namespace: dict[str, Any]) -> None:
        namespace["handled"] = lightbulb.invoke(_handled)

    made: Any = types.new_class("OfferedMenu", (base,), {"name": name}, body)
    found: hikari.api.CommandBuilder = await made._command_data.as_command_builder(_LOCALE, _UNTOLD)
    return found


_UNTOLD: Any = lightbulb.localization.localization_unsupported
_MAKERS: Mapping[str, Any] = {
    "integer": lightbulb.integer, "number": lightbulb.number, "flag": lightbulb.boolean, "person": lightbulb.user,
    "channel": lightbulb.channel,
}  # fmt: skip
_KINDS: Mapping[str, str] = {
    "text": "a text", "integer": "a whole number", "number": "a number", "flag": "yes or no", "person": "a person",
    "channel": "a channel", "time": "a date or time, such as “tomorrow 9:00”", "duration": "a duration, such as 30m",
    "choice": "one of a list",
}  # fmt: skip
