"""The file from which a disposable server is filled again: accounts, rooms, personas (LUNA-17)."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import attrs
from butler import CommandError

from butler_luna_matrix.wish import Wish, from_card, from_table


@attrs.frozen
class User:
    """An account."""

    name: str
    password: str = attrs.field(repr=False)
    display: str = ""
    admin: bool = False


@attrs.frozen
class SeedRoom:
    """A room, and which of the accounts are in it."""

    name: str
    members: tuple[str, ...] = ()
    topic: str = ""
    public: bool = False


@attrs.frozen
class SeedPersona:
    """A persona, and the rooms of the file that it lives in; none: one of its own."""

    wish: Wish
    rooms: tuple[str, ...] = ()


@attrs.frozen
class Seed:
    """The whole file."""

    users: tuple[User, ...]
    rooms: tuple[SeedRoom, ...]
    personas: tuple[SeedPersona, ...]


def read(path: Path) -> Seed:
    """Read and check a seed file. Raises ``CommandError`` with what is wrong."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
        seed = Seed(
            tuple(User(**each) for each in table.get("users", ())),
            tuple(SeedRoom(**{**each, "members": tuple(each.get("members", ()))}) for each in table.get("rooms", ())),
            tuple(_persona(each) for each in table.get("personas", ())),
        )
    except OSError as error:
        raise CommandError(f"{path} cannot be read ({error.strerror})", remedy="give a TOML file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError, ValueError, KeyError, AttributeError) as error:
        raise CommandError(f"{path} is no seed file ({error})", remedy=FORM) from None
    _check(path, seed)
    return seed


FORM = "it has [[users]] (name, password), [[rooms]] (name, members) and [[personas]] (name, prompt or card, rooms)"


def _persona(table: dict[str, Any]) -> SeedPersona:
    name = str(table["name"])
    wish = from_card(name, str(table["card"]), files=True) if "card" in table else from_table(name, table)
    if "card" in table and table.get("prompt"):
        wish = attrs.evolve(wish, prompt=f"{wish.prompt}\n\n{table['prompt']}")
    return SeedPersona(wish, tuple(map(str, table.get("rooms", ()))))


def _check(path: Path, seed: Seed) -> None:
    rooms = {room.name for room in seed.rooms}
    users = {user.name for user in seed.users}
    for persona in seed.personas:
        if missing := set(persona.rooms) - rooms:
            raise CommandError(f"{path}: {persona.wish.name} lives in {min(missing)}, which is no room of the file")
        if not persona.wish.prompt:
            raise CommandError(f"{path}: {persona.wish.name} has no prompt", remedy='give prompt = "…" or card = "…"')
    for room in seed.rooms:
        if missing := set(room.members) - users:
            raise CommandError(f"{path}: {min(missing)} in {room.name} is no account of the file")
