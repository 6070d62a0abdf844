"""Where a secret lies that butler.toml only names: ``env:NAME`` in a variable, ``keyring:NAME`` in the keyring.

Nothing is ever written into the process's own environment: several hosts live in one process, and a
child process must not inherit another's keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from attrs import define, field, frozen

from butler.config.keyring import Keyring
from butler.config.problems import Path
from butler.config.text import Text

Kind = Literal["env", "keyring"]
KINDS: Final[tuple[Kind, ...]] = ("env", "keyring")


@frozen
class Reference:
    """What stands in the file in a secret's place."""

    kind: Kind
    name: str

    @classmethod
    def read(cls, value: object) -> Reference | None:
        """What a value refers to; ``None`` if it is a value itself."""
        if isinstance(value, str):
            for kind in KINDS:
                if value.startswith(f"{kind}:"):
                    return cls(kind, value.removeprefix(f"{kind}:").strip())
        return None

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


@define
class Variables:
    """What can be referred to: variables by name, those of the environment above those of `.env`; and the keyring."""

    values: Mapping[str, str] = field(factory=dict, repr=False)
    sources: Mapping[str, str] = field(factory=dict, repr=False)
    """Where each was given: ``environment NAME`` or ``.env:3 NAME``."""
    keyring: Keyring = field(factory=Keyring, repr=False)

    def get(self, name: str) -> str:
        """A variable's value; ``""`` if it is not set."""
        return self.values.get(name, "")

    def find(self, reference: Reference) -> str:
        """What is referred to; ``""`` if it is not there."""
        end = self._end(reference)
        return self.keyring.get(end.name) if end.kind == "keyring" else self.get(end.name)

    def _end(self, reference: Reference) -> Reference:
        """A variable may itself say that the keyring holds it."""
        inner = Reference.read(self.get(reference.name)) if reference.kind == "env" else None
        return inner if inner is not None and inner.kind == "keyring" else reference

    def source(self, reference: Reference) -> str:
        """Where that is: ``environment``, ``.env:3``, ``keyring``; ``""`` if it is nowhere."""
        if self._end(reference).kind == "keyring":
            return "keyring" if self.find(reference) else ""
        return self.sources.get(reference.name, "").partition(" ")[0] if self.get(reference.name) else ""

    def lacks(self, reference: Reference) -> tuple[str, str] | None:
        """Why it cannot be had and what to do; ``None`` if it can."""
        if not reference.name:
            return f"names nothing, expected {reference.kind}:NAME", ""
        if self.find(reference):
            return None
        kind, name = self._end(reference).kind, self._end(reference).name
        if kind == "keyring":
            reason = self.keyring.reason
            said = f"the keyring cannot be read ({reason})" if reason else f"the keyring holds no {name}"
            return said, f"`butler keys set {name} --keyring`, or name a variable: env:{name}"
        return f"the variable {name} is not set", f"`butler keys set {name}`, or set it in the environment"


def references(values: Any, path: Path = ()) -> Iterator[tuple[Path, Reference]]:
    """Every reference in some values, and the way to it."""
    items: Any = values.items() if isinstance(values, Mapping) else enumerate(values)
    for key, value in items:
        if isinstance(value, str):
            if (found := Reference.read(value)) is not None:
                yield (*path, key), found
        elif isinstance(value, Mapping | list):
            yield from references(value, (*path, key))


def resolved(value: Any, variables: Variables) -> Any:
    """The values with each reference replaced by what it names, marked as hidden."""
    if isinstance(value, str):
        found = Reference.read(value)
        return value if found is None else Text(variables.find(found), found.name, hidden=True)
    if isinstance(value, Mapping):
        return {key: resolved(item, variables) for key, item in value.items()}
    return [resolved(item, variables) for item in value] if isinstance(value, list) else value
