"""Something is said to whom a manager named, in a persona's voice if wanted; now, or when its time has come."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from butler import BadArgument, Call, CommandError, Guild, PlatformError, Reply

from butler_core import targets
from butler_core.feature import Feature
from butler_core.sending import tables
from butler_core.sending.commands import SendingCommands
from butler_core.sending.settings import SendingSettings
from butler_core.sending.tables import Planned
from butler_core.targets import Target

LATE = dt.timedelta(hours=1)
"""What was missed by less is said late; by more it is left out, and whoever planned it is told."""
LONGEST = 2000


class Sending(Feature):
    """Says what managers want to be said."""

    settings = SendingSettings
    tables = (tables.Planned,)
    person_columns: ClassVar[Mapping[str, Sequence[str]]] = {"butler_core_planned": ("by", "to")}
    commands = SendingCommands

    def voice(self, name: str) -> str:
        """A persona by name. Raises ``BadArgument`` for one that is unknown."""
        for persona in self.host.personas:
            if name.casefold() in {persona.name.casefold(), persona.label.casefold()}:
                return persona.name
        if name:
            known = ", ".join(persona.name for persona in self.host.personas)
            raise BadArgument(f"There is no persona “{name[:40]}”", remedy=f"there are {known}")
        return ""

    async def target(self, call: Call, to: str, text: str) -> Target:
        """Whom it is for. Raises ``BadArgument`` and ``CommandError`` with what is wrong."""
        if call.channel.dm:
            raise CommandError("This is done in a guild's channel, for that guild")
        if not text.strip() or len(text) > LONGEST:
            raise BadArgument(f"A message has 1 to {LONGEST} characters, not {len(text)}")
        return await targets.find(self.host, to, call.channel)

    async def say(self, target: Target, guild: Guild, reply: Reply, key: str) -> int:
        """Say it, once for each key; to how many people or channels. Raises ``CommandError`` where nobody is there."""
        if target.kind == "channel":
            channel = self.host.channel(target.id)
            if channel is None:
                raise CommandError(f"There is no channel {target.shown} any more")
            await self.host.push(channel, reply, key)
            return 1
        people = await targets.people(self.host, target, guild)
        most = self.settings_for(guild).send_most
        if not people:
            raise CommandError(f"Nobody is known here whom {target.shown} would reach")
        if len(people) > most:
            raise CommandError(f"{target.shown} are {len(people)} people", remedy=f"send_most allows {most}")
        for person in people:
            await self.host.push(person, reply, f"{key} {person.id}", guild=guild)
        return len(people)

    # --- later ------------------------------------------------------------------------------------------

    async def plan(self, call: Call, kind: str, spec: str, to: str, voice: str, text: str) -> Planned:
        """Keep it and wait for its time. Raises ``CommandError`` with what is wrong."""
        target = await self.target(call, to, text)
        there = await self.host.db.read(partial(tables.of_guild, call.guild.id))
        if len(there) >= call.settings.scheduled_most:
            raise CommandError(f"{len(there)} messages are planned already", remedy="`schedule delete` takes one back")
        number = await self.host.db.write(
            partial(
                tables.put, guild=call.guild.id, kind=kind, spec=spec, to_kind=target.kind, to=target.id,
                to_name=target.name, persona=self.voice(voice), text=text, by=call.person.id,
            )
        )  # fmt: skip
        planned = await self.host.db.read(partial(tables.one, number))
        assert planned is not None
        try:
            await self.wait(planned)
        except CommandError:
            await self.host.db.write(partial(tables.drop, number))
            raise
        return planned

    async def wait(self, planned: Planned) -> None:
        """Have it said at its time. Raises ``BadArgument`` where that is never."""
        key = f"planned {planned.id}"
        options: dict[str, Any] = {"key": key, "guild": planned.guild, "missed": "late"}
        job, arguments = self.plugin.planned, {"number": planned.id}  # type: ignore[attr-defined]
        if planned.kind == "once":
            at = dt.datetime.fromtimestamp(float(planned.spec), dt.UTC)
            await self.host.schedule.once(at, job, arguments=arguments, **options)
        elif planned.kind == "every":
            await self.host.schedule.every(float(planned.spec), job, arguments=arguments, **options)
        else:
            await self.host.schedule.cron(planned.spec, job, arguments=arguments, **options)

    async def due(self, number: int, due: dt.datetime) -> None:
        """Its time has come, or came while nobody was there."""
        planned = await self.host.db.read(partial(tables.one, number))
        if planned is None or planned.paused:
            return
        guild = next((each for each in self.host.guilds if each.id == planned.guild), Guild(planned.guild))
        if planned.kind == "once":
            self.host.db.defer(partial(tables.drop, number))
        late = self.host.clock.now() - due
        if late >= LATE:
            self.host.log.warning("a planned message is left out", number=number, due=due.isoformat())
            await self._tell(planned, guild, f"was left out: I was away at {self.at(due, guild)}", due)
            return
        reply = Reply(planned.text, persona=planned.persona)
        try:
            await self.say(planned.target, guild, reply, f"planned {number} {due.timestamp():.0f}")
        except (CommandError, PlatformError) as error:
            self.host.log.warning("a planned message could not be said", number=number, reason=str(error))
            await self._tell(planned, guild, f"could not be said: {error}", due)

    async def _tell(self, planned: Planned, guild: Guild, what: str, due: dt.datetime) -> None:
        """Whoever planned it hears what became of it."""
        by = await self.host.person(planned.by, guild)
        text = f"The planned message {planned.id} in {guild.name or guild.id} {what}: {planned.text[:200]}"
        if not by.bot:
            await self.host.push(by, text, f"planned {planned.id} told {due.timestamp():.0f}", guild=guild, asked=True)

    def at(self, when: dt.datetime, guild: Guild) -> str:
        """A time on the guild's clock."""
        return f"{when.astimezone(self.host.zone(guild)):%a %d %b %Y, %H:%M}"

    async def export_person(self, person: str) -> Mapping[str, Any]:
        """What somebody planned."""
        return {"planned": await self.host.db.read(partial(tables.of_person, person))}

    async def forget_person(self, person: str, replacement: str) -> Mapping[str, int]:
        """The guild's messages stay; those for them go."""
        return {"butler_core_planned": await self.host.db.write(partial(tables.forget, person, replacement))}
