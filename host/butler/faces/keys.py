"""``butler keys``: which secrets there are, where each comes from, how one is set and taken away (LLM-7, HOST-27)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import tomlkit
from attrs import field, frozen

from butler.config import Classes, Config
from butler.config.environment import PREFIX, is_secret_name
from butler.config.keyring import Keyring
from butler.config.problems import Path as Way
from butler.config.problems import dotted, nearest
from butler.config.references import Reference, references
from butler.config.structure import settings_fields
from butler.errors import BadArgument, CommandError
from butler.faces import dotenv

ENV: Final = ".env"
CLEAR: Final = "(in the clear)"
LONGEST: Final = 20_000
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")
_NAMED: Final = ("platforms", "providers", "plugins")


@frozen
class Key:
    """One secret: what it is called, where it comes from, and what needs it. Never the secret itself."""

    name: str
    state: str
    """``set`` or ``missing``."""
    source: str = ""
    """``environment``, ``.env:3``, ``keyring``, ``butler.toml:12 (in the clear)``."""
    used_by: tuple[str, ...] = ()
    way: Way = field(default=(), repr=False)


def listed(config: Config, classes: Classes) -> list[Key]:
    """Every secret that the configuration names or holds, and those that installed providers and platforms need."""
    found: dict[str, Key] = {}
    for key in (*_referred(config), *_held(config, classes), *_wanted(config, classes)):
        known = found.get(key.name)
        uses = tuple(dict.fromkeys([*(known.used_by if known else ()), *key.used_by]))
        found[key.name] = Key(key.name, key.state, key.source, uses, key.way)
    return sorted(found.values(), key=lambda key: (key.used_by, key.name))


def _tables(config: Config) -> Iterator[tuple[Way, Mapping[str, Any]]]:
    for section in ("platforms", "providers", "personas"):
        for name, table in getattr(config, section).items():
            yield (section, name), table
    for name, entry in config.plugins.items():
        yield ("plugins", name), entry.values
    for guild, told in config.guilds.items():
        for name, entry in told.plugins.items():
            yield ("guilds", guild, "plugins", name), entry.values


def _referred(config: Config) -> Iterator[Key]:
    for way, table in _tables(config):
        for below, reference in references(table):
            path = (*way, *below)
            variable = config.sources.variables.get(path, "").rpartition(" ")[2]  # where a variable names the keyring
            source = config.variables.source(reference)
            yield Key(variable or reference.name, "set" if source else "missing", source, (dotted(path),), path)


def _held(config: Config, classes: Classes) -> Iterator[Key]:
    """What is given without a reference: by a variable of its own, or in the clear."""
    for way, table in _tables(config):
        for name in _secrets(classes, way):
            value = table.get(name)
            if not isinstance(value, str) or not value or Reference.read(value) is not None:
                continue
            path = (*way, name)
            where, _, variable = config.where(*path).partition(" ")
            source = where if variable else f"{where} {CLEAR}"
            yield Key(variable or dotted(path), "set", source, (dotted(path),), path)


def _wanted(config: Config, classes: Classes) -> Iterator[Key]:
    """What is not given at all. Of what is not configured the first one, by which it would be."""
    for section in ("providers", "platforms"):
        for name in getattr(classes, section):
            table = getattr(config, section).get(name)
            for key in _secrets(classes, (section, name)):
                path = (section, name, key)
                if not (table or {}).get(key):
                    used = dotted(path) if table is not None else f"{dotted(path)} (not configured)"
                    yield Key(variable_of(path), "missing", "", (used,), path)


def _secrets(classes: Classes, way: Way) -> list[str]:
    section, name = (way[-2], way[-1]) if len(way) > 1 else ("", "")
    kind = getattr(classes, str(section), {}).get(name) if section in _NAMED else None
    fields = settings_fields(kind) if kind is not None else {}
    return [key for key, each in fields.items() if each.metadata.get("secret")]


def variable_of(path: Way) -> str:
    """The variable that sets a key of the configuration without a word in the file: ``BUTLER_PROVIDERS__X__KEY``."""
    return PREFIX + "__".join(re.sub(r"\W", "_", str(part)).upper() for part in path)


def meant(config: Config, classes: Classes, given: str) -> Key:
    """The secret that somebody names by its variable, its key (``providers.x.key``) or what needs it (``x``).

    Raises ``BadArgument`` with what is known. It never repeats what was given where that may be a key itself.
    """
    keys = listed(config, classes)
    named = [key for key in keys if given in (key.name, dotted(key.way), *key.used_by)]
    named = named or [key for key in keys if given in (dotted(key.way[:-1]), *map(str, key.way[1:-1]))]
    if len(named) == 1:
        return named[0]
    if named:
        several = ", ".join(dotted(key.way) for key in named)
        raise BadArgument("that has several secrets", remedy=f"name one: {several}")
    if _VARIABLE.fullmatch(given) and (is_secret_name(given) or given.startswith(PREFIX)):
        return Key(given, "missing")
    near = nearest(given, [*{dotted(key.way) for key in keys}, *(key.name for key in keys)]) if len(given) < 40 else ""
    known = ", ".join(key.name for key in keys) or "none yet"
    raise BadArgument(
        "that is no name of a secret" + (f", did you mean {near}?" if near else ""),
        remedy=f"give a variable such as OPENAI_API_KEY, a key such as providers.openai.key, or one of: {known}",
    )


def cleaned(value: str) -> str:
    """What was typed or piped, as a secret. Raises ``BadArgument``."""
    value = value.strip()
    if not value:
        raise BadArgument("nothing was given", remedy="type or paste the key; it does not show")
    if len(value) > LONGEST or "\0" in value:
        raise BadArgument("that is no key", remedy=f"a key is text of at most {LONGEST:,} characters")
    return value


def put(config: Config, key: Key, value: str, *, keyring: bool) -> list[str]:
    """Keep a secret, in `.env` or in the system's keyring (where it stays if it is there already).

    Returns what to tell. Raises ``ConfigError`` if it cannot be kept.
    """
    file = config.folder / ENV
    told = []
    if keyring or _in_keyring(config, key):
        Keyring().put(key.name, value)
        told.append(f"{key.name} is kept in the keyring")
        if not _names_keyring(config, key):
            dotenv.put(file, key.name, str(Reference("keyring", key.name)))
            told.append(f"{file} says that it lies there")
    else:
        dotenv.put(file, key.name, value)
        told.append(f"{key.name} is kept in {file}, for your eyes only")
    return told + _notes(config, key)


def _names_keyring(config: Config, key: Key) -> bool:
    return any(str(found) == f"keyring:{key.name}" for _, table in _tables(config) for _, found in references(table))


def _in_keyring(config: Config, key: Key) -> bool:
    return config.variables.get(key.name) == f"keyring:{key.name}" or _names_keyring(config, key)


def _notes(config: Config, key: Key) -> list[str]:
    """What stands in the way of what was set."""
    notes = []
    if config.variables.sources.get(key.name, "").startswith("environment"):
        notes.append(f"the environment sets {key.name} too, and goes before: take it out there")
    if key.source.endswith(CLEAR):
        notes.append(f"it also stands in {key.source}: take that line out")
    if not key.used_by:
        notes.append(f'nothing refers to it yet: write "env:{key.name}" where it is needed, in butler.toml')
    return notes


def remove(config: Config, key: Key) -> list[str]:
    """Take a secret away, wherever it is kept; returns what to tell. Raises ``CommandError`` if it is nowhere."""
    file = config.folder / ENV
    told = []
    named = _in_keyring(config, key)
    if dotenv.take(file, key.name):
        told.append(f"{key.name} is taken out of {file}")
    if named and Keyring().remove(key.name):
        told.append(f"{key.name} is taken out of the keyring")
    if not told:
        where = f": {key.source} is not this command's to change" if key.source else ""
        raise CommandError(f"{key.name} is not kept in {file} or the keyring{where}")
    return told + [note for note in _notes(config, key) if "environment" in note or "also stands" in note]


def dotenv_of(config: Config) -> Path:
    """The `.env` that holds for a configuration."""
    return (config.folder / ENV).resolve()


def without_clear(text: str, config: Config, classes: Classes) -> tuple[str, list[str]]:
    """A butler.toml without the secrets that stand in it, each named by its variable instead; and which they were."""
    document = tomlkit.parse(text)
    known = {key.way for key in listed(config, classes) if key.source.endswith(CLEAR)}
    found: list[str] = []

    def look(table: Any, way: Way) -> None:
        for key, value in table.items() if isinstance(table, dict) else enumerate(table):
            here = (*way, key)
            if isinstance(value, dict | list):
                look(value, here)
            elif isinstance(value, str) and (here in known or _is_clear(value, here, config)):
                table[key] = f"env:{variable_of(here)}"
                found.append(dotted(here))

    look(document, ())
    return tomlkit.dumps(document), found


def _is_clear(value: str, way: Way, config: Config) -> bool:
    name = next(str(part) for part in reversed(way) if isinstance(part, str))
    if not value or Reference.read(value) is not None:
        return False
    return is_secret_name(name) or value in config.secrets or (way == ("host", "database") and "@" in value)
