"""``python -m benchmarks [names…] [--quick]``: measure, print, and write RESULTS.md and results.png."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import os
import time

from benchmarks.measure import FULL, QUICK, Row, Size
from benchmarks.report import line, write

NAMES = (
    "dispatch", "pipeline", "store", "guilds", "start", "faults", "burst", "completion", "models", "memory",
    "characters", "automod", "stamps", "matrix", "discord", "peers",
)  # fmt: skip


def measured(name: str, size: Size) -> list[Row]:
    """What one of the measurements finds."""
    return asyncio.run(importlib.import_module(f"benchmarks.{name}").measure(size))


def main() -> None:
    """Measure what is asked for; a missed target is said, and no error."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of: {', '.join(NAMES)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="a small load; RESULTS.md stays as it is")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(NAMES):
        parser.error(f"no measurement named {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}")
    size = QUICK if asked.quick else FULL
    rows: dict[str, list[Row]] = {}
    started, load = time.perf_counter(), os.getloadavg()[0]
    for name in asked.names or NAMES:
        rows[name] = measured(name, size)
        for row in rows[name]:
            print(line(row), flush=True)
    print(f"{time.perf_counter() - started:.0f} s")
    if not asked.names and not asked.quick:
        write(rows, rounds=size.rounds, load=load)
    missed = sum(row.met is False for each in rows.values() for row in each)
    print(f"{missed} targets missed" if missed else "every target met")


if __name__ == "__main__":
    main()
