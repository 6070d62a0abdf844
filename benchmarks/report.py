"""What was found: lines on the terminal, RESULTS.md with the machine, and a picture."""

from __future__ import annotations

import datetime as dt
import os
import platform
import sqlite3
from pathlib import Path

from benchmarks.measure import Row

FOLDER = Path(__file__).parent


def figure(row: Row) -> str:
    """The value as people read it."""
    value = f"{row.value:,.0f}" if abs(row.value) >= 1000 else f"{row.value:.3g}"
    return f"{value} {'×' if row.unit == 'x' else row.unit}".strip()


def target(row: Row) -> str:
    """The target as people read it."""
    if row.target is None:
        return ""
    sign, bound = row.target
    unit = "" if row.unit == "x" else f" {row.unit}"
    return f"{ {'>=': '≥', '<=': '≤', '<': '<'}[sign] } {bound:.3g}{unit}"


def verdict(row: Row) -> str:
    """Whether it is met, in a word."""
    return {True: "met", False: "missed", None: ""}[row.met]


def line(row: Row) -> str:
    """One line for the terminal."""
    return f"{row.what:44} {figure(row):>14}  {target(row):>12} {verdict(row):7} {row.note}"


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


def write(rows: dict[str, list[Row]]) -> None:
    """Write RESULTS.md and the picture beside it."""
    (FOLDER / "RESULTS.md").write_text(_page(rows), encoding="utf-8")


def _page(rows: dict[str, list[Row]]) -> str:
    head = ["| what | load | target | measured | verdict | |", "| --- | --- | --- | --- | --- | --- |"]
    table = [
        f"| {row.what} | {row.load} | {target(row)} | {figure(row)} | {verdict(row)} | {row.note} |"
        for each in rows.values()
        for row in each
    ]
    return "\n".join(["# How fast Butler is", "", f"Measured by `make bench` on: {machine()}.", "", *head, *table, ""])
