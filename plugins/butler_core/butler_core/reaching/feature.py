"""Somebody who has been silent is asked how they are: once, by day, and only if they let themselves be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from attrs import define, field
from butler import Guild, Person

from butler_core.feature import Feature
from butler_core.reaching import tables
from butler_core.reaching.commands import ReachingCommands
from butler_core.reaching.settings import ReachingSettings

LOOKS_BACK = 400 * 86_400.0
AT_ONCE = 50
"""So many are asked in one round; the others in the next."""


@define
class Silence:
    """Somebody, and when they were last heard of anywhere."""

    at: float = 0.0
    guilds: dict[str, str] = field(factory=dict)
    """Guild to the account that was seen in it."""


class Reaching(Feature):
    """Asks how people are."""

    settings = ReachingSettings
    tables = (tables.CheckIn,)
    person_columns: ClassVar[Mapping[str, Sequence[str]]] = {"butler_core_check_in": ("person",)}
    commands = ReachingCommands

    async def round(self) -> None:
        """Ask whoever has been silent for long enough."""
        now = self.host.clock.now().timestamp()
        guilds = {guild.id: guild for guild in self.host.guilds if self.settings_for(guild).checkins}
        if not guilds:
            return
        asked: dict[str, float] = {}
        for account, at in (await self.host.db.read(tables.asked)).items():
            who = self.host.who(account).id
            asked[who] = max(at, asked.get(who, 0.0))
        count = 0
        for who, silence in (await self._silences(now - LOOKS_BACK)).items():
            home = next((guild for guild in silence.guilds if guild in guilds), "")
            unanswered = asked.get(who, 0.0) >= silence.at
            if home and not unanswered and await self._ask(who, silence, guilds[home], now):
                count += 1
            if count >= AT_ONCE:
                return

    async def _silences(self, since: float) -> dict[str, Silence]:
        found: dict[str, Silence] = {}
        for account, guild, at in await self.host.db.read(partial(tables.silent, since)):
            silence = found.setdefault(self.host.who(account).id, Silence())
            silence.at = max(silence.at, at)
            silence.guilds[guild] = account
        return found

    async def _ask(self, who: str, silence: Silence, guild: Guild, now: float) -> bool:
        settings = self.settings_for(guild)
        for_long = now - silence.at
        person = await self.host.person(silence.guilds[guild.id], guild)
        if not settings.checkin_after.total_seconds() <= for_long <= settings.checkin_until.total_seconds():
            return False
        if person.bot or self.host.quiet.is_wanted(person) or self.host.is_night(person, guild):
            return False
        text = hello(person, guild)
        if for_long >= settings.checkin_longer_after.total_seconds():
            text = longer_hello(person, guild, int(for_long // 86_400))
        self.host.db.defer(partial(tables.ask, person.id, guild.id, now))
        await self.host.push(person, text, f"check in {who} {silence.at:.0f}", guild=guild)
        return True

    async def export_person(self, person: str) -> Mapping[str, Any]:
        """When somebody was asked how they are."""
        return {"check_ins": await self.host.db.read(partial(tables.of_person, person))}

    async def forget_person(self, person: str, replacement: str) -> Mapping[str, int]:
        """That goes."""
        return {"butler_core_check_in": await self.host.db.write(partial(tables.forget, person))}


def hello(person: Person, guild: Guild) -> str:
    """What somebody is asked after a day."""
    return f"Good day, {person.name}. I have not heard from you in {guild.name or guild.id} lately. How are you?"


def longer_hello(person: Person, guild: Guild, days: int) -> str:
    """What somebody is asked after a week."""
    return (
        f"Good day, {person.name}. It has been {days} days since we last heard from you in {guild.name or guild.id}, "
        "and the house is quieter without you. I hope that you are well. There is no need to answer; but if you would "
        "like to talk, or to hear what has happened meanwhile, I am here."
    )
