"""Personas as they are written down: in butler.toml, in a package, in a file of their own."""

from __future__ import annotations

import importlib.resources
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from attrs import define, field

from butler.errors import ConfigError
from butler.model import Persona


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


def over(persona: Persona, shipped: Persona) -> Persona:
    """A persona of butler.toml that a package ships as well: what the file leaves out is as it was shipped."""
    given = {f.name: getattr(persona, f.name) or getattr(shipped, f.name) for f in attrs.fields(Persona)}
    model = shipped.model if persona.model == ("offline",) else persona.model
    return attrs.evolve(persona, **{**given, "model": model})


def specs_from_files(package: str, names: Sequence[str]) -> Mapping[str, dict[str, Any]]:
    """The personas that a plugin's package ships, by name."""
    found = {}
    for name in names:
        text = importlib.resources.files(package).joinpath(name).read_text(encoding="utf-8")
        found[Path(name).stem] = tomllib.loads(text)
    return found
