"""A question goes to people by direct message; what they answer becomes a number, and the numbers a picture."""

from __future__ import annotations

import datetime as dt
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from butler import QUOTE_RULE, Bars, Denied, Guild, Lines, Message, ModelError, OverBudget, Reply, Stop, quoted

from butler_core import targets
from butler_core.feature import Feature
from butler_core.gauging import tables
from butler_core.gauging.commands import GaugingCommands
from butler_core.gauging.tables import Gauge
from butler_core.sentiment import Vader, mood_of

ANSWER_WITHIN = 86_400.0
FEWEST = 3
"""Fewer answers are not shown: they would tell who said what."""
_SCHEMA = {
    "type": "object",
    "properties": {"mood": {"type": "number", "minimum": -1, "maximum": 1}},
    "required": ["mood"],
    "additionalProperties": False,
}


class Gauging(Feature):
    """Asks, and sums up."""

    tables = (tables.Gauge, tables.GaugeWait, tables.GaugeAnswer)
    person_columns: ClassVar[Mapping[str, Sequence[str]]] = {
        "butler_core_gauge": ("by",),
        "butler_core_gauge_wait": ("person",),
        "butler_core_gauge_answer": ("person",),
    }
    commands = GaugingCommands

    async def start(self) -> None:
        """The lexicon is read when it is needed."""
        self.vader = Vader()

    async def ask(self, number: int) -> int:
        """Ask everybody of its audience; how many."""
        gauge = await self.host.db.read(partial(tables.one, number))
        if gauge is None or not gauge.running:
            return 0
        guild = next((each for each in self.host.guilds if each.id == gauge.guild), Guild(gauge.guild))
        people = [
            each for each in await targets.people(self.host, gauge.target, guild) if not self.host.quiet.is_wanted(each)
        ]
        asked = self.host.clock.now().timestamp()
        self.host.db.defer(partial(tables.wait, number, [each.id for each in people], asked))
        text = f"{gauge.question}\n\n*Answer here in a sentence. Nobody's answer is shown by name, nor is it kept.*"
        for person in people:
            await self.host.push(person, text, f"gauge {number} {asked:.0f} {person.id}", guild=guild)
        return len(people)

    async def on_message(self, message: Message) -> Stop | None:
        """Somebody who was asked answers in private; a question of theirs is none."""
        if not message.channel.dm or message.author.bot or message.kind != "message":
            return None
        if message.text.startswith(("/", "!")) or message.text.rstrip().endswith("?") or not message.text.strip():
            return None
        waits = await self.host.db.read(partial(tables.waiting, message.author.id))
        if waits is None or message.at.timestamp() - waits[1] > ANSWER_WITHIN:
            return None
        self.host.db.defer(partial(tables.answered, message.author.id))
        arguments = {"number": waits[0], "asked": waits[1], "person": message.author.id, "text": message.text[:1000]}
        job = self.plugin.gauge_scored  # type: ignore[attr-defined]
        await self.host.schedule.once(self.host.clock.now(), job, key=f"gauge {message.id}", arguments=arguments)
        await message.reply("Thank you; that is noted, without your name.")
        return Stop("it answers a gauge")

    async def scored(self, number: int, asked: float, person: str, text: str) -> None:
        """An answer becomes a number."""
        gauge = await self.host.db.read(partial(tables.one, number))
        if gauge is not None:
            score = await self._score(gauge, text)
            self.host.db.defer(partial(tables.answer, number, asked, person, score))

    async def _score(self, gauge: Gauge, text: str) -> float:
        """By a model where there is one, else by words."""
        if self.host.models.has():
            prompt = (
                f"How does this answer to “{gauge.question}” sound, from -1 (very bad) over 0 to 1 (very good)?\n\n"
                f"{QUOTE_RULE}\n\n{quoted(text, 'an answer')}"
            )
            try:
                told = await self.host.models.complete(
                    prompt, asker=None, place=Guild(gauge.guild), purpose="gauge", schema=_SCHEMA, max_tokens=100,
                    temperature=0.0, deadline=45.0,
                )  # fmt: skip
                return max(-1.0, min(1.0, float((told.data or {})["mood"])))
            except (ModelError, OverBudget, Denied, KeyError, TypeError, ValueError) as error:
                self.host.log.info("an answer is scored by its words", number=gauge.id, reason=str(error))
        return await self.vader.score(text)

    async def report(self, gauge: Gauge, guild: Guild) -> Reply | str:
        """How answers are distributed, and how that changed."""
        rows = await self.host.db.read(partial(tables.answers, gauge.id))
        if len(rows) < FEWEST:
            return f"{len(rows)} answers until now: too few to show without telling who said what."
        scores = [score for _, score in rows]
        moods = Counter(mood_of(score) for score in scores)
        rounds: dict[float, list[float]] = {}
        for asked, score in rows:
            rounds.setdefault(asked, []).append(score)
        zone = self.host.zone(guild)
        course = [
            (dt.datetime.fromtimestamp(asked, zone), statistics.fmean(each))
            for asked, each in sorted(rounds.items())
            if len(each) >= FEWEST
        ]
        told = f"{len(rows)} answers: {moods['good']} good, {moods['neither']} neither, {moods['bad']} bad; "
        text = f"**{gauge.question}**\n{told}on average {statistics.fmean(scores):+.2f}, from -1 to 1."
        counts = {"": (moods["bad"], moods["neither"], moods["good"])}
        files = [await self.host.charts.draw(Bars("How answers sound", ("bad", "neither", "good"), counts, "answers"))]
        if len(course) > 1:
            files.append(await self.host.charts.draw(Lines("How that changed", {"": course}, unit="average, -1 to 1")))
        return Reply(text, files=tuple(files))

    async def export_person(self, person: str) -> Mapping[str, Any]:
        """What somebody asked, and how their answers sounded."""
        return {"gauges": await self.host.db.read(partial(tables.of_person, person))}

    async def forget_person(self, person: str, replacement: str) -> Mapping[str, int]:
        """The sums stay."""
        return await self.host.db.write(partial(tables.forget, person, replacement))
