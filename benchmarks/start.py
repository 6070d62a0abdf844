"""Starting: seconds and megabytes of a fresh process with every installed plugin; what a persona adds."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measure import Row, Size

SECONDS, MEGABYTES, KILOBYTES = 1.5, 120.0, 10.0
ROOT = Path(__file__).parent.parent


def fresh(what: str, *arguments: str) -> dict[str, Any]:
    """What ``benchmarks.fresh`` finds in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="butler-bench-") as folder:
        command = [sys.executable, "-m", "benchmarks.fresh", what, folder, *arguments]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


async def measure(size: Size) -> list[Row]:
    """Each round is a process of its own; the first warms the disk's cache and is not counted."""
    fresh("start")
    starts = [fresh("start") for _ in range(size.rounds)]
    number = size.of(1_000, 10)
    bytes_each = [fresh("personas", str(number))["kilobytes"] for _ in range(min(3, size.rounds))]
    plugins = ", ".join(starts[0]["plugins"]) or "none"
    load = f"fresh process, from exec to ready, empty data, plugins: {plugins}"
    return [
        Row("start", load, statistics.median(s["seconds"] for s in starts), "s", ("<", SECONDS),
            f"{statistics.median(s['cpu'] for s in starts):.2f} s of processor time"),
        Row("memory after the start", load, statistics.median(s["megabytes"] for s in starts), "MB", ("<", MEGABYTES)),
        Row("a persona", f"{number:,} spawned, each with a prompt of 600 characters and a channel it was spoken to in",
            statistics.median(bytes_each), "KB", ("<", KILOBYTES), f"median of {len(bytes_each)} processes"),
    ]  # fmt: skip
