"""Kinds of relationship and their stages: those of the package, and what an operator wrote beside."""

from __future__ import annotations

import importlib.resources
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen
from butler import ConfigError

FILE = "relationships.toml"


@frozen
class Stage:
    """One stage of a relationship, and what the character is told in it."""

    name: str
    prompt: str


@frozen
class Kind:
    """One kind of relationship."""

    name: str
    stages: tuple[Stage, ...]
    about: str = ""
    adult: bool = False


def kinds_in(folder: Path) -> Mapping[str, Kind]:
    """All kinds, by name. Raises ``ConfigError`` with what is wrong in the operator's file."""
    shipped = importlib.resources.files("butler_persona_claude").joinpath(FILE).read_text(encoding="utf-8")
    found = _kinds(tomllib.loads(shipped), FILE)
    own = folder / FILE
    try:
        text = own.read_text(encoding="utf-8")
    except FileNotFoundError:
        return found
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{own} cannot be read ({error})", remedy="correct it or take it away") from None
    try:
        return {**found, **_kinds(tomllib.loads(text), str(own))}
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{own} is no TOML: {error}") from None


def _kinds(values: Mapping[str, Any], where: str) -> dict[str, Kind]:
    return {name: _kind(name, value, where) for name, value in values.items()}


def _kind(name: str, value: Any, where: str) -> Kind:
    stages = value.get("stages") if isinstance(value, Mapping) else None
    if not isinstance(stages, list) or not stages:
        raise ConfigError(f"{where}: [{name}] has no stages", remedy="give it `stages = [{ name = …, prompt = … }]`")
    wrong = [
        place
        for place, each in enumerate(stages, 1)
        if not isinstance(each, Mapping) or set(each) != {"name", "prompt"}
    ]
    if wrong:
        raise ConfigError(f"{where}: stage {wrong[0]} of [{name}] needs a name and a prompt, and nothing else")
    made = tuple(Stage(str(each["name"]), str(each["prompt"])) for each in stages)
    return Kind(name, made, str(value.get("about", "")), value.get("adult", False) is True)
