"""Who lives where: personas from files, from packages and from spawning, all alike (HOST-13, HOST-15)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs
import structlog

from butler.clock import Clock
from butler.errors import CommandError, ConfigError
from butler.model import Channel, Message, Persona
from butler.services.cast import Kinship, Partners, Residences
from butler.services.cast.homes import moved, store_move
from butler.services.cast.specs import over, the_butler
from butler.store.codec import pack, unpack
from butler.store.database import Database, Tx

log = structlog.get_logger("butler.personas")

NO_MODEL = ("offline",)

Lend = Callable[[Mapping[str, Mapping[str, Any]]], None]

TABLE = """create table if not exists host_personas (
    name text primary key, body text not null, spawned_at double precision not null
)"""


class Personas:
    """Knows every persona, and which of them live in a channel."""

    def __init__(self, database: Database, clock: Clock, main: str, lend: Lend = lambda brought: None) -> None:
        """``lend`` is told of the settings that personas bring."""
        self._database = database
        self._clock = clock
        self._lend = lend
        self.main = main
        """The persona that lives wherever the host's own account is."""
        self.residences = Residences(database, clock, self.knows, self._moved)
        self.partners = Partners(database, main, self.knows, self._moved)
        self._kin = Kinship()
        self._known: dict[str, Persona] = {}
        self._spawned: set[str] = set()
        self._shipped: set[str] = set()
        """Those that packages bring; where nobody chose a model for them they think with the main one's."""
        self._living: dict[str, tuple[tuple[Persona, ...], dt.datetime | None]] = {}
        """By channel; until when it holds, where somebody lives there for a while."""

    async def start(self, configured: Sequence[Persona]) -> None:
        """Take the configured ones and read the spawned ones.

        Raises ``ConfigError`` if the main one is unknown, or where some extend each other.
        """
        await self._database.submit(_create, None)
        await self.residences.start()
        await self.partners.start()
        written = self._kin.written
        for name, body in await self._database.query("select name, body from host_personas order by spawned_at"):
            written[name] = unpack(Persona, body)
            self._spawned.add(name)
        for persona in (the_butler(), *configured):
            known = written.get(persona.name) if persona.name not in self._spawned else None
            written[persona.name] = over(persona, known) if known else persona
        self._renew(written)
        if self.main not in self._known:
            raise ConfigError(
                f"there is no persona named {self.main!r}", remedy=f"known are: {', '.join(sorted(self._known))}"
            )

    def check(self) -> None:
        """All have come that packages bring: raise ``ConfigError`` for one of a file that extends nobody."""
        for name, persona in self._kin.written.items():
            try:
                self._kin.check(persona)
            except ConfigError as error:
                if name not in self._spawned:
                    raise
                log.warning("a persona goes without what it extends", persona=name, reason=str(error))

    def ship(self, persona: Persona) -> None:
        """A plugin brings a persona; what a file says of it goes before, and one that was spawned stays as it is."""
        known = self._kin.written.get(persona.name)
        self._shipped.add(persona.name)
        if persona.name not in self._spawned:
            self._put(persona.name, over(known, persona) if known else persona)

    def __iter__(self) -> Iterator[Persona]:
        return iter(self._known.values())

    def get(self, name: str) -> Persona | None:
        """A persona by its exact name."""
        return self._known.get(name)

    def knows(self, name: str) -> bool:
        """Whether there is a persona of that name."""
        return name in self._known

    def living_in(self, channel: Channel) -> tuple[Persona, ...]:
        """The personas that may speak in a channel now."""
        found = self._living.get(channel.id)
        if found is None or (found[1] is not None and found[1] <= self._clock.now()):
            if len(self._living) > 10_000:
                self._living.clear()
            found = self._living[channel.id] = self._looked_up(channel)
        return found[0]

    def _looked_up(self, channel: Channel) -> tuple[tuple[Persona, ...], dt.datetime | None]:
        said = self.residences.of(channel.id)
        partner = self.partners.of(channel.id)
        living = tuple(
            persona
            for persona in self._known.values()
            if (said[persona.name].here if persona.name in said else self._lives(persona, channel, partner))
        )
        return living, min((each.until for each in said.values() if each.until is not None), default=None)

    def _lives(self, persona: Persona, channel: Channel, partner: str) -> bool:
        homes = {channel.id, channel.guild.id, channel.platform, channel.thread_of, "*"}
        at_home = bool(homes & set(persona.channels)) or (not persona.channels and persona.name == self.main)
        return at_home or persona.name == partner

    async def add(self, persona: Persona, born: Callable[[Persona], Awaitable[None]]) -> None:
        """Spawn: stored first, then ``born`` tells the plugins; what it raises undoes the spawn."""
        if persona.name in self._known:
            raise CommandError(f"there is a persona named {persona.name} already", remedy="choose another name")
        self._check(persona)
        await self._database.submit(_store, (persona.name, pack(persona), self._clock.now().timestamp()))
        self._put(persona.name, persona)
        self._spawned.add(persona.name)
        try:
            await born(self._known[persona.name])
        except BaseException:
            await self.remove(persona.name)
            raise

    def _check(self, persona: Persona) -> None:
        try:
            self._kin.check(persona)
        except ConfigError as error:
            raise CommandError(str(error)) from error

    async def replace(self, persona: Persona) -> None:
        """A spawned persona was edited: it holds from the next message on, for those that extend it as well."""
        if persona.name not in self._spawned:
            where = "stands in a file" if persona.name in self._known else "does not exist"
            raise CommandError(f"{persona.name} {where} and cannot be changed here")
        self._check(persona)
        await self._database.submit(_store, (persona.name, pack(persona), self._clock.now().timestamp()))
        self._put(persona.name, persona)

    async def settle(self, name: str, channel: str, *, here: bool) -> None:
        """A persona lives in a channel from now on, or no longer. Unknown ones are left out."""
        persona = self._kin.written.get(name)
        if persona is None or (channel in persona.channels) == here:
            return
        self._put(name, attrs.evolve(persona, channels=moved(persona.channels, channel, here)))
        if name in self._spawned:
            await self._database.submit(store_move, (name, channel, here))

    async def move(self, name: str, new: str) -> Persona:
        """A persona has another name. Raises ``CommandError`` for one in a file, or a name that is taken."""
        self._removable(name)
        if new in self._known:
            raise CommandError(f"there is a persona named {new} already", remedy="choose another name")
        persona = self._kin.written[name]
        display = "" if persona.display in {"", name} else persona.display
        renamed = attrs.evolve(persona, name=new, display=display)
        await self._database.submit(_store, (new, pack(renamed), self._clock.now().timestamp()))
        await self._database.submit(_drop, name)
        self._spawned ^= {name, new}
        self._put(name, None)
        self._put(new, renamed)
        return self._known[new]

    def _removable(self, name: str) -> None:
        if name not in self._spawned:
            where = "stands in a file" if name in self._known else "does not exist"
            raise CommandError(f"{name} {where} and cannot be changed here", remedy="change it in butler.toml")
        heirs = self._kin.below(name) - {name}
        if heirs:
            raise CommandError(f"{', '.join(sorted(heirs))} extends {name}", remedy="change or despawn that one first")

    async def remove(self, name: str) -> None:
        """Despawn: the record goes. Raises ``CommandError`` for one that stands in a file, or that others extend."""
        self._removable(name)
        await self._database.submit(_drop, name)
        self._spawned.discard(name)
        self._put(name, None)

    def _put(self, name: str, persona: Persona | None) -> None:
        if persona is None:
            self._kin.written.pop(name, None)
            self._known.pop(name, None)
        else:
            self._kin.written[name] = persona
            self._renew(self._kin.below(name) | (self._shipped if name == self.main else set()))
        self._living.clear()

    def _renew(self, names: Iterable[str]) -> None:
        whole = {name: self._kin.whole(name) for name in names if name in self._kin.written}
        main = whole.get(self.main) or self._known.get(self.main)
        for name in whole.keys() & self._shipped:
            if main is not None and whole[name].model == NO_MODEL:
                whole[name] = attrs.evolve(whole[name], model=main.model)
        self._known.update(whole)
        if brought := {name: persona.settings for name, persona in whole.items() if persona.settings}:
            self._lend(brought)

    def _moved(self) -> None:
        self._living.clear()

    def by_author(self, message: Message) -> Persona | None:
        """The persona that said this, if one of ours did."""
        return self._known.get(message.author.persona) if message.author.persona else None


def _create(tx: Tx, rows: Sequence[None]) -> Sequence[None]:
    tx.all(TABLE)
    return rows


def _store(tx: Tx, rows: Sequence[tuple[str, str, float]]) -> list[None]:
    tx.many(
        "insert into host_personas (name, body, spawned_at) values (?, ?, ?) "
        "on conflict (name) do update set body = excluded.body",
        list(rows),
    )
    return [None] * len(rows)


def _drop(tx: Tx, names: Sequence[str]) -> list[None]:
    tx.many("delete from host_personas where name = ?", [(name,) for name in names])
    return [None] * len(names)
