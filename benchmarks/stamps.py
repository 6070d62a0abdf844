"""Stamps: everybody's weight from a million votes of a hundred thousand people (KARMA-3)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.measure import Row, Size

SECONDS, MEGABYTES = 5.0, 500.0
PEOPLE, VOTES = 100_000, 1_000_000
KINDS = {"even": "anybody for anybody", "famous": "few get and give most"}
ROOT = Path(__file__).parent.parent


async def measure(size: Size) -> list[Row]:
    """In a process of its own, so that its memory is told; the import of the libraries counts."""
    people, votes = size.of(PEOPLE, 100), size.of(VOTES, 1_000)
    return [row for kind in KINDS for row in _rows(kind, people, votes)]


def _rows(kind: str, people: int, votes: int) -> list[Row]:
    command = [sys.executable, "-m", "benchmarks.stamps", kind, str(people), str(votes)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    found = json.loads(done.stdout)
    load = f"{people:,} people, {votes:,} votes, {KINDS[kind]}; {found['trusted']:,} are trusted"
    return [
        Row("stamps: processor time", load, found["seconds"], "s", ("<", SECONDS)),
        Row("stamps: memory of the process", load, found["megabytes"], "MB", ("<", MEGABYTES)),
    ]


def _once(kind: str, people: int, votes: int) -> dict[str, float]:
    import resource
    import time

    began = time.process_time()
    import numpy as np
    from butler_karma.trust import Ballots, trust

    chance = np.random.default_rng(1)
    if kind == "even":
        givers, targets = chance.integers(0, people, votes), chance.integers(0, people, votes)
    else:
        givers, targets = ((chance.pareto(1.2, votes) * 50).astype(np.int64) % people for _ in range(2))
    found = trust(Ballots(people, givers, targets, np.ones(votes, dtype=np.int64)), [0])
    return {
        "seconds": time.process_time() - began,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "trusted": int((found > 0).sum()),
    }


if __name__ == "__main__":
    print(json.dumps(_once(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
