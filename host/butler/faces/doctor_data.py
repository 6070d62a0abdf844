"""What ``butler doctor`` looks at in the files: configuration, secrets, the data directory and what lies in it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from attrs import frozen

from butler.check import Check
from butler.config import Config, ConfigProblems
from butler.errors import ConfigError
from butler.faces.configuration import read_config
from butler.faces.control import NAME
from butler.faces.describe import Installed
from butler.faces.keys import CLEAR, listed
from butler.faces.lock import DataLock
from butler.logs.setup import FILE as LOG

BIG_LOG: Final = 50_000_000
"""Bytes above which a log was not rotated as it should."""


@frozen
class Finding:
    """A check, and what would put it right where that can do no harm."""

    check: Check
    fix: Callable[[], None] | None = None


def configuration(file: Path | None, data: Path | None) -> tuple[Config | None, list[Finding]]:
    """The configuration if it can be read, and everything that is wrong with it."""
    try:
        config = read_config(file, data)
    except ConfigProblems as error:
        remedy = "correct it; `butler config schema` says what may stand there"
        return None, [Finding(Check("configuration", "fail", str(each), remedy)) for each in error.problems]
    except ConfigError as error:
        return None, [Finding(Check("configuration", "fail", str(error.args[0]), error.remedy))]
    return config, [Finding(check) for check in (*_problems(config), *_secrets(config))]


def _problems(config: Config) -> Iterator[Check]:
    classes = Installed().classes
    strangers = [
        problem
        for section in ("plugins", "platforms", "providers")
        for problem in config.strangers(section, getattr(classes, section))
    ]
    wrong = [*config.problems, *strangers]
    for problem in wrong:
        yield Check(
            "configuration", "warn", str(problem), problem.remedy or "correct it; until then that part is left out"
        )
    if not wrong:
        yield Check("configuration", "ok", str(config.file) if config.file else "none, everything is at its default")


def _secrets(config: Config) -> Iterator[Check]:
    sections = ("platforms", "providers", "personas")
    missing = [p for name in sections for section, table in getattr(config, name).items()
               for p in config.missing(table, (name, section))]  # fmt: skip
    missing += [p for name, entry in config.plugins.items() for p in config.missing(entry.values, ("plugins", name))]
    for problem in missing:
        yield Check("secrets", "fail", f"{problem.where}: {problem.key}: {problem.what}", problem.remedy)
    for key in listed(config, Installed().classes):
        if key.source.endswith(CLEAR):
            remedy = f"`butler keys set {key.used_by[0]}`, then take it out of the file"
            yield Check("secrets", "warn", f"{key.used_by[0]} stands in the file in the clear", remedy)
    if not missing:
        yield Check("secrets", "ok", f"{len(config.secrets)} known, none missing")


def files(config: Config | None, data: Path) -> Iterator[Finding]:
    """Everything about files and folders."""
    folder = config.folder if config else Path()
    yield _private("secrets file", folder / ".env", 0o600, "there is none")
    yield from _data(data)
    yield _lock(data)
    yield _socket(data)
    yield _log(data / LOG)


def _data(data: Path) -> Iterator[Finding]:
    if not data.exists():
        yield Finding(Check("data directory", "ok", f"{data} is made by the first `butler run`"))
        return
    if not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        yield Finding(
            Check(
                "data directory", "fail", f"{data} cannot be written", f"chown it to this user, then chmod 700 {data}"
            )
        )
    else:
        yield Finding(Check("data directory", "ok", str(data)))
    yield _private("data permissions", data, 0o700, "")
    yield _private("database permissions", data / "butler.db", 0o600, "no database yet")


def _private(name: str, path: Path, mode: int, absent: str) -> Finding:
    """Whether nobody else may look into it."""
    try:
        now = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return Finding(Check(name, "ok", f"{path}: {absent}"))
    if now & 0o077:
        remedy = f"chmod {mode:o} {path} (or --fix)"
        return Finding(Check(name, "warn", f"{path} is open to others ({now:o})", remedy), lambda: path.chmod(mode))
    return Finding(Check(name, "ok", f"{path} ({now:o})"))


def _lock(data: Path) -> Finding:
    holder = DataLock(data).holder()
    if holder.what == "run":
        return Finding(Check("host", "ok", f"runs as process {holder.pid}"))
    return Finding(Check("host", "ok", f"in use by {holder}" if holder.pid else "does not run"))


def _socket(data: Path) -> Finding:
    path = data / NAME
    runs = DataLock(data).holder().what == "run"
    if not path.exists():
        if runs:
            return Finding(Check("control socket", "fail", f"{path} is missing though a host runs", "restart the host"))
        return Finding(Check("control socket", "ok", "made when a host runs"))
    if not runs:
        remedy = "the next start replaces it (or --fix)"
        return Finding(
            Check("control socket", "warn", f"{path} is left from a host that was killed", remedy), path.unlink
        )
    return _private("control socket", path, 0o600, "")


def _log(path: Path) -> Finding:
    if not path.exists():
        return Finding(Check("log", "ok", "nothing was logged yet"))
    if not os.access(path, os.W_OK):
        return Finding(Check("log", "fail", f"{path} cannot be written", f"chown it to this user: {path}"))
    size = path.stat().st_size
    text = f"{path}, {size / 1e6:,.1f} MB"
    if size > BIG_LOG:
        return Finding(Check("log", "warn", f"{text}: it is not rotated", "--fix rotates it"), lambda: _rotate(path))
    return Finding(Check("log", "ok", text))


def _rotate(path: Path) -> None:
    path.replace(path.with_name(f"{path.name}.1"))
