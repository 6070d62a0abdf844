"""Counts questions within a sliding hour; the one too many is refused before a model is asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from attrs import frozen
from butler import Action, Call, CommandError, Guild, Message, Person, Persona, Rank, Reply, Stop, Use

from butler_core.feature import Feature
from butler_core.questions import tables
from butler_core.questions.settings import QuestionSettings
from butler_core.questions.tables import HOUR

PATIENCE = 120.0
"""For so many seconds a question counts that is not answered yet; one that fails is given back then."""
MOST = 10_000
WAIT = "⏳"
"""What later questions get."""


@frozen
class UnderWay:
    """A question that is being answered; ``place`` is its place in the order of asking."""

    person: str
    at: float
    place: int


@frozen
class Asked:
    """What somebody asked within the hour besides this question: when, oldest first; and when they were refused."""

    times: tuple[float, ...]
    refused: float

    def free_at(self, most: int) -> float:
        """When the next is free (seconds since 1970)."""
        return self.times[len(self.times) - most] + HOUR if most else self.times[-1] + HOUR


class Questions(Feature):
    """A genie's wishes."""

    settings = QuestionSettings
    tables = (tables.Question, tables.Refusal)
    person_columns: ClassVar[Mapping[str, Sequence[str]]] = {
        "butler_core_question": ("person",),
        "butler_core_refusal": ("person",),
    }

    async def start(self) -> None:
        """Nothing is under way."""
        self._under_way: dict[str, UnderWay] = {}
        self._place = 0
        self._refused: dict[str, tuple[str, float]] = {}
        """Whom this very process refused, with which question, and when: before that is in the store."""

    async def build_prompt(self, message: Message, persona: Persona) -> Use | Stop | None:
        """A persona will speak: there is a question left for that, or there is not."""
        if message.kind == "nudge" or message.author.bot or self._is_free(message.author, message.guild, persona.name):
            return None
        most: int = self.settings_for(message).questions_per_hour
        asked = await self._asked(message.author, message.id)
        if len(asked.times) >= most:
            self._under_way.pop(message.id, None)
            return await self._refuse(message, persona, asked, most)
        left = most - len(asked.times) - 1
        return Use(footer=shown(left, most)) if self.settings_for(message).questions_shown else None

    async def on_reply(self, message: Message, reply: Reply, persona: Persona | None) -> None:
        """It was answered: it counts."""
        if persona is None or message.kind == "nudge" or message.author.bot:
            return
        if self._is_free(message.author, message.guild, persona.name):
            return
        known = self._under_way.get(message.id)
        at = known.at if known else self._now()
        self.host.db.defer(partial(tables.answered, message.id, message.author.id, at))

    async def take(self, call: Call) -> str:
        """A command asks a question; returns the line about what is left. Raises ``CommandError`` if nothing is."""
        if self._is_free(call.person, call.guild, self.host.main):
            return ""
        self._place += 1
        key = f"command {call.person.id} {self._now()} {self._place}"
        asked = await self._asked(call.person, key)
        most: int = call.settings.questions_per_hour
        if len(asked.times) >= most:
            self._under_way.pop(key, None)
            raise CommandError(self._refusal(call.person, call.guild, asked, most).removesuffix("."))
        self.host.db.defer(partial(tables.answered, key, call.person.id, self._now()))
        return shown(most - len(asked.times) - 1, most) if call.settings.questions_shown else ""

    def _is_free(self, person: Person, guild: Guild, persona: str) -> bool:
        """Owners are at home, and what no model is asked for costs nobody anything."""
        return self.host.rank(person, guild) is Rank.OWNER or not self.host.models.has(persona=persona)

    async def _asked(self, person: Person, key: str) -> Asked:
        """What they asked before; this question counts from now on for those that come behind it."""
        now = self._now()
        self._prune(now)
        mine = self._under_way.setdefault(key, UnderWay(person.id, now, self._next()))
        accounts = self.host.who(person).accounts
        times, refused = await self.host.db.read(partial(tables.recent, accounts, now - HOUR))
        for other, each in self._under_way.items():
            if each.person in accounts and each.place < mine.place:
                times.setdefault(other, each.at)
        times.pop(key, None)
        known = max([at for who, (_, at) in self._refused.items() if who in accounts], default=0.0)
        return Asked(tuple(sorted(times.values())), max(refused, known if known > now - HOUR else 0.0))

    def _next(self) -> int:
        self._place += 1
        return self._place

    def _now(self) -> float:
        return self.host.clock.now().timestamp()

    def _prune(self, now: float) -> None:
        for key in [key for key, each in self._under_way.items() if each.at < now - PATIENCE]:
            del self._under_way[key]
        for person in [person for person, (_, at) in self._refused.items() if at <= now - HOUR]:
            del self._refused[person]
        while len(self._under_way) > MOST:
            del self._under_way[next(iter(self._under_way))]

    async def _refuse(self, message: Message, persona: Persona, asked: Asked, most: int) -> Stop:
        """In words once in an hour, else with a reaction; not once more for each persona that would have spoken."""
        reason = Stop(f"{message.author.name} asked {len(asked.times)} questions within the hour")
        if self._refused.get(message.author.id, ("", 0.0))[0] == message.id:
            return reason
        now = self._now()
        self._refused[message.author.id] = (message.id, asked.refused or now)
        if asked.refused:
            platform = self.host.platform(message.channel.platform)
            if platform is not None and platform.can("react", message.channel):
                react = Action("react", message.channel.id, message.id, data={"emoji": WAIT})
                await self.host.act(react, f"enough {message.id}")
            return reason
        self.host.db.defer(partial(tables.refused, message.author.id, now))
        text = self._refusal(message.author, message.guild, asked, most)
        await message.reply(text, persona=persona.name)
        return reason

    def _refusal(self, person: Person, guild: Guild, asked: Asked, most: int) -> str:
        if not most:
            return "I take no questions here."
        free = dt.datetime.fromtimestamp(asked.free_at(most), dt.UTC).astimezone(self.host.zone(guild))
        minutes = max(1, round((free - self.host.clock.now()).total_seconds() / 60))
        return (
            f"That was {most} questions within the hour, {person.name}; even a genie grants no more. "
            f"The next is free at {free:%H:%M}, in {minutes} min."
        )

    async def export_person(self, person: str) -> Mapping[str, Any]:
        """When somebody asked."""
        return await self.host.db.read(partial(tables.of_person, person))

    async def forget_person(self, person: str, replacement: str) -> Mapping[str, int]:
        """Nothing is kept."""
        self._refused.pop(person, None)
        return await self.host.db.write(partial(tables.forget, person, replacement))


def shown(left: int, most: int) -> str:
    """The line under a reply."""
    return f"{left or 'no'} of {most} questions left this hour"
