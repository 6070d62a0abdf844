"""What was counted, put together for those who want to know how their guild is doing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from butler import Bars, Card, Channel, File, Guild, PlatformError, Reply

from butler_core.counting import Counting
from butler_core.counting.days import first_of
from butler_core.feature import Feature
from butler_core.stats import sums
from butler_core.stats.commands import StatsCommands

NOW_PLAYING = "now_playing:music"
"""What the plugin music offers: ``async (guild) -> str``, ``""`` while nothing plays."""
BEST = 3


class Stats(Feature):
    """Knows how a guild is doing."""

    commands = StatsCommands

    async def told(self, guild: Guild, here: Channel, days: int) -> Reply:
        """The card and its pictures."""
        since = first_of(days, self.host.clock.now(), self.host.zone(guild))
        messages, bots = await self.host.db.read(partial(sums.total, guild.id, since))
        joined, gone = await self.host.db.read(partial(sums.coming, guild.id, since))
        channels = await self.host.db.read(partial(sums.channels, guild.id, since))
        top = await self.plugin.feature(Counting).top(guild, days)
        fields = await self._people(guild, here)
        fields += [
            ("Came and went", f"{joined} joined, {gone} left"),
            ("Messages", f"{messages}, {bots} of them by machines"),
            ("Busiest", _listed([(self._name(channel), count) for channel, count in channels[:BEST]])),
            ("Most active", _listed([(person.name, counts[0]) for person, counts in top[:BEST]])),
        ]
        playing = await self.host.ask(NOW_PLAYING, guild, guild=guild)
        if playing:
            fields.append(("Now playing", str(playing)))
        files = await self._pictures(guild, since, channels) if messages else ()
        span = "today" if days == 1 else f"the last {days} days"
        picture = files[0].name if files else ""
        return Reply(card=Card(f"{guild.name or guild.id}, {span}", fields=tuple(fields), picture=picture), files=files)

    async def _people(self, guild: Guild, here: Channel) -> list[tuple[str, str]]:
        """How many there are, as far as the platform tells."""
        try:
            facts = await self.host.facts(guild)
            members = await self.host.members(here)
        except PlatformError:
            facts, members = {}, ()
        machines = sum(1 for each in members if each.bot)
        count = facts.get("members", len(members))
        told = f"{count}, {machines} machines among them" if members else str(count or "not told here")
        boosts = [("Boosts", str(facts["boosts"]))] if "boosts" in facts else []
        return [("Members", told), *boosts]

    async def _pictures(self, guild: Guild, since: str, channels: Sequence[tuple[str, int]]) -> tuple[File, ...]:
        by_hour = await self.host.db.read(partial(sums.hours, guild.id, since))
        hours = tuple(f"{hour:02}" for hour in range(24))
        first = await self.host.charts.draw(Bars("Messages by hour", hours, {"": by_hour}, unit="messages"))
        names = tuple(self._name(channel) for channel, _ in channels)
        counts = {"": tuple(count for _, count in channels)}
        chart = Bars("Messages by channel", names, counts, unit="messages", horizontal=True)
        return first, await self.host.charts.draw(chart)

    def _name(self, channel: str) -> str:
        place = self.host.channel(channel)
        return f"#{place.name.lstrip('#')}" if place is not None and place.name else channel


def _listed(rows: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{name} ({count})" for name, count in rows) or "nobody yet"
