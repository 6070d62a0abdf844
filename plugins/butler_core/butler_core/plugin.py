"""The plugin: its features, in the order in which they hear of things."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from butler import VETO, Event, Guild, Message, Persona, Reply, Section, Stop, Use, Vote, hookimpl

from butler_core.basics import Basics
from butler_core.clearing import Clearing
from butler_core.conversation import Conversation
from butler_core.counting import Counting
from butler_core.feature import Commands, Feature, commands_of, settings_of, that_hear
from butler_core.gauging import Gauging
from butler_core.interjecting import Interjecting
from butler_core.links import Links
from butler_core.questions import Questions
from butler_core.reaching import Reaching
from butler_core.sending import Sending
from butler_core.sidebots import SideBots
from butler_core.stats import Stats
from butler_core.triggers import Triggers
from butler_core.usage import Usage
from butler_core.weather import Weather
from butler_core.welcome import Welcome

FEATURES: tuple[type[Feature], ...] = (
    Basics,
    Clearing,
    Counting,
    Gauging,
    Conversation,
    Questions,
    Sending,
    SideBots,
    Welcome,
    Weather,
    Reaching,
    Triggers,
    Usage,
    Interjecting,
    Links,
    Stats,
)  # fmt: skip
"""All features. In each hook the first is asked first; a new one is a folder and a line here."""


class ButlerCore(*commands_of(FEATURES), Commands):  # type: ignore[misc]  # its bases are those of its features
    """TheButler at home: welcome, conversation, weather, side bots, reminders and the housekeeping."""

    name = "butler_core"
    settings = settings_of(FEATURES)
    tables: ClassVar[Sequence[type]] = tuple(table for feature in FEATURES for table in feature.tables)
    person_columns: ClassVar[Mapping[str, Sequence[str]]] = {
        table: columns for feature in FEATURES for table, columns in feature.person_columns.items()
    }
    personas: ClassVar[Sequence[str]] = tuple(persona for feature in FEATURES for persona in feature.personas)
    network: ClassVar[Sequence[str]] = tuple(host for feature in FEATURES for host in feature.network)

    deadlines: ClassVar[Mapping[str, float]] = {"command": 75.0, "tool": 20.0}

    async def start(self) -> None:
        """The host is there now."""
        self.features: Sequence[Feature] = tuple(feature(self) for feature in FEATURES)
        for feature in self.features:
            await feature.start()

    @cached_property
    def _hears(self) -> Mapping[str, list[Any]]:
        hooks = ("on_message", "should_reply", "build_prompt", "on_event", "on_tick", "on_reply")
        return {hook: that_hear(self.features, hook) for hook in hooks}

    @hookimpl
    async def on_message(self, message: Message) -> Stop | None:
        """Each feature in turn; the first that stops the message is the last that sees it."""
        for hear in self._hears["on_message"]:
            if (stop := await hear(message)) is not None:
                return stop  # type: ignore[no-any-return]
        return None

    @hookimpl
    async def should_reply(self, message: Message, persona: Persona, votes: Sequence[Vote]) -> Vote | None:
        """The first veto, else the first vote."""
        first: Vote | None = None
        for ask in self._hears["should_reply"]:
            vote: Vote | None = await ask(message, persona, votes)
            if vote is not None and vote.say is VETO:
                return vote
            first = first or vote
        return first

    @hookimpl
    async def build_prompt(self, message: Message, persona: Persona) -> list[Section | Use] | Stop | None:
        """What all features know; the first that has the persona not speak is the last that is asked."""
        found: list[Section | Use] = []
        for tell in self._hears["build_prompt"]:
            told = await tell(message, persona)
            if isinstance(told, Stop):
                return told
            found += told if isinstance(told, list) else filter(None, [told])
        return found or None

    @hookimpl
    async def on_event(self, event: Event) -> None:
        """Each feature in turn."""
        for hear in self._hears["on_event"]:
            await hear(event)

    @hookimpl
    async def on_tick(self, now: dt.datetime, guild: Guild) -> None:
        """Each feature in turn."""
        for hear in self._hears["on_tick"]:
            await hear(now, guild)

    @hookimpl
    async def on_reply(self, message: Message, reply: Reply, persona: Persona | None) -> None:
        """Each feature in turn."""
        for hear in self._hears["on_reply"]:
            await hear(message, reply, persona)

    async def export_person(self, person: str) -> Mapping[str, Any]:
        """What each feature keeps."""
        found: dict[str, Any] = {}
        for feature in self.features:
            found.update(await feature.export_person(person))
        return found

    async def forget_person(self, person: str, replacement: str) -> Mapping[str, int]:
        """Each feature forgets."""
        counts: dict[str, int] = {}
        for feature in self.features:
            counts.update(await feature.forget_person(person, replacement))
        return counts
