"""``extends``: a persona takes over what it leaves empty from another, which may do the same (HOST-13)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from butler.errors import ConfigError
from butler.model import Persona

_OWN = frozenset({"name", "display", "prompt", "handles", "model", "accounts", "channels", "extends", "settings"})
"""What is never simply taken over."""


def inherit(persona: Persona, parent: Persona) -> Persona:
    """What the persona leaves empty is the parent's; the parent's prompt stands before its own, settings add up."""
    given = {
        f.name: getattr(persona, f.name) or getattr(parent, f.name) for f in attrs.fields(Persona) if f.name not in _OWN
    }
    model = parent.model if persona.model == ("offline",) else persona.model
    prompt = f"{parent.prompt}\n\n{persona.prompt}".strip()
    return attrs.evolve(
        persona, **given, model=model, prompt=prompt, settings=_together(parent.settings, persona.settings)
    )


def _together(far: Mapping[str, Any], near: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of both, the nearer one's first; tables of the same plugin add up."""
    both = dict(far)
    for name, value in near.items():
        there = both.get(name)
        both[name] = {**there, **value} if isinstance(there, Mapping) and isinstance(value, Mapping) else value
    return both


class Kinship:
    """The personas as they were written, and as they are with what they take over."""

    def __init__(self) -> None:
        self.written: dict[str, Persona] = {}

    def check(self, persona: Persona) -> None:
        """Raise ``ConfigError`` if what a persona extends is not there, or leads back to itself."""
        for each in self._line({**self.written, persona.name: persona}, persona):
            if each.extends and each.extends != persona.name and each.extends not in self.written:
                raise ConfigError(
                    f"persona {each.name} extends {each.extends!r}, which does not exist",
                    remedy=f"known are: {', '.join(sorted(self.written))}",
                )

    def _line(self, written: Mapping[str, Persona], persona: Persona) -> Iterator[Persona]:
        """The persona and those it takes over from, the nearest first. Raises ``ConfigError`` for a circle."""
        seen: list[str] = []
        following: Persona | None = persona
        while following is not None:
            if following.name in seen:
                raise ConfigError(f"personas extend each other in a circle: {' → '.join((*seen, following.name))}")
            seen.append(following.name)
            yield following
            following = written.get(following.extends) if following.extends else None

    def whole(self, name: str) -> Persona:
        """A persona with all that it takes over; what is not there (yet) it goes without. Raises ``ConfigError``."""
        line = [*self._line(self.written, self.written[name])]
        found = line.pop()
        while line:
            found = inherit(line.pop(), found)
        return found

    def below(self, name: str) -> set[str]:
        """Those that take something over from a persona, itself included."""
        found = {name}
        while more := {each.name for each in self.written.values() if each.extends in found} - found:
            found |= more
        return found
