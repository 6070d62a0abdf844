"""Personas that are in a channel, or away from it, for a while: by command, with an end, over restarts (CORE-23)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import peewee
from attrs import frozen

from butler.clock import Clock
from butler.errors import CommandError
from butler.model import Channel
from butler.store.database import Database
from butler.store.table import Table, create_tables


@frozen
class Residence:
    """A persona is ``here``, or away, whatever else is said of where it lives. ``until``: ``None`` for no end."""

    persona: str
    channel: str
    here: bool
    until: dt.datetime | None


class ResidenceRow(Table):
    """One residence."""

    persona = peewee.TextField()
    channel = peewee.TextField(index=True)
    here = peewee.BooleanField()
    until = peewee.DoubleField(null=True)

    class Meta:
        table_name = "host_residences"
        primary_key = peewee.CompositeKey("persona", "channel")


class Residences:
    """Answers from memory; written through to the store. What has ended counts no more."""

    def __init__(
        self, database: Database, clock: Clock, known: Callable[[str], bool], changed: Callable[[], None]
    ) -> None:
        """``known``: whether there is a persona of that name; ``changed`` is called after each change."""
        self._changed = changed
        self._database = database
        self._clock = clock
        self._known = known
        self._channels: dict[str, dict[str, Residence]] = {}

    async def start(self) -> None:
        """Make the table and read it; what has ended is deleted."""
        now = self._clock.now().timestamp()
        for residence in await self._database.write(lambda: _load(now)):
            self._channels.setdefault(residence.channel, {})[residence.persona] = residence

    async def begin(self, persona: str, channel: Channel, until: dt.datetime | None = None) -> Residence:
        """Have a persona live in a channel. Raises ``CommandError`` for one that is unknown, or an end in the past."""
        return await self._put(persona, channel, True, until)

    async def send_away(self, persona: str, channel: Channel, until: dt.datetime | None = None) -> Residence:
        """Have a persona be silent in a channel where it lives. Raises ``CommandError`` as :meth:`begin`."""
        return await self._put(persona, channel, False, until)

    async def end(self, persona: str, channel: Channel) -> bool:
        """It lives there, or not, as it did before. False: nothing was said of it."""
        found = self.of(channel.id).get(persona)
        self._channels.get(channel.id, {}).pop(persona, None)
        await self._database.write(lambda: _drop(persona, channel.id))
        self._changed()
        return found is not None

    async def _put(self, persona: str, channel: Channel, here: bool, until: dt.datetime | None) -> Residence:
        if not self._known(persona):
            raise CommandError(f"there is no persona named {persona}", remedy="`/persona` lists them")
        if until is not None and until <= self._clock.now():
            raise CommandError("that would have ended before it began", remedy="give a time in the future")
        residence = Residence(persona, channel.id, here, until)
        await self._database.write(lambda: _save(residence))
        self._channels.setdefault(channel.id, {})[persona] = residence
        self._changed()
        return residence

    def of(self, channel: str) -> dict[str, Residence]:
        """What is said of personas in a channel now, by name."""
        there = self._channels.get(channel)
        if not there:
            return {}
        now = self._clock.now()
        over = [name for name, each in there.items() if each.until is not None and each.until <= now]
        for name in over:
            del there[name]
        return dict(there)


def _load(now: float) -> list[Residence]:
    create_tables([ResidenceRow])
    ResidenceRow.delete().where(ResidenceRow.until <= now).execute()
    return [Residence(row.persona, row.channel, bool(row.here), _aware(row.until)) for row in ResidenceRow.select()]


def _aware(seconds: float | None) -> dt.datetime | None:
    return None if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC)


def _save(residence: Residence) -> None:
    changed = {"here": residence.here, "until": residence.until.timestamp() if residence.until else None}
    key = {"persona": residence.persona, "channel": residence.channel}
    ResidenceRow.insert(**key, **changed).on_conflict(conflict_target=list(key), update=changed).execute()


def _drop(persona: str, channel: str) -> None:
    ResidenceRow.delete().where(ResidenceRow.persona == persona, ResidenceRow.channel == channel).execute()
