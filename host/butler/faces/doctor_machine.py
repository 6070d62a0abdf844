"""What ``butler doctor`` looks at before there is a host: Python, packages, clock, disk, limits."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import os
import resource
import shutil
import sqlite3
import sys
import time
import zoneinfo
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from butler.check import Check
from butler.hookspecs import NAME

MEGABYTE: Final = 1_000_000
LITTLE_DISK: Final = 1_000 * MEGABYTE
NO_DISK: Final = 100 * MEGABYTE
FEW_FILES: Final = 1_024
OLDEST_SQLITE: Final = (3, 35, 0)
"""The first with ``returning``."""
BUILT: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
"""No machine that runs this has an earlier time."""


def machine(data: Path) -> Iterator[Check]:
    """Every check of this machine and this Python."""
    yield python()
    yield from packages()
    yield sqlite()
    yield time_zones()
    yield clock()
    yield disk(data)
    yield open_files()
    yield encoding()


def python() -> Check:
    """Its version against what the host's package asks for."""
    wanted = importlib.metadata.metadata("butler-host").get_all("Requires-Python") or [">=3.11"]
    have = ".".join(map(str, sys.version_info[:3]))
    if not SpecifierSet(wanted[0]).contains(have):
        return Check(
            "python", "fail", f"{have}, {wanted[0]} is needed", "install a newer Python and make a new environment"
        )
    return Check("python", "ok", have)


def packages() -> Iterator[Check]:
    """Whether everything that the host and its plugins need is there, in a version that fits."""
    own = {"butler-host", *(point.dist.name for point in importlib.metadata.entry_points(group=NAME) if point.dist)}
    wrong = [(name, lack) for name in sorted(own) for lack in lacking(name)]
    for name, lack in wrong:
        yield Check("packages", "fail", f"{name} needs {lack}", f"pip install --upgrade {name}")
    if not wrong:
        yield Check("packages", "ok", f"{len(own)} of Butler's, with all that they need")


def lacking(distribution: str) -> Iterator[str]:
    """What a distribution needs and does not have: ``attrs>=24, 23.1 is installed``."""
    for line in importlib.metadata.requires(distribution) or ():
        try:
            wanted = Requirement(line)
        except InvalidRequirement:
            yield f"{line!r}, which is no requirement"
            continue
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            have = importlib.metadata.version(canonicalize_name(wanted.name))
        except importlib.metadata.PackageNotFoundError:
            yield f"{wanted}, which is not installed"
            continue
        if not wanted.specifier.contains(have, prereleases=True):
            yield f"{wanted}, {have} is installed"


def sqlite() -> Check:
    """Its version, and whether full text search is built in."""
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        return Check("sqlite", "fail", f"{version}, 3.35 is needed", "use a newer Python, it brings a newer SQLite")
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("create virtual table probe using fts5(text)")
    except sqlite3.OperationalError:
        return Check("sqlite", "fail", f"{version} without FTS5", "use a Python whose SQLite has FTS5, or PostgreSQL")
    finally:
        connection.close()
    return Check("sqlite", "ok", f"{version} with FTS5")


def time_zones() -> Check:
    """Whether names such as ``Europe/Berlin`` mean something here."""
    try:
        zoneinfo.ZoneInfo("Europe/Berlin")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return Check("time zones", "fail", "there is no time zone data", "pip install tzdata")
    return Check("time zones", "ok", f"{len(zoneinfo.available_timezones())} are known")


def clock() -> Check:
    """Whether the machine's time is plausible, and runs as fast as its own counter."""
    if dt.datetime.now(dt.UTC) < BUILT:
        return Check(
            "clock", "fail", f"it is {dt.datetime.now(dt.UTC):%Y-%m-%d}", "set the clock (timedatectl set-ntp true)"
        )
    wall, steady = time.time(), time.monotonic()
    time.sleep(0.05)
    drift = abs((time.time() - wall) - (time.monotonic() - steady))
    if drift > 0.02:
        return Check("clock", "warn", f"it jumped by {drift:.3f} s while we looked", "see what sets the clock")
    return Check("clock", "ok", f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M:%S} UTC")


def disk(data: Path) -> Check:
    """The space that is left where the data lies."""
    place = next(path for path in (data, *data.parents) if path.exists())
    free = shutil.disk_usage(place).free
    text = f"{free / (1_000 * MEGABYTE):,.1f} GB free at {place}"
    if free < LITTLE_DISK:
        return Check(
            "disk", "fail" if free < NO_DISK else "warn", text, "make room, or move the data elsewhere (--data)"
        )
    return Check("disk", "ok", text)


def open_files() -> Check:
    """How many files and connections one process may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < FEW_FILES:
        return Check("open files", "warn", f"at most {soft}", f"ulimit -n {min(hard, 4096) if hard > 0 else 4096}")
    return Check("open files", "ok", "no limit" if soft == resource.RLIM_INFINITY else f"at most {soft}")


def encoding() -> Check:
    """Whether what people write can be printed here."""
    if sys.getfilesystemencoding().lower() != "utf-8" or "utf" not in (sys.stdout.encoding or "utf-8").lower():
        name = os.environ.get("LC_ALL") or os.environ.get("LANG") or "none"
        return Check("encoding", "warn", f"the locale ({name}) has no UTF-8", "set LANG=C.UTF-8, or PYTHONUTF8=1")
    return Check("encoding", "ok", "UTF-8")
