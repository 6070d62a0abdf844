"""Who lives where: personas from files, from packages and from spawning, all alike (HOST-13, HOST-15)."""

from __future__ import annotations

import importlib.resources
import tomllib
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from attrs import define, field

from butler.errors import CommandError, ConfigError
from butler.model import Channel, Message, Persona
from butler.services.homes import moved, store_move
from butler.store.codec import pack, unpack
from butler.store.database import Database, Tx

TABLE = """create table if not exists host_personas (
    name text primary key, body text not null, spawned_at double precision not null
)"""


@define
class PersonaSpec:
    """The keys of ``[personas.NAME]`` and of a persona's TOML file."""

    display: str = ""
    prompt: str = ""
    prompt_file: str = ""
    """A text file beside the TOML that holds the prompt."""
    greeting: str = ""
    examples: list[list[str]] = field(factory=list)
    model: str | list[str] = ""
    handles: list[str] = field(factory=list)
    picture: str = ""
    colour: str = ""
    extends: str = ""
    accounts: dict[str, str] = field(factory=dict)
    channels: list[str] = field(factory=list)
    settings: dict[str, Any] = field(factory=dict)

    def persona(self, name: str, folder: Path | None = None) -> Persona:
        """The frozen persona. Raises ``ConfigError`` where the prompt file or an example is wrong."""
        prompt = self.prompt.strip()
        if self.prompt_file:
            prompt = _read_prompt(name, (folder or Path()) / self.prompt_file)
        wrong = [example for example in self.examples if len(example) != 2]
        if wrong:
            raise ConfigError(f"persona {name}: an example is a pair of question and answer, not {wrong[0]!r}")
        model = (self.model,) if isinstance(self.model, str) else tuple(self.model)
        return Persona(
            name=name, display=self.display, prompt=prompt, greeting=self.greeting.strip(),
            examples=tuple((question, answer) for question, answer in self.examples),
            model=tuple(filter(None, model)) or ("offline",), handles=tuple(self.handles), picture=self.picture,
            colour=self.colour, extends=self.extends, accounts=self.accounts, channels=tuple(self.channels),
            settings=self.settings,
        )  # fmt: skip


def _read_prompt(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"persona {name}: prompt_file {path} cannot be read ({error})", remedy="correct the path, or use prompt = …"
        ) from error


def the_butler() -> Persona:
    """The persona that ships with the host."""
    text = importlib.resources.files("butler.personas").joinpath("TheButler.toml").read_text(encoding="utf-8")
    return PersonaSpec(**tomllib.loads(text)).persona("TheButler")


def inherit(persona: Persona, parent: Persona) -> Persona:
    """``extends``: what the persona leaves empty is the parent's, and the parent's prompt stands before its own."""
    given = {
        f.name: getattr(persona, f.name) or getattr(parent, f.name)
        for f in attrs.fields(Persona)
        if f.name not in {"name", "display", "prompt", "handles", "model", "accounts", "channels", "extends"}
    }
    model = parent.model if persona.model == ("offline",) else persona.model
    return attrs.evolve(persona, **given, model=model, prompt=f"{parent.prompt}\n\n{persona.prompt}".strip())


def over(persona: Persona, shipped: Persona) -> Persona:
    """A persona of butler.toml that a package ships as well: what the file leaves out is as it was shipped."""
    given = {f.name: getattr(persona, f.name) or getattr(shipped, f.name) for f in attrs.fields(Persona)}
    model = shipped.model if persona.model == ("offline",) else persona.model
    return attrs.evolve(persona, **{**given, "model": model})


