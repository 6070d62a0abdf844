"""What is wrong in a configuration: collected, each with its place, what was expected and what to do."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias

from attrs import field, frozen
from rapidfuzz import fuzz, process, utils

from butler.errors import ConfigError

Path: TypeAlias = tuple[str | int, ...]
"""The way to a value in butler.toml: keys and indexes, ``("plugins", "karma", "per_hour")``."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def dotted(path: Path) -> str:
    """A path as it is written in TOML: ``guilds."discord:1234".timezone``, ``operators[0]``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += "." * bool(text) + (part if _BARE.fullmatch(part) else quoted(part))
    return text


def quoted(text: str) -> str:
    """A text in double quotes, with everything escaped that is no plain character."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + '"'


def nearest(name: str, names: Collection[str]) -> str:
    """The name that somebody probably meant, or ``""`` if none is near."""
    typed = name[:64].encode("utf-8", "replace").decode()
    found = process.extractOne(typed, names, scorer=fuzz.ratio, processor=utils.default_process, score_cutoff=60)
    return str(found[0]) if found else ""


MOST_LISTED = 20
"""Up to so many names are all listed; of more those that look most like what was typed."""


def _listed(name: str, names: Collection[str]) -> list[str]:
    if len(names) <= MOST_LISTED:
        return sorted(names)
    return [str(found) for found, _, _ in process.extract(name[:64], sorted(names), scorer=fuzz.ratio, limit=8)]


def unknown(kind: str, name: str, names: Collection[str]) -> str:
    """``unknown key, did you mean "database"?``, or what there is where nothing is near."""
    if near := nearest(name, names):
        return f'unknown {kind}, did you mean "{near}"?'
    known = ", ".join(_listed(name, names))
    return f"unknown {kind}, expected one of: {known}" if known else f"unknown {kind}, nothing is expected here"


@frozen
class Problem:
    """One thing that is wrong: where it stands, which key, what was wrong and expected, what to do."""

    where: str
    """``butler.toml:12``, ``environment BUTLER_HOST__DATA``, ``.env:3``."""
    path: Path
    what: str
    remedy: str = ""

    @property
    def key(self) -> str:
        """The key as it is written in TOML."""
        return dotted(self.path)

    def __str__(self) -> str:
        parts = [part for part in (self.where, self.key, self.what) if part]
        return ": ".join(parts) + (f"; {self.remedy}" if self.remedy else "")


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems as one reads the files: by line, those of variables last."""

    def place(problem: Problem) -> tuple[str, int]:
        name, _, line = problem.where.partition(":")
        return ("", int(line)) if line.isdigit() else (name or "~", 0)

    return tuple(sorted(problems, key=place))


class ConfigProblems(ConfigError):
    """Everything that is wrong, in one go: ``problems`` holds each, the text has a line for each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = in_order(problems)
        super().__init__("\n".join(map(str, self.problems)))


@frozen
class Sources:
    """Which line or variable a value came from."""

    file: str = ""
    lines: Mapping[Path, int] = field(factory=dict, repr=False)
    variables: Mapping[Path, str] = field(factory=dict, repr=False)

    def of(self, path: Path) -> str:
        """The source of a value, or of the nearest table around it that has one."""
        for length in range(len(path), 0, -1):
            if variable := self.variables.get(path[:length]):
                return variable
            if line := self.lines.get(path[:length]):
                return f"{self.file}:{line}"
        return self.file


@frozen
class At:
    """A place in the configuration: what problems below it are named by."""

    sources: Sources = field(factory=Sources)
    path: Path = ()

    def down(self, *parts: str | int) -> At:
        """The place below this one."""
        return At(self.sources, (*self.path, *parts))

    def problem(self, path: Path, what: str, remedy: str = "") -> Problem:
        """A problem with the value at a path below this place."""
        whole = (*self.path, *path)
        return Problem(self.sources.of(whole), whole, what, remedy)
