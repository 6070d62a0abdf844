"""What a feature of TheButler is: its settings, tables, commands, and a part in each hook."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import attrs
from butler import Event, Guild, Message, Persona, Plugin, Reply, Section, Stop, Use, Vote

Told = Section | Use | Stop | list[Section | Use] | None
"""What a feature may say when a persona is about to speak."""
F = TypeVar("F", bound="Feature")


@attrs.frozen
class NoSettings:
    """The settings of a feature that has none."""


class Commands(Plugin):
    """Commands, buttons, tools and jobs of one feature: a part of the plugin's class, so ``self`` is the plugin."""

    features: Sequence[Feature]

    def feature(self, kind: type[F]) -> F:
        """A feature by its class."""
        return next(each for each in self.features if isinstance(each, kind))


class Feature:
    """One thing that TheButler can do. Subclass it in a folder of its own and name it in ``plugin.FEATURES``.

    The methods are the hooks of the same names; those that are not overridden are never called.
    """

    settings: ClassVar[type] = NoSettings
    """``@attrs.frozen(slots=False)``; its fields are among the plugin's, so their names say what they are about."""
    tables: ClassVar[Sequence[type]] = ()
    person_columns: ClassVar[Mapping[str, Sequence[str]]] = {}
    commands: ClassVar[type[Commands]] = Commands
    personas: ClassVar[Sequence[str]] = ()
    network: ClassVar[Collection[str]] = ()

    def __init__(self, plugin: Commands) -> None:
        self.plugin = plugin
        self.host = plugin.host
        self.settings_for = plugin.settings_for

    async def start(self) -> None:
        """Called before the first hook."""

    async def on_message(self, message: Message) -> Stop | None:
        """See docs/hooks.md."""

    async def should_reply(self, message: Message, persona: Persona, votes: Sequence[Vote]) -> Vote | None:
        """See docs/hooks.md."""

    async def build_prompt(self, message: Message, persona: Persona) -> Told:
        """See docs/hooks.md."""

    async def on_event(self, event: Event) -> None:
        """See docs/hooks.md."""

    async def on_tick(self, now: dt.datetime, guild: Guild) -> None:
        """See docs/hooks.md."""

    async def on_reply(self, message: Message, reply: Reply, persona: Persona | None) -> None:
        """See docs/hooks.md."""

    async def export_person(self, person: str) -> Mapping[str, Any]:
        """Everything that is kept about a person, as plain JSON; the plugin joins the parts."""
        return {}

    async def forget_person(self, person: str, replacement: str) -> Mapping[str, int]:
        """Erase a person; returns counts by table."""
        return {}


def settings_of(features: Sequence[type[Feature]]) -> type:
    """One settings class with the fields of all."""
    parts = tuple(feature.settings for feature in features if feature.settings is not NoSettings)
    made = attrs.make_class("Settings", {}, bases=parts, frozen=True)
    made.__doc__ = "``[plugins.butler_core]``, and below a guild's ``plugins``."
    return made


def commands_of(features: Sequence[type[Feature]]) -> tuple[type[Commands], ...]:
    """What the plugin's class is made of, each once."""
    return tuple(dict.fromkeys(feature.commands for feature in features if feature.commands is not Commands))


def that_hear(features: Sequence[Feature], hook: str) -> list[Any]:
    """The methods of those that take part in a hook, in their order."""
    return [getattr(each, hook) for each in features if getattr(type(each), hook) is not getattr(Feature, hook)]
