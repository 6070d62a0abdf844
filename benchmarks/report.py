"""What was found: lines on the terminal, RESULTS.md with the machine, and a picture."""

from __future__ import annotations

import datetime as dt
import os
import platform
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.measure import Row

FOLDER = Path(__file__).parent
HEAD = """# How fast Butler is

Measured by `make bench` on {machine}; load average when it began: {load:.1f}.
Each figure is the median of {rounds} rounds, unless it says otherwise. Within a round floor and subject run by turns,
so that whatever else the machine does slows both. Ratios of what only computes are taken of processor time,
everything that touches the disk of wall time.

![the same as a picture](results.png)
"""
TITLES = {
    "dispatch": "Dispatch: × of a bare await",
    "pipeline": "The pipeline: × of pluggy's own hook calls",
    "store": "The store: × of raw sqlite3",
    "guilds": "Many guilds",
    "start": "Start and memory",
    "faults": "Beside a plugin that misbehaves",
    "burst": "Beside a burst",
    "memory": "Memory",
    "automod": "Automod",
    "matrix": "Many personas on Matrix",
    "discord": "On Discord",
    "peers": "Beside other frameworks",
}


def figure(row: Row) -> str:
    """The value as people read it."""
    value = f"{row.value:,.0f}" if abs(row.value) >= 1000 else f"{row.value:.3g}"
    return f"{value} {'×' if row.unit == 'x' else row.unit}".strip()


def target(row: Row) -> str:
    """The target as people read it."""
    if row.target is None:
        return ""
    sign, bound = row.target
    shown = {">=": "≥", "<=": "≤", "<": "<"}[sign]
    return f"{shown} {bound:.3g} {'' if row.unit == 'x' else row.unit}".strip()


def verdict(row: Row) -> str:
    """Whether it is met, in a word."""
    return {True: "met", False: "missed", None: ""}[row.met]


def line(row: Row) -> str:
    """One line for the terminal."""
    return f"{row.what:46} {figure(row):>14}  {target(row):>10} {verdict(row):7} {row.note}"


def machine() -> str:
    """What it ran on."""
    model = platform.processor() or platform.machine()
    for entry in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if entry.startswith("model name"):
            model = entry.partition(":")[2].strip()
            break
    return (
        f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"{dt.datetime.now(dt.UTC):%Y-%m-%d}"
    )


def write(rows: Mapping[str, Sequence[Row]], *, rounds: int, load: float, folder: Path = FOLDER) -> None:
    """Write RESULTS.md and the picture beside it."""
    from benchmarks.picture import draw

    told = machine()
    page = [HEAD.format(machine=told, rounds=rounds, load=load)]
    for name, found in rows.items():
        page += [f"## {TITLES[name]}", "", *_table(found), ""]
    (folder / "RESULTS.md").write_text("\n".join(page), encoding="utf-8")
    draw([row for found in rows.values() for row in found], folder / "results.png", told)


def _table(rows: Sequence[Row]) -> list[str]:
    head = ["| what | measured | target | verdict | in figures | load |", "| --- | --- | --- | --- | --- | --- |"]
    return head + [
        f"| {row.what} | {figure(row)} | {target(row)} | {verdict(row)} | {row.note} | {row.load} |" for row in rows
    ]
