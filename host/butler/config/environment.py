"""What variables say: those of the environment, of `.env`, and ``BUTLER_SECTION__KEY`` among them (HOST-31)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any

from dotenv.parser import parse_stream

from butler.config.problems import Path, Problem, nearest
from butler.config.references import Variables
from butler.config.text import Text

PREFIX = "BUTLER_"
SECTIONS = ("host", "platforms", "providers", "plugins", "personas", "guilds")

_SECRET_NAME = re.compile(
    r"(?:^|_)(?:api_?key|key|token|password|passphrase|passwd|secret|pwd|credentials?|auth)(?:_|$)", re.IGNORECASE
)


def is_secret_name(name: str) -> bool:
    """Whether a key's name says that its value is secret, for sections whose settings class is not known."""
    return bool(_SECRET_NAME.search(name))


def read_variables(environ: Mapping[str, str], dotenv: FilePath | None) -> tuple[Variables, list[Problem]]:
    """The variables of both, and what is wrong with the file; a file that is not there is no problem."""
    values: dict[str, str] = {}
    sources: dict[str, str] = {}
    problems: list[Problem] = []
    for name, value, line, file in _of_file(dotenv, problems):
        values[name] = value
        sources[name] = f"{file}:{line} {name}"
    for name, value in environ.items():
        values[name] = value
        sources[name] = f"environment {name}"
    return Variables(values, sources), problems


def _of_file(dotenv: FilePath | None, problems: list[Problem]) -> Iterator[tuple[str, str, int, str]]:
    if dotenv is None or not dotenv.is_file():
        return
    try:
        text = dotenv.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = "no UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror or "no reason given"
        problems.append(Problem(dotenv.name, (), f"cannot be read ({reason})", "make it a readable text file in UTF-8"))
        return
    for binding in parse_stream(io.StringIO(text)):
        line = binding.original.line
        if binding.error:
            problems.append(Problem(f"{dotenv.name}:{line}", (), "not understood, expected NAME=value"))
        elif binding.key is not None and binding.value is not None:
            yield binding.key, binding.value, line, dotenv.name


def overrides(variables: Variables, values: dict[str, Any]) -> tuple[dict[Path, str], list[Problem]]:
    """Put what ``BUTLER_SECTION__KEY`` variables say into the values; returns the source of each.

    Names are compared with the keys that are there without regard to case, and with ``_`` for whatever
    a variable's name cannot hold; a key that is not there yet is made, in lower case.
    """
    given: dict[Path, str] = {}
    problems: list[Problem] = []
    for name in sorted(variables.values):
        if not name.startswith(PREFIX) or "__" not in name.removeprefix(PREFIX):
            continue
        parts = name.removeprefix(PREFIX).split("__")
        source = variables.sources[name]
        problem = _misnamed(source, parts) or _put(values, parts, Text(variables.values[name], name), given, source)
        if problem is not None:
            problems.append(problem)
    return given, problems


def _misnamed(source: str, parts: list[str]) -> Problem | None:
    section = parts[0].lower()
    if section not in SECTIONS:
        near = nearest(section, SECTIONS)
        meant = f", did you mean {PREFIX}{near.upper()}__…?" if near else f", expected one of: {', '.join(SECTIONS)}"
        return Problem(source, (), f"names no section{meant}")
    if len(parts) < (2 if section == "host" else 3) or not all(parts):
        expected = "KEY" if section == "host" else "NAME__KEY"
        return Problem(source, (), f"names no key, expected {PREFIX}{section.upper()}__{expected}")
    return None


def _put(values: dict[str, Any], parts: list[str], value: Text, given: dict[Path, str], source: str) -> Problem | None:
    path: Path = ()
    table = values
    for part in parts[:-1]:
        key = _same(part, table)
        path = (*path, key)
        if key not in table:
            given[path] = source
        inner = table.setdefault(key, {})
        if not isinstance(inner, dict):
            return Problem(source, path, "is a value, not a table, so that nothing can be set below it")
        table = inner
    key = _same(parts[-1], table)
    table[key] = value
    given[(*path, key)] = source
    return None


def _same(part: str, table: Mapping[str, Any]) -> str:
    wanted = _plain(part)
    for key in table:
        if _plain(key) == wanted:
            return key
    return part.lower() if part.isupper() else part


def _plain(key: str) -> str:
    return re.sub(r"\W", "_", key).casefold()