class Personas:
    """Knows every persona, and which of them live in a channel."""

    def __init__(self, database: Database, now: Callable[[], float], main: str) -> None:
        self._database = database
        self._now = now
        self.main = main
        """The persona that lives wherever the host's own account is."""
        self._known: dict[str, Persona] = {}
        self._spawned: set[str] = set()
        self._living: dict[str, tuple[Persona, ...]] = {}

    async def start(self, configured: Sequence[Persona]) -> None:
        """Take the configured ones and read the spawned ones. Raises ``ConfigError`` if the main one is unknown."""
        await self._database.submit(_create, None)
        for name, body in await self._database.query("select name, body from host_personas order by spawned_at"):
            self._known[name] = unpack(Persona, body)
            self._spawned.add(name)
        for persona in (the_butler(), *configured):
            known = self._known.get(persona.name) if persona.name not in self._spawned else None
            self._known[persona.name] = over(persona, known) if known else persona
        for persona in list(self._known.values()):
            self._known[persona.name] = self._resolved(persona)
        if self.main not in self._known:
            raise ConfigError(
                f"there is no persona named {self.main!r}", remedy=f"known are: {', '.join(sorted(self._known))}"
            )

    def ship(self, persona: Persona) -> None:
        """A plugin brings a persona; what a file says of it goes before, and one that was spawned stays as it is."""
        known = self._known.get(persona.name)
        if persona.name not in self._spawned:
            self._put(persona.name, self._resolved(over(known, persona) if known else persona))

    def _resolved(self, persona: Persona, seen: tuple[str, ...] = ()) -> Persona:
        if not persona.extends:
            return persona
        if persona.name in seen:
            raise ConfigError(f"personas extend each other in a circle: {' → '.join((*seen, persona.name))}")
        parent = self._known.get(persona.extends)
        if parent is None:
            raise ConfigError(
                f"persona {persona.name} extends {persona.extends!r}, which does not exist",
                remedy=f"known are: {', '.join(sorted(self._known))}",
            )
        return inherit(persona, self._resolved(parent, (*seen, persona.name)))

    def __iter__(self) -> Iterator[Persona]:
        return iter(self._known.values())

    def get(self, name: str) -> Persona | None:
        """A persona by its exact name."""
        return self._known.get(name)

    def living_in(self, channel: Channel) -> tuple[Persona, ...]:
        """The personas that may speak in a channel."""
        found = self._living.get(channel.id)
        if found is None:
            if len(self._living) > 10_000:
                self._living.clear()
            found = self._living[channel.id] = tuple(p for p in self._known.values() if self._lives(p, channel))
        return found

    def _lives(self, persona: Persona, channel: Channel) -> bool:
        homes = {channel.id, channel.guild.id, channel.platform, channel.thread_of, "*"}
        return bool(homes & set(persona.channels)) or (not persona.channels and persona.name == self.main)

    async def add(self, persona: Persona, born: Callable[[Persona], Awaitable[None]]) -> None:
        """Spawn: stored first, then ``born`` tells the plugins; what it raises undoes the spawn."""
        if persona.name in self._known:
            raise CommandError(f"there is a persona named {persona.name} already", remedy="choose another name")
        await self._database.submit(_store, (persona.name, pack(persona), self._now()))
        self._put(persona.name, self._resolved(persona))
        self._spawned.add(persona.name)
        try:
            await born(self._known[persona.name])
        except BaseException:
            await self.remove(persona.name)
            raise

    async def replace(self, persona: Persona) -> None:
        """A persona was edited: it holds from the next message on."""
        await self._database.submit(_store, (persona.name, pack(persona), self._now()))
        self._put(persona.name, self._resolved(persona))

    async def settle(self, name: str, channel: str, *, here: bool) -> None:
        """A persona lives in a channel from now on, or no longer. Unknown ones are left out."""
        persona = self._known.get(name)
        if persona is None or (channel in persona.channels) == here:
            return
        self._put(name, attrs.evolve(persona, channels=moved(persona.channels, channel, here)))
        if name in self._spawned:
            await self._database.submit(store_move, (name, channel, here))

    async def move(self, name: str, renamed: Persona) -> None:
        """A persona has another name. Raises ``CommandError`` for one in a file, or a name that is taken."""
        self._removable(name)
        if renamed.name in self._known:
            raise CommandError(f"there is a persona named {renamed.name} already", remedy="choose another name")
        await self._database.submit(_store, (renamed.name, pack(renamed), self._now()))
        await self._database.submit(_drop, name)
        self._spawned ^= {name, renamed.name}
        self._put(name, None)
        self._put(renamed.name, renamed)

    def _removable(self, name: str) -> None:
        if name not in self._spawned:
            where = "stands in a file" if name in self._known else "does not exist"
            raise CommandError(f"{name} {where} and cannot be changed here", remedy="change it in butler.toml")

    async def remove(self, name: str) -> None:
        """Despawn: the record goes. Raises ``CommandError`` for one that stands in a file."""
        self._removable(name)
        await self._database.submit(_drop, name)
        self._spawned.discard(name)
        self._put(name, None)

    def _put(self, name: str, persona: Persona | None) -> None:
        self._known.pop(name, None)
        if persona is not None:
            self._known[name] = persona
        self._living.clear()

    def by_author(self, message: Message) -> Persona | None:
        """The persona that said this, if one of ours did."""
        return self._known.get(message.author.persona) if message.author.persona else None


def specs_from_files(package: str, names: Sequence[str]) -> Mapping[str, dict[str, Any]]:
    """The personas that a plugin's package ships, by name."""
    found = {}
    for name in names:
        text = importlib.resources.files(package).joinpath(name).read_text(encoding="utf-8")
        found[Path(name).stem] = tomllib.loads(text)
    return found


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
